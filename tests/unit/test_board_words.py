"""How the board writes durations, and that every phrase has both its languages."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

import pytest

from board.cell_html import trouble_words
from board.wall import Cell, Trouble
from board.words import WORDS, Language, duration
from streams.kpis import catalogue
from streams.names import SERVICE_POINTS
from streams.reasons import REASONS
from streams.stages.stage import INCOMPLETE, REAL_BUT_EXCLUDED

MINUTE = 60_000


@pytest.mark.parametrize(
    ("minutes", "zh", "en"),
    [
        (0.5, "<1 分", "<1 min"),
        (12, "12 分", "12 min"),
        (59.99, "59 分", "59 min"),
        (60, "1 小时 00 分", "1 h 00 min"),
        (65, "1 小时 05 分", "1 h 05 min"),
        (-3, "<1 分", "<1 min"),
    ],
)
def test_durations(minutes: float, zh: str, en: str) -> None:
    assert duration(minutes * MINUTE, "zh") == zh
    assert duration(minutes * MINUTE, "en") == en


def test_a_cell_has_room_for_short_ones() -> None:
    assert duration(65 * MINUTE, "zh", short=True) == "1时05分"
    assert duration(65 * MINUTE, "en", short=True) == "1h05"


@pytest.mark.parametrize("table", [WORDS, REASONS, SERVICE_POINTS])
def test_every_phrase_is_said_in_both_languages_with_the_same_gaps(table: dict[str, tuple[str, str]]) -> None:
    for zh, en in table.values():
        assert set(re.findall(r"{(\w+)}", zh)) == set(re.findall(r"{(\w+)}", en))


def test_every_reason_of_the_catalogue_has_words() -> None:
    told = {reason for kpi in catalogue().values() for reason in kpi.exclusions} | INCOMPLETE | REAL_BUT_EXCLUDED
    assert told - REASONS.keys() == set()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_stale_number_says_which_feed_and_since_when(lang: Language) -> None:
    from board.cell_html import spoken

    at = 1_740_970_920_000  # 2025-03-03 11:02 in Shanghai
    trouble = Trouble(says="feed", feed=("发药", "dispensing"), since=at - 7 * MINUTE)
    cell = Cell(column="drugs", dept="", kpi="window_wait", state="stale", trouble=trouble, waiting=3)
    said = spoken(cell, "全院", at, lang, ZoneInfo("Asia/Shanghai"))
    expected = {"zh": "发药数据自 10:55 起中断,已 7 分", "en": "no dispensing data since 10:55 (7 min)"}
    assert expected[lang] in said


def test_catching_up_says_how_much_of_the_log_is_read() -> None:
    trouble, zone = Trouble(says="catching_up", since=0, progress=0.427), ZoneInfo("Asia/Shanghai")
    assert "日志已读 42%" in trouble_words(trouble, MINUTE, "zh", zone, full=True)
    assert "42% of the log" in trouble_words(trouble, MINUTE, "en", zone, full=True)
    assert "42%" not in trouble_words(trouble, MINUTE, "zh", zone)  # a cell has room for two words
