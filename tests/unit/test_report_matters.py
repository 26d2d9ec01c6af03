"""What opens a report, against days made up for it."""

from __future__ import annotations

from collections.abc import Sequence

from orchestration.reports.figures import better_down
from orchestration.reports.matters import Broke, Changed, broken, changed, excess, waited
from streams.kpis import catalogue
from streams.kpis.kpi import Target
from tests.unit.report_facts import STEADY, before, figure, wait


def codes(found: Sequence[Broke | Changed]) -> list[str]:
    return [each.figure.kpi.code for each in found]


def test_the_farthest_from_its_target_comes_first() -> None:
    waits = wait(71.0)  # far over: its alarm is at 60
    window = figure("window_wait", 12.0)  # 1.2 times
    four_hours = figure("ed_4h_rate", 88.0)  # 12 % fail where 5 % may: 2.4 times
    assert codes(broken([window, four_hours, waits])) == ["consult_wait", "ed_4h_rate", "window_wait"]
    assert round(excess(four_hours), 6) == 2.4


def test_a_target_that_was_kept_is_not_told() -> None:
    assert broken([wait(30.0), figure("ed_4h_rate", 95.0)]) == []


def test_departments_stand_below_the_hospitals_figure_the_worst_first() -> None:
    [broke] = broken([wait(45.0), wait(40.0, "CARD"), wait(90.0, "ORTH"), wait(29.0, "DERM")])
    assert [part.part for part in broke.parts] == ["ORTH", "CARD"]


def test_a_department_that_is_far_over_is_told_though_the_hospital_kept_its_target() -> None:
    [broke] = broken([wait(12.0), wait(70.6, "CARD"), wait(40.0, "ORTH")])
    assert (broke.figure.severity, [part.part for part in broke.parts]) == (0, ["CARD"])


def test_nothing_is_concluded_from_four() -> None:
    assert broken([wait(90.0, n=4)]) == []
    assert changed([wait(90.0, n=4)], {("consult_wait", ""): STEADY}) == []
    assert waited([wait(90.0, "ORTH", n=4)]) == []


def test_gauges_about_the_data_open_no_report() -> None:
    assert broken([figure("negative_interval_rate", 3.0)]) == []


def test_a_day_beyond_the_limits_of_those_before_has_changed() -> None:
    [change] = changed([wait(38.0)], {("consult_wait", ""): STEADY})
    assert (change.signal.is_up, change.is_better, change.limits.centre) == (True, False, 30.0)
    assert changed([wait(36.0)], {("consult_wait", ""): STEADY}) == []


def test_what_nobody_would_feel_is_not_told() -> None:
    """Beyond its limits by far, but by half a minute."""
    window = {("window_wait", ""): before(*[0.5, 0.52, 0.48] * 4)}
    assert changed([figure("window_wait", 1.0)], window) == []
    assert codes(changed([figure("window_wait", 1.6)], window)) == ["window_wait"]


def test_what_got_worse_comes_before_what_got_better() -> None:
    history = {("consult_wait", ""): STEADY, ("visit_los", ""): STEADY}
    found = changed([wait(10.0), figure("visit_los", 40.0)], history)
    assert [(change.figure.kpi.code, change.is_better) for change in found] == [
        ("visit_los", False),
        ("consult_wait", True),
    ]


def test_without_enough_days_before_nothing_has_changed() -> None:
    assert changed([wait(99.0)], {("consult_wait", ""): STEADY[:9]}) == []


def test_which_way_is_better() -> None:
    kpis = catalogue()
    at_least = Target(statistic="value", value=90, direction="≥")
    assert better_down(kpis["satisfaction_rate"], at_least) is False
    assert better_down(kpis["visit_los"], None) is True
    assert better_down(kpis["consult_duration"], None) is None  # patients are to have enough time
    assert better_down(kpis["offwindow_payment_share"], None) is None


def test_the_longest_waits_are_ordered_across_units() -> None:
    bed = figure("bed_wait_time", 2.0)  # hours: nine in ten within 4 h
    places = [wait(50.0, "ORTH"), wait(12.0, "CARD"), bed, wait(30.0)]  # the hospital's own wait is no place
    assert [(f.kpi.code, f.part) for f in waited(places)] == [
        ("bed_wait_time", ""),
        ("consult_wait", "ORTH"),
        ("consult_wait", "CARD"),
    ]
