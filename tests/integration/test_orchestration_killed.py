"""A day whose run is killed in the middle ends as the day that nobody disturbed: every table, row by row.

One run is killed where it hurts most, between the two tables that take the day's place, and the steps that are left
are run, as Dagster does. With HISPULSE_NIGHTLY=1 runs are killed in every step, one after the other, and then one is
launched anew.
"""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg
import pytest

from ingest.clock import ClockMap, write_clock
from orchestration.orphans import PROCESS, end_orphans, this_process
from tests import worked_example
from tests.integration.closing import DAY, write_site
from tests.integration.launches import Launcher, Place
from tests.services_warehouse import EmbeddedProcess
from tests.timeline import at
from warehouse.client import Warehouse, WarehouseSettings, connect
from warehouse.rows import store

pytestmark = [pytest.mark.services, pytest.mark.timeout(3600)]

NOBODY = '\n[bus]\nbootstrap = "127.0.0.1:1"\n'
IN_BETWEEN = Place("published", "alter table kpi_values replace partition")
EVERYWHERE = (
    Place("heard"),
    Place("stage_rows", "insert into", 3),
    Place("stage_rows", "insert into stage_rows_building"),
    Place("events"),
    Place("journeys"),
    Place("kpi_values", "insert into kpi_values_building", 1),
    Place("kpi_values", "insert into kpi_values_building", 9),
    Place("kpi_checks"),
    Place("published", "alter table stage_rows replace partition"),
    IN_BETWEEN,
    Place("published", "insert into {book:Identifier}", 2),
    Place("published", "mart_builds"),
    Place("published", "alter table kpi_values_building drop"),
    Place("periods", "insert into period_values_building", 3),
    Place("periods", "period_builds", 2),
)
# What says when something was done, or by which run, is of no account.
_INSTANTS = (
    "computed_at", "published_at", "seconds", "filled_at", "run_id", "made_of", "days", "loaded_at", "heard_until",
)  # fmt: skip
_TABLES = """
select name from system.tables where database = {database:String} and engine like '%MergeTree'
    and name not in ('migrations', 'source_priority')  -- made with the database, each at its own time
order by name
"""
_COLUMNS = "select name from system.columns where database = {database:String} and table = {table:String}"
_TWICE = ("mart_builds", "publications", "period_builds", "check_results")  # a day built twice has two such rows


def checksums(warehouse: Warehouse) -> dict[str, int]:
    """Every table's rows as one number, instants of work left out."""
    return {row["name"]: _checksum(warehouse, row["name"]) for row in warehouse.rows(_TABLES, _of(warehouse))}


def _checksum(warehouse: Warehouse, table: str) -> int:
    columns = [row["name"] for row in warehouse.rows(_COLUMNS, _of(warehouse) | {"table": table})]
    left_out = (*_INSTANTS, "at") if table == "check_results" else _INSTANTS
    said = ", ".join(f"toString(`{name}`)" for name in columns if name not in left_out)
    distinct = "distinct" if table in _TWICE else ""
    all_rows = f"select {distinct} tuple({said}) as said from {table}"
    rows = warehouse.rows(f"select sum(cityHash64(said)) as n from ({all_rows})")
    return int(rows[0]["n"])


def _of(warehouse: Warehouse) -> dict[str, str]:
    return {"database": warehouse.database}


def told(settings: WarehouseSettings, folder: Path) -> tuple[Warehouse, Launcher]:
    """A warehouse that has heard the worked example, and runs over it at half past six of the next morning."""
    folder.mkdir()
    warehouse, clock = connect(settings), folder / "clock.json"
    store(warehouse, worked_example.events())
    write_clock(clock, ClockMap(0, at("30:30"), 0.0))
    return warehouse, Launcher(write_site(folder, settings, NOBODY), folder / "home", clock, DAY)


def test_a_day_whose_runs_were_killed_is_as_one_that_nobody_disturbed(
    embedded: EmbeddedProcess, tmp_path: Path
) -> None:
    is_nightly = "HISPULSE_NIGHTLY" in os.environ
    with embedded.lent() as one, embedded.lent() as other:
        disturbed, runs = told(one, tmp_path / "disturbed")
        undisturbed, quiet = told(other, tmp_path / "undisturbed")
        assert quiet.close() == 0, (tmp_path / "undisturbed" / "home" / "log").read_text("utf-8")
        wanted = checksums(undisturbed)
        for place in EVERYWHERE if is_nightly else (IN_BETWEEN,):
            assert runs.close(killed_at=place) == -9, place
        assert disturbed.rows("show tables like 'working_%'") == [] or is_nightly
        assert runs.close(left=() if is_nightly else ("published", "periods")) == 0
        assert checksums(disturbed) == wanted
        disturbed.close()
        undisturbed.close()


def test_a_run_whose_process_is_gone_is_found_and_one_that_works_is_left_alone() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        alive = this_process()
        host, number, _ = alive[PROCESS].split(" ")
        dead = {PROCESS: f"{host} {number} 1"}  # the number was given to another process since
        elsewhere = {PROCESS: f"another-{host} {number} 1"}
        runs = [
            instance.create_run_for_job(job, tags=tags, status=dg.DagsterRunStatus.STARTED)
            for job in [_NOTHING]
            for tags in (alive, dead, elsewhere, {})
        ]
        assert end_orphans(instance) == [runs[1].run_id]
        assert end_orphans(instance, watched_too=True) == [runs[3].run_id]
        states = [instance.get_run_by_id(run.run_id) for run in runs]
        assert [run.status.value for run in states if run] == ["STARTED", "FAILURE", "STARTED", "FAILURE"]


@dg.job
def _NOTHING() -> None:
    """A job without steps."""
