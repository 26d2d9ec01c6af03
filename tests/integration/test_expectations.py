"""Checks on the real engine: a day that may be believed passes, and each kind of wrong day is found and weighed."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from expectations.day import check_events, check_journeys, check_kpis, keep
from expectations.suite import Finding, is_withheld
from streams.kpis import catalogue
from warehouse.client import Warehouse

pytestmark = pytest.mark.services

DAY = "2025-03-03"
KPI = catalogue()["consult_wait"]


def value(grain: str = "day", n: int = 10, value: float | None = 30.0, **more: Any) -> dict[str, Any]:
    """One row of `kpi_values` as the marts write it."""
    return {
        "facility_id": "H001", "kpi": "consult_wait", "version": 1, "grain": grain, "day": "2025-03-03", "series": "",
        "dims": {}, "n": n, "value": value, "p50": value, "p90": value, "sum_ms": 0, "completeness": 99.0,
        "computed_at": "2025-03-04 06:00:00.000", "as_of": "2025-03-04 06:00:00.000", **more,
    }  # fmt: skip


def day(**wrong: Any) -> list[dict[str, Any]]:
    """A believable day of consult_wait: the day, two hours that add up, two departments that add up."""
    return [
        value(**wrong),
        value("hour", 4, hour=8),
        value("hour", 6, hour=9),
        value(n=7, dims={"dept": "CARD"}),
        value(n=3, dims={"dept": "DERM"}),
    ]


def checked(warehouse: Warehouse, rows: list[dict[str, Any]]) -> dict[str, Finding]:
    """Findings of consult_wait by expectation."""
    if rows:
        body = b"\n".join(msgspec.json.encode(row) for row in rows)
        warehouse.insert_json("kpi_values_building", body)
    return {f.expectation: f for f in check_kpis(warehouse, "H001", DAY, [KPI])}


def test_a_believable_day_passes_everything(warehouse: Warehouse) -> None:
    findings = checked(warehouse, day())
    assert [f.expectation for f in findings.values() if not f.passed] == []


def test_an_empty_day_never_passes(warehouse: Warehouse) -> None:
    findings = checked(warehouse, [])
    assert not findings["rows"].passed


@pytest.mark.parametrize(
    ("wrong", "expectation", "withheld"),
    [
        ({"value": -4.0}, "value_possible", True),
        ({"value": None}, "value_where_counted", True),
        ({"n": 11}, "hours_add_up", True),
        ({"n": 11}, "departments_add_up", True),
        ({"completeness": 80.0}, "complete", False),
    ],
)
def test_a_wrong_day_is_found_and_weighed(
    warehouse: Warehouse, wrong: dict[str, Any], expectation: str, withheld: bool
) -> None:
    findings = checked(warehouse, day(**wrong))
    assert not findings[expectation].passed
    assert is_withheld(list(findings.values())) is withheld


def test_a_day_far_from_the_usual_is_noted_and_not_withheld(warehouse: Warehouse) -> None:
    """Four Mondays of 40 visits, then one of 10."""
    before = [value(n=40, day=d) for d in ("2025-02-03", "2025-02-10", "2025-02-17", "2025-02-24")]
    warehouse.insert_json("kpi_values", b"\n".join(msgspec.json.encode(row) for row in before))
    findings = checked(warehouse, day())
    assert not findings["near_usual"].passed
    assert not is_withheld(list(findings.values()))


def test_a_day_without_events_or_journeys_is_withheld(warehouse: Warehouse) -> None:
    assert is_withheld(check_events(warehouse, "H001", "Asia/Shanghai", DAY))
    assert is_withheld(check_journeys(warehouse, "H001", DAY))


def test_findings_are_kept_as_rows_and_the_newest_run_counts(warehouse: Warehouse) -> None:
    for run, rows in (("first", day(value=-4.0)), ("second", [])):
        findings = checked(warehouse, rows)
        keep(warehouse, list(findings.values()), "H001", DAY, run, 1_741_039_200_000 + (run == "second") * 3_600_000)
    kept = warehouse.rows("select distinct run_id from check_results final where kpi = 'consult_wait'")
    assert [row["run_id"] for row in kept] == ["second"]
