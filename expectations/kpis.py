"""What is expected of a day's KPI rows: there, in range, adding up, complete, not far from the usual."""

from __future__ import annotations

from expectations.suite import Expectation, Suite, rows_expected
from streams.kpis.kpi import Census, Due, Interval, Kpi, Peak, Quality, Rate, Reduction, Score, Share, Volume


def has_daily_rows(kpi: Kpi) -> bool:
    """Gauges of the instant have no day."""
    return kpi.mode != "L" and not isinstance(kpi, Census)


def kpi_suite(kpi: Kpi) -> Suite:
    """The suite over the KPI's row of `warehouse/checks/kpis.sql`."""
    return Suite(
        name="kpis", kpi=kpi.code, expectations=(*_of_all(), *_in_range(kpi), *_adding_up(kpi), *_complete(kpi))
    )


def _of_all() -> tuple[Expectation, ...]:
    return (
        # A hospital may have no emergency department; whether the day is empty altogether the events suite decides.
        rows_expected(1, "当日有该指标", "the day has this KPI", "warn"),
        Expectation(name="named", column="kpi", severity="withhold", zh="指标有代码", en="the row names its KPI"),
        Expectation(name="value_where_counted", column="value_absent", at_most=0, severity="withhold",
                    zh="有例数就有值", en="where there are rows there is a value"),
        Expectation(name="something_counted", column="n", at_least=1, severity="warn",
                    zh="当日有例数", en="something was counted"),
        Expectation(name="near_usual", column="against_usual", at_least=0.5, at_most=2.0, severity="note",
                    zh="例数为同星期通常的 50%–200%", en="n is 50–200 % of the same weekday's usual"),
    )  # fmt: skip


def _in_range(kpi: Kpi) -> tuple[Expectation, ...]:
    is_part = isinstance(kpi, Share) or (kpi.unit == "%" and not isinstance(kpi, Rate))
    least, top = None if isinstance(kpi, Reduction) else 0, 100.0 if is_part else None
    bounds = Expectation(name="value_possible", column="value", at_least=least, at_most=top, severity="withhold",
                         zh="值在可能范围内", en="the value is possible")  # fmt: skip
    return (bounds,)


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
        Expectation(name="complete", column="completeness", at_least=95, severity="warn",
                    zh="环节时间戳完整率 ≥ 95%", en="stage completeness ≥ 95 %"),
    )  # fmt: skip
