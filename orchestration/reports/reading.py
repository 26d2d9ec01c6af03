"""Reads from the warehouse what a report is made of. The days that count are those that were published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from ingest.errors import Misconfigured
from ingest.feeds import feed_settings
from ingest.settings import Site
from orchestration.reports.facts import Compared, Facts, Hospital, HourValue, Restated, RestatedDay, Silent
from orchestration.reports.figures import Doubt, Figure, figure_of, points_of
from streams.house import HouseRules, house_rules
from streams.kpis import catalogue
from streams.kpis.kpi import Kpi, Target
from streams.targets import NOT_MEANT_FOR, targets
from warehouse import report_rows
from warehouse.check_rows import checked, checked_by_day, silent_sources
from warehouse.client import Warehouse
from warehouse.clock_offsets import clock_offsets
from warehouse.closed_days import Covered, covered
from warehouse.desks import desks
from warehouse.group_gaps import gaps_of_all
from warehouse.periods import Grain, Period, period_of

PARTS = ("dept", "service_point_type", "modality", "class")
LOOK_BACK_DAYS = 70  # for days of the same kind to compare with
MOST_POINTS = 30
_BY_HOUR = ("service_volume", "consult_wait")


def hospital_of(site: Site) -> Hospital:
    """Whose report it is."""
    told = site.hospital
    names = {code: (dept.zh, dept.en) for code, dept in site.departments.items()}
    return Hospital(name=(told.zh, told.en), facility=told.facility_id, zone=told.zone, departments=names)


def read_day(warehouse: Warehouse, site: Site, day: str) -> Facts:
    """Everything about a day. Raises Misconfigured when it was never published."""
    house, facility = house_rules(site), site.hospital.facility_id
    known = covered(warehouse, house, _days_before(day, LOOK_BACK_DAYS), day)
    if day not in {built.day for built in known.days}:
        raise Misconfigured(f"{day} was not published: close it with `hispulse day close {day}`.")
    rows = report_rows.figures(warehouse, facility, "day", day, PARTS)
    found = checked(warehouse, facility, day)
    by_kpi = _doubts(found)
    figures = _figures(site, rows, by_kpi)
    return Facts(
        hospital=hospital_of(site),
        first=day,
        last=day,
        name=day,
        published=(day,),
        is_working_day=house.is_working_day(day),
        figures=figures,
        history=_history(warehouse, facility, _same_kind(house, known, day)),
        hours=_hours(warehouse, facility, day),
        doubts=tuple(by_kpi.get("", ())),
        lacking=_lacking(by_kpi, figures),
        checks=len(found),
        failed=sum(not row["passed"] for row in found),
        restated=_restated(warehouse, facility, "day", day),
        restated_days=_restated_days(warehouse, facility, day, day),
        silent=_silent(warehouse, site, day, day),
        offsets=tuple(clock_offsets(warehouse, site, day)),
        desks=tuple(desks(warehouse, site, day)),
        compared=tuple(Compared(**row) for row in report_rows.reconciled(warehouse, facility, day)),
        gaps=gaps_of_all(warehouse, facility, day),
        passing=report_rows.time_goes(warehouse, facility, day),
        is_withheld=any(not row["passed"] and row["severity"] == "withhold" for row in found),
        as_of_ms=max((row["as_of_ms"] for row in rows), default=0),
        computed_ms=max((row["computed_ms"] for row in rows), default=0),
    )


def read_period(warehouse: Warehouse, site: Site, grain: Grain, day: str) -> Facts:
    """Everything about the week or month of a day. Raises Misconfigured when none of its days was published."""
    house, facility = house_rules(site), site.hospital.facility_id
    period = period_of(grain, day)
    known = covered(warehouse, house, _days_before(period.first, LOOK_BACK_DAYS), period.last)
    inside = [built.day for built in known.days if built.day >= period.first]
    rows = report_rows.figures(warehouse, facility, grain, period.first, PARTS)
    if not inside or not rows:
        raise Misconfigured(f"{period.name} has no values: `hispulse mart periods` makes them of published days.")
    earlier = [b.day for b in known.days if b.day < period.first and house.is_working_day(b.day)][-MOST_POINTS:]
    before = report_rows.figures(warehouse, facility, grain, _period_before(period).first, PARTS)
    found = checked_by_day(warehouse, facility, period.first, period.last)
    return Facts(
        hospital=hospital_of(site),
        grain=grain,
        first=period.first,
        last=period.last,
        name=period.name,
        days=period.days,
        published=tuple(inside),
        figures=_figures(site, rows, {}),
        before=_figures(site, before, {}),
        history=_history(warehouse, facility, earlier),
        within=_history(warehouse, facility, [day for day in inside if house.is_working_day(day)]),
        restated=_restated(warehouse, facility, grain, period.first),
        restated_days=_restated_days(warehouse, facility, period.first, period.last),
        silent=_silent(warehouse, site, period.first, period.last),
        checks=sum(row["n"] for row in found),
        failed=sum(row["withheld"] + row["warned"] + row["noted"] for row in found),
        doubtful_days=_doubtful_days(found),
        as_of_ms=max(row["as_of_ms"] for row in rows),
        computed_ms=max(row["computed_ms"] for row in rows),
    )


def _days_before(day: str, many: int) -> str:
    return (date.fromisoformat(day) - timedelta(days=many)).isoformat()


def _period_before(period: Period) -> Period:
    return period_of(period.grain, _days_before(period.first, 1))


def _same_kind(house: HouseRules, known: Covered, day: str) -> list[str]:
    """The days before that are as this one is by the calendar: working days, weekends, holidays; whole or half."""
    return [b.day for b in known.days if b.day < day and house.calendar.are_alike(b.day, day)][-MOST_POINTS:]


def _figures(site: Site, rows: Sequence[Mapping[str, Any]], doubts: Mapping[str, list[Doubt]]) -> tuple[Figure, ...]:
    """The main series of each KPI, of the hospital and of its parts."""
    known, aims = catalogue(), targets(site)
    return tuple(
        figure_of(row, kpi, _aim(kpi, row, aims), doubts.get(kpi.code, ()) if not row["dims"] else ())
        for row in rows
        if (kpi := known.get(row["kpi"])) is not None and row["series"] == kpi.series[0]
    )


def _aim(kpi: Kpi, row: Mapping[str, Any], aims: Mapping[str, Target]) -> Target | None:
    """What it should be; none of a place that nobody judges by it."""
    is_meant = set(row["dims"].values()).isdisjoint(NOT_MEANT_FOR.get(kpi.code, ()))
    return aims.get(kpi.code) if is_meant else None


def _history(warehouse: Warehouse, facility: str, days: Sequence[str]) -> dict[tuple[str, str], list[Any]]:
    """The values of some days, of the hospital and of its departments."""
    known = catalogue()
    found = points_of(report_rows.history(warehouse, facility, "day", days), known)
    return found | points_of(report_rows.history(warehouse, facility, "day", days, "dept"), known)


def _hours(warehouse: Warehouse, facility: str, day: str) -> dict[str, tuple[HourValue, ...]]:
    found: dict[str, tuple[HourValue, ...]] = {}
    for row in report_rows.hours(warehouse, facility, day, _BY_HOUR):
        value = HourValue(row["hour"], row["n"], row["value"])
        found[row["kpi"]] = (*found.get(row["kpi"], ()), value)
    return found


def _doubts(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Doubt]]:
    """KPI → what its checks found; "" holds what was found of the day."""
    found: dict[str, list[Doubt]] = {}
    for row in rows:
        if not row["passed"]:
            found.setdefault(row["kpi"], []).append(Doubt(row["severity"], (row["zh"], row["en"]), row["observed"]))
    return found


def _lacking(doubts: Mapping[str, list[Doubt]], figures: Sequence[Figure]) -> tuple[tuple[Kpi, Doubt], ...]:
    """What is more than a note of KPIs without a row: that one is not there at all is no note where it usually is."""
    there, known = {figure.kpi.code for figure in figures if not figure.dim}, catalogue()
    absent = ((known[code], of) for code, of in doubts.items() if code in known and code not in there)
    return tuple((kpi, doubt) for kpi, of in absent for doubt in of if doubt.level != "note")


def _doubtful_days(rows: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, int], ...]:
    found: dict[str, int] = {}
    for row in rows:
        found[row["on_day"]] = found.get(row["on_day"], 0) + row["withheld"] + row["warned"]
    return tuple((day, n) for day, n in sorted(found.items()) if n)


def _restated(warehouse: Warehouse, facility: str, grain: str, day: str) -> tuple[Restated, ...]:
    known = catalogue()
    rows = report_rows.restated(warehouse, facility, grain, day)
    return tuple(
        Restated(row["kpi"], row["first_value"], row["publications"], row["published_ms"])
        for row in rows
        if row["kpi"] in known and row["series"] == known[row["kpi"]].series[0]
    )


def _restated_days(warehouse: Warehouse, facility: str, first: str, last: str) -> tuple[RestatedDay, ...]:
    rows = report_rows.restated_days(warehouse, facility, first, last)
    return tuple(RestatedDay(row["on_day"], row["figures"], tuple(row["causes"])) for row in rows)


def _silent(warehouse: Warehouse, site: Site, first: str, last: str) -> tuple[Silent, ...]:
    """Sources by the names of their feeds."""
    called = {feed.source_system: (feed.zh, feed.en) for feed in feed_settings(site).values()}
    found = silent_sources(warehouse, site.hospital.facility_id, first, last)
    return tuple(
        Silent(day, tuple((source, called.get(source, (source, source))) for source in sources))
        for day, sources in found.items()
    )
