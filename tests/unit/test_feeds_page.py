"""The page of the feeds says what an engineer looks for: what is missing, what is unusual, whose clock is off."""

from __future__ import annotations

import re

from board.feeds_html import page
from board.feeds_now import FeedsNow
from board.words import Language
from streams.feeds import Feed
from streams.usual import Rate
from tests.timeline import at
from warehouse.clock_offsets import ClockOffset
from warehouse.desks import Desk
from warehouse.feed_rates import DeptRate, rates_of

NOW = at("10:42")
HIS = Feed(
    name="his", zh="门诊库", en="Clinic database", source_system="HIS^DB", link="up", heard_at=NOW - 61_000,
    late_ms=95_000, open_since=at("08:00"), rate=Rate(12, 240.0, 200.0, 6), residual=3, compared_at=at("10:40"),
)  # fmt: skip
LIS = Feed(name="lis", zh="检验", en="Laboratory", source_system="LIS", link="down", link_since=NOW - 120_000,
           heard_at=NOW - 120_000, rate=Rate(80), residual=0, compared_at=at("10:41"))  # fmt: skip
CDC = Feed(name="cdc", zh="日志", en="Log", source_system="CDC", link="up", kept_bytes=12_340_000)
SHOWN = FeedsNow(
    at=NOW, feeds=(HIS, LIS), kinds={"his": "sql", "lis": "mllp"},
    orphans={"LIS|order": 7, "HIS^DB|ticket": 2},
    desks=(Desk(kind="window", desk="W2", point="pharmacy", acts=40, on_half_hours=30),),
    offsets=(ClockOffset(first="HIS^DB", second="LIS", at_least_s=82.0, at_most_s=113.0, pairs=482),),
    rates=(DeptRate("HIS^DB", "CARD", 3, 60.0, 6), DeptRate("HIS^DB", "DERM", 9, None, 1)),
    departments={"CARD": ("心内科", "Cardiology")},
)  # fmt: skip


def table(name: str, lang: Language, shown: FeedsNow = SHOWN) -> list[list[str]]:
    """The rows of a table, without markup."""
    (body,) = re.findall(rf'<table data-table="{name}">.*?<tbody>(.*?)</tbody>', page(shown, lang), re.DOTALL)
    cells = [re.findall(r"<td>(.*?)</td>", row, re.DOTALL) for row in re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)]
    return [[" ".join(re.sub(r"<[^>]*>", " ", cell).split()) for cell in row] for row in cells]


def test_every_feed_with_what_is_wrong_with_it() -> None:
    his, lis = table("feeds", "zh")
    assert his == [
        "门诊库 HIS^DB · sql", "正常", "1 分前 途中约 1 分", "12 通常 240(6 天) 异常偏少", "3 行不一致 10:40 对账", "2",
    ]  # fmt: skip
    assert lis[1:] == ["中断 2 分", "2 分前", "80 同类日不足 3 天", "一致 10:41 对账", "7"]


def test_departments_clocks_and_orphans() -> None:
    assert table("rates", "en") == [
        ["Clinic database", "Cardiology", "3", "60", "6"],
        ["Clinic database", "DERM", "9", "fewer than 3 such days", "1"],
    ]
    assert table("clocks", "en") == [
        ["Laboratory ahead of Clinic database", "+98 s", "+82 ~ +113 s", "482", "a clock is off"]
    ]
    assert table("desks", "zh") == [["药房窗口 W2", "33", "整点半点 30/40"]]
    assert table("orphans", "zh") == [["检验", "医嘱、检查检验", "7"], ["门诊库", "排队号", "2"]]


def test_what_nobody_knows_is_said() -> None:
    said = page(FeedsNow(), "en")
    assert all(each in said for each in ("Not enough pairs of facts", "None.", "The warehouse holds nothing"))


def test_a_day_on_which_a_source_was_not_heard_is_none_to_compare_with() -> None:
    def row(dept: str, place: int, n: int) -> dict[str, object]:
        return {"source_system": "LIS", "dept": dept, "place": place, "n": n}

    heard = [row("CARD", place, 10 * place) for place in (2, 3, 4)]
    assert rates_of([*heard, row("CARD", 1, 4), row("DERM", 3, 5)]) == [
        DeptRate("LIS", "CARD", 4, 30, 3),
        DeptRate("LIS", "DERM", 0, 0, 3),  # heard of on one of the three days
    ]


def test_how_much_log_the_his_keeps_for_a_feed_stands_beside_its_link() -> None:
    shown = FeedsNow(at=NOW, feeds=(CDC, HIS), kinds={"cdc": "cdc", "his": "sql"})
    log, clinic = table("feeds", "en", shown)
    assert "the HIS keeps 12.3 MB of its log for it" in log[1] and "keeps" not in clinic[1]
    assert "保留日志 12.3 MB" in table("feeds", "zh", shown)[0][1]
