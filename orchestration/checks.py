"""Great Expectations as asset checks: events and journeys on the day's rows, one check for each KPI.

A finding that withholds blocks the step that would publish the day; all findings are kept as rows for the board.
"""

import dagster as dg

from expectations.day import check_events, check_journeys, check_kpis, keep
from expectations.suite import Finding, is_withheld
from ingest.clock import load_clock
from orchestration.assets import ROWS, daily_kpis, key_of
from orchestration.resources import Hospital
from streams.kpis.kpi import Kpi


def build_checks() -> list[dg.AssetChecksDefinition]:
    """Every check: of the events, of the journeys, and of each KPI."""
    return [_events_check(), _journeys_check(), *(_kpi_check(kpi) for kpi in daily_kpis())]


def _events_check() -> dg.AssetChecksDefinition:
    @dg.asset_check(asset=ROWS, name="events", blocking=True, description="当日事件核验 · The day's events")
    def events(context: dg.AssetCheckExecutionContext, hospital: Hospital) -> dg.AssetCheckResult:
        day, house = context.partition_key, hospital.site.hospital
        return _told(context, hospital, check_events(hospital.warehouse, house.facility_id, house.zone, day))

    return events


def _journeys_check() -> dg.AssetChecksDefinition:
    @dg.asset_check(asset=ROWS, name="journeys", blocking=True, description="当日流程核验 · The day's journeys")
    def journeys(context: dg.AssetCheckExecutionContext, hospital: Hospital) -> dg.AssetCheckResult:
        facility = hospital.site.hospital.facility_id
        return _told(context, hospital, check_journeys(hospital.warehouse, facility, context.partition_key))

    return journeys


def _kpi_check(kpi: Kpi) -> dg.AssetChecksDefinition:
    @dg.asset_check(asset=key_of(kpi), name="values", blocking=True, description=f"{kpi.zh} · {kpi.en}")
    def values(context: dg.AssetCheckExecutionContext, hospital: Hospital) -> dg.AssetCheckResult:
        facility = hospital.site.hospital.facility_id
        return _told(context, hospital, check_kpis(hospital.warehouse, facility, context.partition_key, [kpi]))

    return values


def _told(context: dg.AssetCheckExecutionContext, hospital: Hospital, findings: list[Finding]) -> dg.AssetCheckResult:
    """Keep the findings, and say them: only what withholds is an error and blocks."""
    keep(
        hospital.warehouse,
        findings,
        hospital.site.hospital.facility_id,
        context.partition_key,
        context.run.run_id,
        load_clock().now_ms(),
    )
    withheld = is_withheld(findings)
    failed = [f for f in findings if not f.passed]
    table = [
        dg.TableRecord({"check": f.expectation, "severity": f.severity, "passed": f.passed, "observed": f.observed,
                        "expected": f.expected, "zh": f.zh})
        for f in findings
    ]  # fmt: skip
    return dg.AssetCheckResult(
        passed=not failed,
        severity=dg.AssetCheckSeverity.ERROR if withheld else dg.AssetCheckSeverity.WARN,
        description="; ".join(f"{f.zh} · {f.en}" for f in failed) or "全部通过 · all passed",
        metadata={"findings": dg.MetadataValue.table(table)} if table else {},
    )
