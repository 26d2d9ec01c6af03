"""Every night, what is older than the site keeps is deleted, and what was deleted is told.

Jobs that are not resolved yet have no public type in Dagster, hence Any.
"""

from collections.abc import Sequence
from typing import Any

import dagster as dg

from ingest.clock import load_clock
from orchestration.about import about, counted
from orchestration.assets import POOL
from orchestration.days import local_now
from orchestration.plots import bars_plot
from orchestration.resources import Hospital
from warehouse.retention import Deleted, RetentionSettings, delete

KEPT = dg.AssetKey(["warehouse", "kept"])


def retention_asset() -> dg.AssetsDefinition:
    """What the warehouse keeps, after what is too old has gone."""

    @dg.asset(
        key=KEPT, group_name="warehouse", kinds={"clickhouse"}, pool=POOL, owners=["team:it"],
        metadata=about("one row per deleted partition of a table", "warehouse/retention.py"),
        description="按保留期删除 · What is older than [retention] says is deleted; published values never are.",
    )  # fmt: skip
    def kept(hospital: Hospital) -> dg.MaterializeResult[None]:
        today = local_now(hospital.site, load_clock()).date().isoformat()
        gone = delete(hospital.warehouse, hospital.site.section("retention", RetentionSettings), today)
        rows = counted(sum(each.rows for each in gone))
        return dg.MaterializeResult(metadata=rows | (_told(gone) if gone else {}))

    return kept


def _told(gone: Sequence[Deleted]) -> dict[str, Any]:
    by_table: dict[str, float | None] = {}
    for each in gone:
        by_table[each.table] = (by_table.get(each.table) or 0) + each.rows
    table = [dg.TableRecord({"table": g.table, "partition": g.partition, "rows": g.rows}) for g in gone]
    return {"deleted": dg.MetadataValue.table(table), "by table": bars_plot("rows deleted", by_table)}


def retention_job() -> Any:
    """The job that deletes what is too old."""
    return dg.define_asset_job("forget_what_is_too_old", selection=dg.AssetSelection.assets(KEPT))


def retention_schedule(job: Any, zone: str) -> dg.ScheduleDefinition:
    """Every night at four, hospital time: before the day is closed."""
    return dg.ScheduleDefinition(
        name="forget_every_night", job=job, cron_schedule="0 4 * * *", execution_timezone=zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )  # fmt: skip
