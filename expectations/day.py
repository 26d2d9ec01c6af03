"""Checks one day of the warehouse, and keeps what was found as rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from expectations.events import events_suite
from expectations.journeys import journey_suite, journeys_suite
from expectations.kpis import kpi_suite
from expectations.run import run
from expectations.suite import Finding
from streams.kpis.kpi import Kpi
from warehouse.checks import query
from warehouse.client import Warehouse
from warehouse.mart_queries import stamp


def check_events(warehouse: Warehouse, facility: str, zone: str, day: str) -> list[Finding]:
    """The events suite over a day's winners (`day_events` must be filled)."""
    frame = warehouse.frame(query("events"), {"day": day, "facility": facility, "zone": zone})
    return run(frame, events_suite())


def check_journeys(warehouse: Warehouse, facility: str, day: str) -> list[Finding]:
    """The journeys suite over a day's stories, and one suite for each rule that applied."""
    frame = warehouse.frame(query("journeys"), {"day": day, "facility": facility})
    findings = run(frame, journeys_suite())
    for row in frame.to_dict("records"):
        findings += run(_only(frame, "rule", row["rule"]), journey_suite(row["rule"], row["kpi"]))
    return findings


def check_kpis(
    warehouse: Warehouse, facility: str, day: str, kpis: Iterable[Kpi], table: str = "kpi_values_building"
) -> list[Finding]:
    """One suite for each of the KPIs, over the rows of `table`: those being built, or `kpi_values` as published."""
    frame = warehouse.frame(query("kpis"), {"day": day, "facility": facility, "kpi_values": table})
    return [found for kpi in kpis for found in run(_only(frame, "kpi", kpi.code), kpi_suite(kpi))]


def keep(warehouse: Warehouse, findings: list[Finding], facility: str, day: str, run_id: str, at_ms: int) -> None:
    """Write findings to `check_results`; the newest run's row of an expectation is the one that counts."""
    told = {"facility_id": facility, "day": day, "run_id": run_id, "at": stamp(at_ms)}
    rows = [msgspec.json.encode(msgspec.to_builtins(found) | told) for found in findings]
    if rows:
        warehouse.insert_json("check_results", b"\n".join(rows))


def _only(frame: Any, column: str, value: str) -> Any:
    """The rows of a frame with one value; an empty frame has no columns to look in."""
    return frame[frame[column] == value].reset_index(drop=True) if len(frame) else frame
