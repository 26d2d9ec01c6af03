"""Dagster closes a day on the real engine: published when it may be believed, withheld when not, the last good kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from ingest.settings import load_site
from orchestration.assets import daily_kpis
from orchestration.days import last_closed_day
from tests import worked_example
from tests.integration.closing import DAY, close, write_site
from tests.marts.commands import Terminal
from warehouse.client import Warehouse, WarehouseSettings
from warehouse.rows import store

pytestmark = pytest.mark.services


@pytest.fixture
def site_file(tmp_path: Path, warehouse_settings: WarehouseSettings) -> Path:
    return write_site(tmp_path, warehouse_settings)


@pytest.fixture(scope="module")
def instance() -> Iterator[dg.DagsterInstance]:
    """Dagster's own storage, in memory."""
    with dg.DagsterInstance.ephemeral() as fresh:
        yield fresh


def test_a_backfill_publishes_believable_days_with_their_checks_and_names_the_others(
    warehouse: Warehouse, warehouse_settings: WarehouseSettings, tmp_path: Path
) -> None:
    store(warehouse, worked_example.events())
    terminal = Terminal(warehouse_settings, tmp_path)
    said = terminal.said("backfill", "--from", DAY, "--to", "2025-03-04", "--anyway", code=1)
    assert [line for line in said.splitlines() if line.startswith(("2025-", "1 of"))] == [
        f"{DAY}: published (1 of 2)",
        "2025-03-04: not published (2 of 2)",
        "1 of 2 days were not published: 2025-03-04",
    ]
    published = warehouse.rows("select toString(day) as day from publications where grain = 'day'")
    assert published == [{"day": DAY}]
    values = warehouse.rows(
        "select kpi, value from kpi_values where day = {day:Date} and grain = 'day' and empty(dims) and series = ''",
        {"day": DAY},
    )
    assert {row["kpi"]: row["value"] for row in values}["consult_wait"] == 52.0
    checked = warehouse.rows(
        "select distinct kpi from check_results final where suite = 'kpis' and day = {day:Date}", {"day": DAY}
    )
    assert {row["kpi"] for row in checked} == {kpi.code for kpi in daily_kpis()}
    assert warehouse.rows("select count() as n from period_builds") == [{"n": 4}]


def test_a_day_without_events_is_withheld_and_the_last_good_one_stands(
    warehouse: Warehouse, site_file: Path, instance: dg.DagsterInstance
) -> None:
    store(warehouse, worked_example.events())
    assert close(site_file, instance, anyway=True, kpis=False).success
    before = warehouse.rows("select count() as n, max(computed_at) as at from stage_rows")
    warehouse.command("truncate table events")
    result = close(site_file, instance, anyway=True)
    assert not result.success
    assert warehouse.rows("select count() as n, max(computed_at) as at from stage_rows") == before
    failed = warehouse.rows("select expectation from check_results final where suite = 'events' and not passed")
    assert "rows" in {row["expectation"] for row in failed}


def test_the_day_that_may_be_closed_is_the_hospitals_not_the_servers() -> None:
    """05:59 in Shanghai on the 4th: the 3rd is still open."""
    from datetime import UTC, datetime

    from ingest.clock import Clock

    class Stopped(Clock):
        def now_ms(self) -> int:
            return int(datetime(2025, 3, 3, 21, 59, tzinfo=UTC).timestamp() * 1000)

    class Later(Clock):
        def now_ms(self) -> int:
            return int(datetime(2025, 3, 3, 22, 0, tzinfo=UTC).timestamp() * 1000)

    site = load_site("demo")
    assert last_closed_day(site, Stopped()) == "2025-03-02"
    assert last_closed_day(site, Later()) == "2025-03-03"
