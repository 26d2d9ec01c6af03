"""The job that closes a day, run as Dagster runs it, on a test's own warehouse and bus."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dagster as dg

from ingest.settings import load_site
from orchestration.assets import PUBLISHED, ROWS
from orchestration.definitions import definitions
from orchestration.heard import HEARD
from warehouse.client import WarehouseSettings

DAY = "2025-03-03"


def write_site(folder: Path, warehouse: WarehouseSettings, more: str = "") -> Path:
    """The demo site, with a test's own warehouse and whatever else it says."""
    told = (
        f'\n[warehouse]\nport = {warehouse.port}\ndatabase = "{warehouse.database}"\n'
        f'password_file = "{warehouse.password_file}"\n'
    )
    path = folder / "site.toml"
    path.write_text(Path("infra/sites/demo.toml").read_text("utf-8") + told + more, "utf-8")
    return path


def close(
    site_file: Path, instance: dg.DagsterInstance, wait_min: float = 0.0, anyway: bool = False, kpis: bool = True
) -> dg.ExecuteInProcessResult:
    """Run the job that closes a day, as the schedule does, from the site's own definitions; with or without KPIs."""
    job = definitions(load_site(str(site_file))).resolve_job_def("close_day")
    patience = {"wait_min": wait_min, "close_anyway": anyway}
    return job.execute_in_process(
        partition_key=DAY, instance=instance, raise_on_error=False,
        asset_selection=None if kpis else [HEARD, ROWS, PUBLISHED],
        run_config={"ops": {"day__heard": {"config": patience}}},
    )  # fmt: skip


def why_not_closed(result: dg.ExecuteInProcessResult) -> str:
    """The sentence with which the day was not closed."""
    said: Any = result.failure_data_for_node("day__heard")
    return str(said.user_failure_data.description)
