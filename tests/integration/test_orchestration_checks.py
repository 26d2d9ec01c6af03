"""What a check finds decides: a KPI that cannot be true withholds its day, an unusual day is said; the past goes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from ingest.clock import load_clock
from ingest.settings import Site, load_site
from orchestration.assets import PUBLISHED, ROWS, key_of
from orchestration.days import last_closed_day, partitions
from orchestration.definitions import definitions
from orchestration.retention_asset import KEPT
from streams.kpis import catalogue
from tests import worked_example
from tests.integration.closing import DAY, write_site
from warehouse.client import Warehouse, WarehouseSettings
from warehouse.mart_queries import stamp
from warehouse.marts import DayBuild, build_day
from warehouse.rows import store

pytestmark = pytest.mark.services

WAIT = catalogue()["consult_wait"]
STANDING = "select count() as n, max(computed_at) as at from kpi_values"


@pytest.fixture(scope="module")
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as fresh:
        yield fresh


def run(
    site_file: Path, instance: dg.DagsterInstance, selected: dg.AssetSelection, day: str | None = DAY
) -> dg.ExecuteInProcessResult:
    """Run a part of the site's own definitions."""
    site = load_site(str(site_file))
    job = dg.define_asset_job("a_part", selection=selected, partitions_def=partitions(site) if day else None)
    everything = dg.Definitions.merge(definitions(site), dg.Definitions(jobs=[job]))
    return everything.resolve_job_def("a_part").execute_in_process(
        partition_key=day, instance=instance, raise_on_error=False
    )


def built(warehouse: Warehouse, site: Site) -> None:
    """The day beside the day, with the one KPI that is looked at."""
    build = DayBuild(warehouse, site, DAY, worked_example.AS_OF)
    build.make_rows()
    build.make_values(WAIT)


def test_a_kpi_that_cannot_be_true_withholds_the_day_and_the_next_close_publishes_it(
    warehouse: Warehouse, warehouse_settings: WarehouseSettings, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    path = write_site(tmp_path, warehouse_settings)
    site = load_site(str(path))
    store(warehouse, worked_example.events())
    build_day(warehouse, site, DAY, worked_example.AS_OF, kpis=[WAIT])
    standing = warehouse.rows(STANDING)
    check_and_publish = dg.AssetSelection.checks(dg.AssetCheckKey(key_of(WAIT), "values")) | (
        dg.AssetSelection.assets(PUBLISHED).without_checks()
    )
    built(warehouse, site)
    warehouse.command(
        "insert into kpi_values_building select * from kpi_values_building where kpi = 'consult_wait' and grain = 'day'"
    )
    withheld = run(path, instance, check_and_publish)
    assert not withheld.success
    [found] = withheld.get_asset_check_evaluations()
    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert not withheld.get_asset_materialization_events()
    assert warehouse.rows(STANDING) == standing, "the last good day stands"
    failed = warehouse.rows("select expectation from check_results final where not passed and severity = 'withhold'")
    assert {"expectation": "hours_add_up"} in failed

    built(warehouse, site)
    closed = run(path, instance, check_and_publish)
    assert closed.success, [event.message for event in closed.all_events if event.is_failure]
    assert warehouse.rows(STANDING) != standing


def test_a_day_of_far_fewer_rows_than_its_like_and_a_day_that_is_not_there_are_said(
    warehouse: Warehouse, warehouse_settings: WarehouseSettings, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    path = write_site(tmp_path, warehouse_settings)
    site = load_site(str(path))
    store(warehouse, worked_example.events())
    volume = dg.AssetSelection.assets(ROWS).without_checks() | dg.AssetSelection.checks(
        dg.AssetCheckKey(ROWS, "volume")
    )
    newest = dg.AssetSelection.checks(dg.AssetCheckKey(PUBLISHED, "newest_day"))
    written = (
        "insert into mart_builds (facility_id, day, as_of, computed_at, stage_rows) values"
        " ('H001', {day:Date}, {as_of:DateTime64(3, 'UTC')}, now64(3), 900)"
    )
    assert only(run(path, instance, volume)).passed, "there is nothing to compare with"
    for day in ("2025-02-10", "2025-02-17", "2025-02-24"):
        warehouse.command(written, {"day": day, "as_of": f"{day} 23:00:00.000"})
    found = only(run(path, instance, volume))
    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert found.metadata["days compared"].value == 3

    assert not only(run(path, instance, newest, day=None)).passed
    now_ms = load_clock().now_ms()
    warehouse.command(written, {"day": last_closed_day(site, load_clock()), "as_of": stamp(now_ms)})
    assert only(run(path, instance, newest, day=None)).passed


def test_every_night_what_is_too_old_goes_and_what_went_is_told(
    warehouse: Warehouse, warehouse_settings: WarehouseSettings, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    path = write_site(tmp_path, warehouse_settings, "\n[retention]\ncheck_results_days = 30\n")
    warehouse.command(
        "insert into check_results (facility_id, day, suite, expectation) select 'H001', day, 'events', 'rows'"
        " from (select arrayJoin([toDate('2025-01-05'), toDate('2025-01-06'), today()]) as day)"
    )
    done = run(path, instance, dg.AssetSelection.assets(KEPT), day=None)
    [made] = done.get_asset_materialization_events()
    assert made.materialization.metadata["dagster/row_count"].value == 2
    assert warehouse.rows("select count() as n from check_results") == [{"n": 1}]


def only(result: dg.ExecuteInProcessResult) -> dg.AssetCheckEvaluation:
    """The one check of a run, which itself went well."""
    assert result.success
    [found] = result.get_asset_check_evaluations()
    return found
