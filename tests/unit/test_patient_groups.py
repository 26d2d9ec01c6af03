"""Patient groups beside everybody else: the gap of medians, few people never shown, live and of a day the same."""

from __future__ import annotations

from board.groups_html import section
from orchestration.reports.document import Table
from orchestration.reports.group_gaps import blocks
from streams.groups import Gap, gaps, told_by_group
from streams.kpis import catalogue
from tests.unit.report_facts import a_day

WAIT = catalogue()["window_wait"]


def test_a_group_is_compared_with_all_others_and_the_special_ones_together_too() -> None:
    found = gaps(WAIT, {
        "normal": [600] * 5, "elderly": [300, 300, 360, 420, 420], "child": [60] * 6, "?": [1200] * 2,
    })  # fmt: skip
    by_group = {gap.group: gap for gap in found}
    assert list(by_group) == ["priority", "elderly", "child", "normal"]
    assert by_group["elderly"] == Gap(
        group="elderly", n=5, value=6.0, p90=7.0, others_n=13, others=10.0, by=-4.0,
    )  # fmt: skip
    assert (by_group["priority"].n, by_group["priority"].value, by_group["priority"].others) == (11, 1.0, 10.0)
    assert (by_group["normal"].others, by_group["normal"].by) == (5.0, 5.0)


def test_of_fewer_than_five_nothing_is_shown_but_that_they_are_few() -> None:
    found = gaps(WAIT, {"normal": [600] * 9, "disabled": [60] * 4, "child": []})
    priority, disabled, normal = found
    assert disabled == Gap(group="disabled", n=None, others_n=9, others=10.0) and priority.n is None
    assert (normal.n, normal.value, normal.others_n, normal.others, normal.by) == (9, 10.0, None, None, None)
    shown = section(found, "min", "zh")
    assert shown is not None and "<td>残疾人</td><td>&lt;5</td><td>–</td><td>9</td>" in shown
    assert section([], "min", "en") is None


def test_the_daily_report_says_them_for_every_wait() -> None:
    found = gaps(WAIT, {"normal": [600] * 9, "elderly": [300] * 5, "child": [60] * 4})
    (table,) = blocks(a_day(gaps={"window_wait": tuple(found)}), "zh")
    assert isinstance(table, Table)
    assert [[cell.text for cell in row[1:]] for row in table.rows] == [
        ["全部优先人群", "9", "5", "10", "-5"], ["老年人", "5", "5", "10", "-5"], ["儿童", "<5", "–", "10", "–"],
        ["普通", "9", "10", "5", "+5"],
    ]  # fmt: skip
    assert blocks(a_day(), "en") == ()


def test_the_waits_are_told_by_group() -> None:
    assert {kpi.code for kpi in catalogue().values() if told_by_group(kpi)} == {
        "window_wait", "consult_wait", "visit_los", "pharm_pickup_wait",
    }  # fmt: skip
