"""Great Expectations as asset checks: events and journeys on the day's rows, one check for each KPI.

A finding that withholds blocks the step that would publish the day; all findings are kept as rows for the board.
"""

from collections.abc import Iterator, Sequence

import dagster as dg

from expectations.day import (
    check_events,
    check_feeds,
    check_journeys,
    check_kpis,
    check_reconciliation,
    comparable_days,
    keep,
)
from expectations.suite import Finding, is_withheld
from ingest.clock import load_clock
from orchestration.assets import POOL, ROWS, daily_kpis, key_of
from orchestration.resources import Hospital
from streams.house import house_rules
from streams.kpis.kpi import Kpi


def build_checks() -> list[dg.AssetChecksDefinition]:
    """Every check: of the events, of the journeys, and of each KPI."""
    return [_events_check(), _journeys_check(), _kpi_checks(daily_kpis())]


def _events_check() -> dg.AssetChecksDefinition:
    @dg.asset_check(asset=ROWS, name="events", blocking=True, pool=POOL, description="当日事件核验 · The day's events")
    def events(context: dg.AssetCheckExecutionContext, hospital: Hospital) -> dg.AssetCheckResult:
        warehouse, house, day = hospital.warehouse, house_rules(hospital.site), context.partition_key
        beside = comparable_days(warehouse, house, day)
        findings = check_events(warehouse, house.facility_id, house.zone, day)
        findings += check_feeds(warehouse, house.facility_id, house.zone, day, beside)
        findings += check_reconciliation(warehouse, house.facility_id, day)
        return _told(context, hospital, findings)

    return events


def _journeys_check() -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=ROWS, name="journeys", blocking=True, pool=POOL, description="当日流程核验 · The day's journeys"
    )
    def journeys(context: dg.AssetCheckExecutionContext, hospital: Hospital) -> dg.AssetCheckResult:
        facility = hospital.site.hospital.facility_id
        return _told(context, hospital, check_journeys(hospital.warehouse, facility, context.partition_key))

    return journeys


def _kpi_checks(kpis: Sequence[Kpi]) -> dg.AssetChecksDefinition:
    """All KPIs in one step, each with a result of its own."""
    specs = [
        dg.AssetCheckSpec(name="values", asset=key_of(kpi), blocking=True, description=f"{kpi.zh} · {kpi.en}")
        for kpi in kpis
    ]

    @dg.multi_asset_check(name="kpi_checks", specs=specs, can_subset=True, pool=POOL)
    def kpi_checks(context: dg.AssetCheckExecutionContext, hospital: Hospital) -> Iterator[dg.AssetCheckResult]:
        house, day = house_rules(hospital.site), context.partition_key
        wanted = {key.asset_key for key in context.selected_asset_check_keys}
        of_run = [kpi for kpi in kpis if key_of(kpi) in wanted]
        beside = comparable_days(hospital.warehouse, house, day)
        findings = check_kpis(hospital.warehouse, house.facility_id, day, of_run, beside)
        _keep(context, hospital, findings)
        for kpi in of_run:
            of_kpi = [found for found in findings if found.kpi == kpi.code]
            yield _result(of_kpi, asset_key=key_of(kpi), check_name="values")

    return kpi_checks


def _told(context: dg.AssetCheckExecutionContext, hospital: Hospital, findings: list[Finding]) -> dg.AssetCheckResult:
    """Keep the findings, and say them."""
    _keep(context, hospital, findings)
    return _result(findings)


def _keep(context: dg.AssetCheckExecutionContext, hospital: Hospital, findings: list[Finding]) -> None:
    facility, now_ms = hospital.site.hospital.facility_id, load_clock().now_ms()
    keep(hospital.warehouse, findings, facility, context.partition_key, context.run.run_id, now_ms)


def _result(
    findings: list[Finding], asset_key: dg.AssetKey | None = None, check_name: str | None = None
) -> dg.AssetCheckResult:
    """Only what withholds is an error and blocks."""
    withheld = is_withheld(findings)
    failed = [f for f in findings if not f.passed]
    table = [
        dg.TableRecord({"check": f.expectation, "severity": f.severity, "passed": f.passed, "observed": f.observed,
                        "expected": f.expected, "zh": f.zh})
        for f in findings
    ]  # fmt: skip
    return dg.AssetCheckResult(
        asset_key=asset_key,
        check_name=check_name,
        passed=not failed,
        severity=dg.AssetCheckSeverity.ERROR if withheld else dg.AssetCheckSeverity.WARN,
        description="; ".join(f"{f.zh} · {f.en}" for f in failed) or "全部通过 · all passed",
        metadata={"findings": dg.MetadataValue.table(table)} if table else {},
    )
