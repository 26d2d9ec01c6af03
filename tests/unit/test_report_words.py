"""What reports say and how they write it, in both languages."""

from __future__ import annotations

import re

import pytest

from orchestration.reports.spc import RULES
from orchestration.reports.time_goes import _WORDS as TIME_GOES
from orchestration.reports.words import GROUPS, LEVELS, WORDS, say
from orchestration.reports.words_checks import FAMILIES
from orchestration.reports.writing import (
    Language,
    amount,
    day_text,
    number,
    period_text,
    reasons_text,
    signed,
    target_text,
)
from streams.kpis import catalogue
from streams.kpis.kpi import Target

CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize("table", [WORDS, GROUPS, LEVELS, RULES, FAMILIES, TIME_GOES])
def test_everything_is_said_in_both_languages_with_the_same_blanks(table: dict[str, tuple[str, str]]) -> None:
    blank = re.compile(r"{(\w+)}")
    for key, (zh, en) in table.items():
        assert zh and en, key
        assert not CHINESE.search(en), key
        assert not re.search("[\u4e00-\u9fff][,;:(]|[,;:)][\u4e00-\u9fff]", zh), key  # Chinese has its own
        assert set(blank.findall(zh)) == set(blank.findall(en)), key


def test_every_group_of_the_catalogue_has_a_name() -> None:
    assert {kpi.group for kpi in catalogue().values()} <= GROUPS.keys()


@pytest.mark.parametrize(
    ("code", "value", "zh", "en"),
    [
        ("consult_wait", 12.34, "12.3 分", "12.3 min"),
        ("consult_wait", 135.6, "136 分", "136 min"),
        ("bed_wait_time", 2.0, "2 小时", "2 h"),
        ("ed_4h_rate", 93.06, "93.1%", "93.1%"),
        ("service_volume", 1203.0, "1,203 人次", "1,203"),
        ("consult_wait", None, "–", "–"),
    ],
)
def test_a_value_has_its_unit(code: str, value: float | None, zh: str, en: str) -> None:
    kpi = catalogue()[code]
    assert (amount(value, kpi, "zh"), amount(value, kpi, "en")) == (zh, en)


def test_differences_carry_their_sign_and_no_needless_one() -> None:
    assert [signed(by) for by in (3.2, -3.2, 0.01, -0.01, 0.0, None)] == ["+3.2", "-3.2", "0", "0", "0", "–"]
    assert number(1_234_567.0, 0) == "1,234,567"


def test_targets_say_of_which_statistic() -> None:
    kpis = catalogue()
    assert target_text(kpis["window_wait"].target, kpis["window_wait"], "zh") == "中位 ≤ 10 分"
    assert target_text(kpis["ed_4h_rate"].target, kpis["ed_4h_rate"], "en") == "≥ 95%"
    assert (
        target_text(kpis["exam_order_to_report"].target, kpis["exam_order_to_report"], "zh") == "48 小时内占比 ≥ 100%"
    )
    within = Target(statistic="share≤600", value=90, direction="≥")
    assert target_text(within, kpis["window_wait"], "en") == "share within 10 min ≥ 90%"


@pytest.mark.parametrize(
    ("lang", "day", "week"),
    [
        ("zh", "2026年11月20日 星期五", "2026年第47周（2026-11-16 至 2026-11-22）"),
        ("en", "Friday 20 November 2026", "Week 47 of 2026 (2026-11-16 to 2026-11-22)"),
    ],
)
def test_days_and_weeks_are_written_as_people_do(lang: Language, day: str, week: str) -> None:
    assert day_text("2026-11-20", lang) == day
    assert period_text("2026-W47", "2026-11-16", "2026-11-22", lang) == week


def test_what_was_left_out_is_told_most_first() -> None:
    assert reasons_text({"left": 3, "missing_end": 20}, "zh") == "缺结束时间 20、离队 3"
    assert reasons_text({"left": 3, "something_new": 3}, "en") == "left 3, something new 3"


def test_an_unknown_phrase_is_a_fault() -> None:
    with pytest.raises(KeyError):
        say("zh", "no such phrase")
