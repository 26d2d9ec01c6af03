"""What is expected of a day's KPI rows: there, in range, adding up, complete, and not far from the usual."""

from __future__ import annotations

from expectations.suite import Expectation, Suite
from streams.kpis.kpi import Census, Due, Interval, Kpi, Peak, Quality, Rate, Reduction, Score, Share, Volume


def has_daily_rows(kpi: Kpi) -> bool:
    """Gauges of the instant have no day."""
    return kpi.mode != "L" and not isinstance(kpi, Census)


def kpi_suite(kpi: Kpi) -> Suite:
    """The suite over the KPI's row of `warehouse/checks/kpis.sql`, generated from its entry in the catalogue."""
    return Suite(
        name="kpis", kpi=kpi.code, expectations=(*_of_all(), *_in_range(kpi), *_adding_up(kpi), *_complete(kpi))
    )


def drift_suite(kpi: Kpi) -> Suite:
    """The suite over the same row: the day beside days of its kind. What has nothing to compare with passes."""
    return Suite(
        name="drift",
        kpi=kpi.code,
        expectations=(
            Expectation(name="not_vanished", column="vanished", at_most=0, severity="warn",
                        zh="往常有数的指标没有消失", en="what is usually counted has not vanished"),
            Expectation(name="near_usual", column="against_usual", at_least=0.5, at_most=2.0, severity="note",
                        may_be_null=True, zh="例数为同星期通常的 50%–200%",
                        en="n is 50–200 % of the same weekday's usual"),
            Expectation(name="near_day_before", column="against_before", at_least=0.5, at_most=2.0, severity="note",
                        may_be_null=True, zh="例数为上一同类日的 50%–200%",
                        en="n is 50–200 % of the last day like it"),
            Expectation(name="value_near_usual", column="value_off", at_most=3, severity="note", may_be_null=True,
                        zh="值离同星期中位不超过 3 个四分位距",
                        en="the value is within 3 interquartile ranges of the same weekday's median"),
        ),
    )  # fmt: skip


def _of_all() -> tuple[Expectation, ...]:
    return (
        # A hospital may have no emergency department: what is usually there and is not, drift says louder.
        Expectation(name="rows", column="rows", at_least=1, severity="note",
                    zh="当日有该指标", en="the day has this KPI"),
        Expectation(name="value_where_counted", column="value_absent", at_most=0, severity="withhold",
                    zh="有例数就有值", en="where there are rows there is a value"),
        Expectation(name="something_counted", column="n", at_least=1, severity="note",
                    zh="当日有例数", en="something was counted"),
        Expectation(name="percentiles_ordered", column="percentiles_off", at_most=0, severity="withhold",
                    zh="中位数不大于 P90", en="the median is not beyond the 90th percentile"),
    )  # fmt: skip


def _in_range(kpi: Kpi) -> tuple[Expectation, ...]:
    is_part = isinstance(kpi, Share) or (kpi.unit == "%" and not isinstance(kpi, Rate))
    least, top = None if isinstance(kpi, Reduction) else 0, 100.0 if is_part else None
    bounds = Expectation(name="value_possible", column="value", at_least=least, at_most=top, severity="withhold",
                         may_be_null=True, zh="值在可能范围内", en="the value is possible")  # fmt: skip
    parts = Expectation(name="part_of_whole", column="parts_off", at_most=0, severity="withhold",
                        zh="分子不大于分母", en="no numerator is beyond its denominator")  # fmt: skip
    return (bounds, parts) if isinstance(kpi, Share | Due) else (bounds,)


def _adding_up(kpi: Kpi) -> tuple[Expectation, ...]:
    hours = Expectation(name="hours_add_up", column="hours_off", at_least=0, at_most=0, severity="withhold",
                        zh="各小时之和等于全天", en="the hours add up to the day")  # fmt: skip
    departments = Expectation(name="departments_add_up", column="departments_off", at_least=0, at_most=0,
                              severity="withhold", zh="各科之和等于全院", en="the departments add up")  # fmt: skip
    if isinstance(kpi, Interval | Score | Due | Rate | Volume):
        return (hours, departments)
    return ()  # a share may count one payment in several departments


def _complete(kpi: Kpi) -> tuple[Expectation, ...]:
    if isinstance(kpi, Quality | Rate | Volume | Peak | Reduction):
        return ()
    return (
        Expectation(name="completeness_known", column="completeness_absent", at_most=0, severity="withhold",
                    zh="有例数就有完整率", en="where there are rows completeness is known"),
        Expectation(name="complete", column="completeness", at_least=95, severity="warn", may_be_null=True,
                    zh="环节时间戳完整率 ≥ 95%", en="stage completeness ≥ 95 %"),
    )  # fmt: skip
