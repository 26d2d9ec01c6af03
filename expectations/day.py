"""Checks one day of the warehouse, and keeps what was found as rows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import msgspec

from expectations.comparable import LEAST, NOTHING, WEEKS, Comparable, comparable
from expectations.events import (
    coded_fields,
    coded_places,
    events_suite,
    feeds_suite,
    reconciliation_suite,
    vocabulary_suite,
)
from expectations.journeys import journey_suite, journeys_suite, orphans_suite, references_suite
from expectations.kpis import drift_suite, kpi_suite
from expectations.run import run, run_each
from expectations.suite import Finding
from streams.house import HouseRules
from streams.kpis.kpi import Kpi
from warehouse.checks import query
from warehouse.client import Warehouse
from warehouse.closed_days import covered
from warehouse.mart_queries import stamp

_NO_DAY = "1970-01-01"


def comparable_days(warehouse: Warehouse, house: HouseRules, day: str) -> Comparable:
    """The published days that a day may be held against."""
    earliest = (date.fromisoformat(day) - timedelta(weeks=WEEKS)).isoformat()
    return comparable(house.calendar, (built.day for built in covered(warehouse, house, earliest, day).days), day)


def check_events(warehouse: Warehouse, facility: str, zone: str, day: str) -> list[Finding]:
    """The suites over a day's winners (`day_events` must be filled): times, types and enumerations, references."""
    asked = {"day": day, "facility": facility, "zone": zone}
    coded = {"coded": list(coded_fields()), "codes": list(coded_places())}
    return [
        *run(warehouse.frame(query("events"), asked), events_suite(), "event_type"),
        *run(warehouse.frame(query("vocabulary"), asked | coded), vocabulary_suite()),
        *run(warehouse.frame(query("references"), asked), references_suite(), "event_type"),
    ]


def check_feeds(
    warehouse: Warehouse, facility: str, zone: str, day: str, beside: Comparable = NOTHING
) -> list[Finding]:
    """The suite over what each source told of a day, beside what it told of days like it."""
    days = {day, *beside.usual, *([beside.before] if beside.before else [])}
    asked = {"facility": facility, "zone": zone, "days": sorted(days), **_compared(day, beside)}
    return run(warehouse.frame(query("feeds"), asked), feeds_suite(), "source_system")


def check_reconciliation(warehouse: Warehouse, facility: str, day: str) -> list[Finding]:
    """The suite over a day as the HIS counts it; nothing where no view of it was ever counted."""
    frame = warehouse.frame(query("reconciliation"), {"facility": facility, "day": day})
    return run(frame, reconciliation_suite(), "view_of_feed") if len(frame) else []


def check_journeys(warehouse: Warehouse, facility: str, day: str) -> list[Finding]:
    """The suites over a day's stories: one for each rule of order that applied, and whether each has its visit."""
    asked = {"day": day, "facility": facility}
    frame = warehouse.frame(query("journeys"), asked)
    rules = {row["rule"]: journey_suite(row["rule"], row["kpi"]) for row in frame.to_dict("records")}
    return [
        *run(frame, journeys_suite(), "rule"),
        *run_each(frame, "rule", rules),
        *run(warehouse.frame(query("orphans"), asked), orphans_suite(), "scope"),
    ]


def check_kpis(
    warehouse: Warehouse, facility: str, day: str, kpis: Iterable[Kpi], beside: Comparable = NOTHING,
    table: str = "kpi_values_building",
) -> list[Finding]:  # fmt: skip
    """The suites of each of the KPIs, over the rows of `table`: those being built, or `kpi_values` as published."""
    of_run = {kpi.code: kpi for kpi in kpis}
    asked = {"facility": facility, "kpi_values": table, "kpis": list(of_run), "least": LEAST, **_compared(day, beside)}
    frame: Any = warehouse.frame(query("kpis"), asked)
    return [
        *run_each(frame, "kpi", {code: kpi_suite(kpi) for code, kpi in of_run.items()}),
        *run_each(frame, "kpi", {code: drift_suite(kpi) for code, kpi in of_run.items()}),
    ]


def keep(warehouse: Warehouse, findings: list[Finding], facility: str, day: str, run_id: str, at_ms: int) -> None:
    """Write findings to `check_results`; the newest run's row of an expectation is the one that counts."""
    told = {"facility_id": facility, "day": day, "run_id": run_id, "at": stamp(at_ms)}
    rows = [msgspec.json.encode(msgspec.to_builtins(found) | told) for found in findings]
    if rows:
        warehouse.insert_json("check_results", b"\n".join(rows))


def _compared(day: str, beside: Comparable) -> dict[str, Any]:
    return {"day": day, "usual": list(beside.usual), "before": beside.before or _NO_DAY}
