"""The page of checks: what failed first, with its numbers, and how the days before did; nothing from outside."""

from __future__ import annotations

import re

import pytest

from orchestration.reports.checks import Check, Checked, Course, checks_page
from orchestration.reports.document import Chart, Table
from orchestration.reports.facts import Hospital
from orchestration.reports.figures import Level
from orchestration.reports.html import html_of
from orchestration.reports.observed import expected_text, observed_text
from orchestration.reports.writing import Language
from tests.timeline import at

DAY = "2025-03-03"
HOSPITAL = Hospital(name=("演练医院", "Rehearsal Hospital"), facility="H001", zone="Asia/Shanghai")


def check(
    family: str, severity: Level = "warn", observed: str = "", *, passed: bool = False, kpi: str = "",
    expected: str = "≤ 0", said: tuple[str, str] = ("来源都有数据", "no source is silent"),
) -> Check:  # fmt: skip
    return Check(
        family=family, suite=family, expectation="e", kpi=kpi, severity=severity, passed=passed, observed=observed,
        expected=expected, said=said, at_ms=at("30:04"),
    )  # fmt: skip


def page_of(*checks: Check, before: tuple[Course, ...] = ()) -> Checked:
    return Checked(hospital=HOSPITAL, day=DAY, checks=checks, before=before)


def test_what_is_withheld_stands_first_with_what_was_seen() -> None:
    checked = page_of(
        check("feeds", observed="1 of 8: LIS^DEMO 1"),
        check("kpis", "withhold", "-4", kpi="consult_wait", said=("值在可能范围内", "the value is possible")),
        check("drift", "note", "0.25", kpi="visit_los"),
        check("kpis", passed=True, observed="99", kpi="consult_wait"),
    )
    page = checks_page(checked, "zh")
    assert page.banner.startswith("当日未放行")
    assert page.facts == (("核验时间", "2025-03-04 06:04"), ("核验", "1/4 通过"))
    [first, second] = page.opening[0].items  # a note opens nothing
    assert first.said == "未放行 · 候诊时间：不符合“值在可能范围内”"
    assert (first.behind, second.behind) == ("所见 -4", "8 项中 1 项：LIS^DEMO 1")


def test_a_day_without_failures_says_so() -> None:
    page = checks_page(page_of(check("events", passed=True)), "en")
    assert (page.banner, page.opening[0].items, page.opening[0].none) == ("", (), "All 1 checks passed.")


def test_the_days_before_are_drawn_and_one_without_checks_stays_empty() -> None:
    before = (Course("2025-03-01", "kpis", 9, 0, 2, 5), Course("2025-03-01", "feeds", 3, 1, 0, 0),
              Course(DAY, "kpis", 9, 0, 0, 4))  # fmt: skip
    page = checks_page(page_of(check("kpis", passed=True), before=before), "zh")
    [chart] = [block for section in page.sections for block in section.blocks if isinstance(block, Chart)]
    assert chart.values[-3:] == (3.0, None, 0.0) and len(chart.values) == 14
    [table] = [b for s in page.sections for b in s.blocks if isinstance(b, Table) and b.title == "按核验组"]
    [row] = table.rows
    assert row[-1].trend == (2.0, 0.0)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_it_is_one_file_that_asks_nobody(lang: Language) -> None:
    page = html_of(checks_page(page_of(check("feeds", observed="1 of 1: <b>")), lang)).decode()
    assert "<script" not in page and "&lt;b&gt;" in page
    assert not re.findall(r"(?:src|href)=|url\(|http(?!://www\.w3\.org)", page)


@pytest.mark.parametrize(
    ("observed", "zh", "en"),
    [
        ("74.8123", "所见 74.812", "found 74.812"),
        ("1 of 1: [93.5]", "所见 93.5", "found 93.5"),
        ("2 of 40: queue.called 0.31, bill.paid 0.2", "40 项中 2 项：叫号 0.31、缴费 0.2",
         "2 of 40: Called 0.31, Bill paid 0.2"),
        ("9 of 12: a.b:string, c.d=e", "12 项中 9 项：a.b:string、c.d=e…", "9 of 12: a.b:string, c.d=e, …"),
        ("0 of 8", "8 项中 0 项", "0 of 8"),
        ("no row", "没有数据行", "no row"),
        ("null", "", ""),
    ],
)  # fmt: skip
def test_what_was_seen_is_said_as_people_say_it(observed: str, zh: str, en: str) -> None:
    assert (observed_text(observed, "zh"), observed_text(observed, "en")) == (zh, en)


def test_what_was_expected_is_said_as_people_say_it() -> None:
    said = ("≥ 0.5 and ≤ 2", "≥ 0 and ≤ 0", "≥ 95", "not null", "one of 78 codes")
    assert [expected_text(each, "zh") for each in said] == ["0.5–2", "0", "≥ 95", "不为空", "词汇表中的 78 个值之一"]
