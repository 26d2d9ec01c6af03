"""Reads what came of an action: the working days before and after, here and in the place it is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

from ingest.errors import Misconfigured
from ingest.settings import Site
from orchestration.reports.control import Course
from orchestration.reports.figures import Figure, Point, figure_of, points_of
from orchestration.reports.improvement import Improvement, Stretch
from orchestration.reports.reading import hospital_of
from streams.house import HouseRules, house_rules
from streams.kpis import catalogue
from streams.kpis.kpi import Kpi
from streams.targets import targets
from warehouse import report_rows
from warehouse.client import Warehouse
from warehouse.closed_days import covered
from warehouse.period_values import values_over

_LOOK_DAYS = 60  # before and after, where nobody says how many


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which KPI, where, since when; "" is the whole hospital."""

    kpi: str
    action_on: str
    dept: str = ""
    against: str = ""
    action: str = ""
    goal: float | None = None
    first: str | None = None
    last: str | None = None


def _days_around(warehouse: Warehouse, house: HouseRules, asked: Asked) -> list[str]:
    """The published working days on both sides of the action."""
    on = date.fromisoformat(asked.action_on)
    first = asked.first or (on - timedelta(days=_LOOK_DAYS)).isoformat()
    last = asked.last or (on + timedelta(days=_LOOK_DAYS)).isoformat()
    return [b.day for b in covered(warehouse, house, first, last).days if house.is_working_day(b.day)]


def _course(warehouse: Warehouse, site: Site, kpi: Kpi, dept: str, days: Sequence[str]) -> list[Point]:
    part = "dept" if dept else ""
    rows = report_rows.history(warehouse, site.hospital.facility_id, "day", days, part, [kpi.code])
    return points_of(rows, {kpi.code: kpi}).get((kpi.code, dept), [])


def _stretch(
    warehouse: Warehouse, site: Site, kpi: Kpi, dept: str, sides: tuple[Sequence[Point], Sequence[Point]]
) -> Stretch:
    """The values over all rows of both sides' working days, from the first to the last."""
    before, after = (_over(warehouse, site, kpi, dept, side[0].day, side[-1].day) for side in sides)
    return Stretch(before, after)


def _over(warehouse: Warehouse, site: Site, kpi: Kpi, dept: str, first: str, last: str) -> Figure:
    by = "dept" if dept else None
    house = house_rules(site)
    resting = [
        built.day for built in covered(warehouse, house, first, last).days if not house.is_working_day(built.day)
    ]
    _, rows = values_over(warehouse, house, kpi, first, last, by, resting)
    target = targets(site).get(kpi.code)
    for row in rows:
        if row["series"] == kpi.series[0] and row["dims"].get("dept", "") == dept:
            return figure_of(row, kpi, target, ())
    return Figure(kpi=kpi, dim=by or "", part=dept, n=0, value=None, target=target)


def read_improvement(warehouse: Warehouse, site: Site, asked: Asked) -> Improvement:
    """What came of an action. Raises Misconfigured when there are no published days on both sides of it."""
    house, kpi = house_rules(site), catalogue()[asked.kpi]
    days = _days_around(warehouse, house, asked)
    own, other = (_course(warehouse, site, kpi, dept, days) for dept in (asked.dept, asked.against))
    before, after = ([p for p in own if (p.day >= asked.action_on) == late] for late in (False, True))
    if not before or not after:
        where = asked.dept or "the hospital"
        raise Misconfigured(f"{kpi.code} of {where} has no published days both before and from {asked.action_on} on.")
    target = targets(site).get(kpi.code)
    return Improvement(
        hospital=hospital_of(site), dept=asked.dept, against=asked.against, action_on=asked.action_on,
        action=asked.action, goal=asked.goal, other=tuple(other),
        course=Course(kpi=kpi, target=target, before=tuple(before), judged=tuple(after)),
        own=_stretch(warehouse, site, kpi, asked.dept, (before, after)),
        compared=_stretch(warehouse, site, kpi, asked.against, (before, after)),
    )  # fmt: skip
