"""The marts of weeks, months, quarters and years: worked out from the stage rows of their published days.

Percentiles have no percentile and distinct payments no sum, so a period is never made of its days' values. A period is
made anew when one of its days was, and only then; readers see the last one until the new one is whole.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

from ingest.clock import real_now_ms
from ingest.settings import Site
from streams.house import HouseRules, house_rules
from warehouse.client import Warehouse
from warehouse.closed_days import Covered, by_period, covered
from warehouse.day_lock import DayLock
from warehouse.frozen import frozen_periods
from warehouse.ledger import enter_period, enter_period_adjustments
from warehouse.mart_queries import kpi_parameters, kpi_query, measured, of_values, over_days, stamp, together
from warehouse.partitions import empty, partition, take_place
from warehouse.periods import Period
from warehouse.undisturbed import undisturbed

_STANDING = """
select
    toString(grain) as grain, toString(first) as first, toString(last) as last,
    argMax(made_of, computed_at) as standing_of
from period_builds
where facility_id = {facility:String}
group by period_builds.grain, period_builds.first, period_builds.last
"""


class PeriodReport(msgspec.Struct, frozen=True):
    """What the build of a period made."""

    period: Period
    days: int
    values: int
    seconds: float


def touched_periods(warehouse: Warehouse, house: HouseRules) -> list[tuple[Period, Covered]]:
    """The periods of which a day was published, or published anew, since they were made; shortest and oldest first."""
    known = covered(warehouse, house)
    standing = {
        Period(row["grain"], row["first"], row["last"]): row["standing_of"]
        for row in warehouse.rows(_STANDING, {"facility": house.facility_id})
    }
    now = by_period(known)
    touched = [(p, found) for p, found in now.items() if standing.get(p) != found.made_of]
    return sorted(touched, key=lambda each: (each[0].days, each[0].first))


def build_touched(
    warehouse: Warehouse, site: Site, tell: Callable[[PeriodReport], None] = lambda _: None
) -> list[PeriodReport]:
    """Make anew exactly the periods that published days have touched."""
    house = house_rules(site)
    reports = []
    for period, days in touched_periods(warehouse, house):
        with DayLock(warehouse, house.facility_id, period.name):
            reports.append(_build(warehouse, house, period, days))
        tell(reports[-1])
    return reports


def _build(warehouse: Warehouse, house: HouseRules, period: Period, days: Covered) -> PeriodReport:
    began, computed_ms = time.perf_counter(), real_now_ms()
    place = partition(house.facility_id, period.grain, period.first)
    shared = of_values(house, days.as_of_ms, computed_ms)
    shared |= over_days("stage_rows", period.grain, period.first, period.last, days.left_out)
    empty(warehouse, "period_values_building", place)
    for group in together(measured()):
        statement = f"insert into period_values_building\n{kpi_query(group[0])}"
        warehouse.command(statement, shared | kpi_parameters(*group))
    made = _counted(warehouse, house.facility_id, period)
    with undisturbed():
        if period in frozen_periods(warehouse, house.facility_id):
            enter_period_adjustments(warehouse, house.facility_id, period, computed_ms, days)
        else:
            take_place(warehouse, "period_values", place, bool(made))
            enter_period(warehouse, house.facility_id, period, computed_ms, days)
        empty(warehouse, "period_values_building", place)
        report = PeriodReport(period, len(days.days), made, round(time.perf_counter() - began, 3))
        _write_down(warehouse, house.facility_id, report, days, computed_ms)
    return report


def _counted(warehouse: Warehouse, facility: str, period: Period) -> int:
    found = warehouse.rows(
        "select count() as n from period_values_building"
        " where facility_id = {facility:String} and grain = {grain:String} and day = {first:Date}",
        {"facility": facility, "grain": period.grain, "first": period.first},
    )
    return int(found[0]["n"])


def _write_down(warehouse: Warehouse, facility: str, report: PeriodReport, days: Covered, computed_ms: int) -> None:
    row = {
        "facility_id": facility,
        "grain": report.period.grain,
        "first": report.period.first,
        "last": report.period.last,
        "days": report.days,
        "made_of": days.made_of,
        "as_of": stamp(days.as_of_ms),
        "computed_at": stamp(computed_ms),
        "kpi_values": report.values,
        "seconds": report.seconds,
    }
    warehouse.insert_json("period_builds", msgspec.json.encode(row))
