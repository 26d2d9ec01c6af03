"""What came of an action, judged on days made up for it."""

from __future__ import annotations

import pytest

from orchestration.reports.control import Course
from orchestration.reports.improvement import Effect, Improvement, Stretch
from orchestration.reports.improvement_report import improvement_report
from streams.kpis import catalogue
from tests.unit.report_facts import HOSPITAL, STEADY, WAIT_TARGET, before, wait

FLAT = (30.0, 32.0, 28.0, 30.0, 32.0, 28.0, 30.0, 32.0, 28.0, 30.0)


def an_action(*after: float, value: float, other: float = 20.0, goal: float | None = None) -> Improvement:
    """Ten days of about 30 minutes, then these; the department beside it went from 20 to `other`."""
    days = before(*FLAT, *after)[10:]
    return Improvement(
        hospital=HOSPITAL, dept="ORTH", against="CARD", action_on="2026-11-16", action="增开一间诊室", goal=goal,
        course=Course(kpi=catalogue()["consult_wait"], target=WAIT_TARGET, before=STEADY, judged=days), other=STEADY,
        own=Stretch(wait(30.0, "ORTH"), wait(value, "ORTH")), compared=Stretch(wait(20.0, "CARD"), wait(other, "CARD")),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("after", "value", "effect"),
    [
        ((18.0, 17.0), 17.5, "better"),
        ((29.0, 31.0), 30.5, "none"),
        ((45.0, 44.0), 44.5, "worse"),
        ((45.0, 29.0), 29.2, "none"),  # one bad day, and the value moved the other way by less than a minute
    ],
)
def test_an_effect_is_a_signal_of_the_chart_that_somebody_would_feel(
    after: tuple[float, ...], value: float, effect: Effect
) -> None:
    assert an_action(*after, value=value).effect == effect


def test_too_few_days_before_say_nothing() -> None:
    told = an_action(18.0, value=18.0)
    short = Course(kpi=told.kpi, target=WAIT_TARGET, before=STEADY[:9], judged=told.course.judged)
    assert Improvement(
        hospital=HOSPITAL, dept="ORTH", against="", action_on="2026-11-16", course=short, other=(), own=told.own,
        compared=told.compared,
    ).effect == "unknown"  # fmt: skip


def test_what_the_others_changed_by_meanwhile_is_taken_off() -> None:
    assert an_action(18.0, 17.0, value=17.5, other=15.0).net == -7.5


def test_the_report_says_it_in_a_sentence_and_what_to_do_next() -> None:
    document = improvement_report(an_action(18.0, 17.0, value=17.5, other=15.0, goal=20.0), "zh")
    [[item]] = [block.items for block in document.opening]
    assert item.said == "候诊时间 在措施后好转，超出日常波动：中位 30 分 → 17.5 分（-12.5 分）。"
    assert "同期心内科变化 -5 分，扣除后为 -7.5 分。" in item.behind
    said = " ".join(
        paragraph for s in document.sections for b in s.blocks for paragraph in getattr(b, "paragraphs", ())
    )
    assert "已达目标 ≤ 20 分。" in said
    assert "初步有效：措施后仅 2 个工作日" in said
    assert "一次前后对照不证明因果" in said


def test_the_data_files_name_the_days_on_each_side_both_ends_among_them() -> None:
    rows = improvement_report(an_action(18.0, 17.0, value=17.5), "zh").rows
    assert [(row.part, row.first_day, row.last_day, row.value) for row in rows] == [
        ("ORTH", "2026-11-02", "2026-11-13", 30.0),
        ("ORTH", "2026-11-16", "2026-11-17", 17.5),
        ("CARD", "2026-11-02", "2026-11-13", 20.0),
        ("CARD", "2026-11-16", "2026-11-17", 20.0),
    ]


def test_an_action_without_effect_is_not_praised() -> None:
    document = improvement_report(an_action(30.0, 31.0, value=30.4), "en")
    [[item]] = [block.items for block in document.opening]
    assert item.said == (
        "Consultation wait (all outpatients) did not change by more than noise: median 30 min → 30.4 min (+0.4 min)."
    )
    assert item.mark == ""
