"""How long the warehouse keeps what it was told: whole partitions that are older are deleted, table by table.

Values, the ledger, adjustments and frozen periods are kept for ever: they name nobody. A day whose events are gone
cannot be built again, and is refused before its good marts would be replaced by empty ones.
"""

from __future__ import annotations

from datetime import date, timedelta

import msgspec

from ingest.errors import Misconfigured
from warehouse.client import Warehouse


class RetentionSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Section [retention]: for how many days what is kept; 0 = for ever. Events go by whole months."""

    events_days: int = 0  # what was told, in every revision: needed to build a day (again)
    stage_rows_days: int = 0  # the rows behind the numbers, and restated ones
    check_results_days: int = 0


class Deleted(msgspec.Struct, frozen=True):
    """A partition that is deleted, or would be: of which table, how many rows."""

    table: str
    partition: str
    rows: int


# A partition goes when the last day that it may hold is too old.
_PARTITIONS = """
select partition, partition_id, sum(rows) as n from system.parts
where database = {database:String} and table = {table:String} and active
group by partition, partition_id
order by partition
"""
_KEPT_FROM = "select max(kept_from) as first from retained where name = {table:String}"


def too_old(warehouse: Warehouse, settings: RetentionSettings, today: str) -> list[Deleted]:
    """What is kept for longer than the site says, partition by partition."""
    return [
        Deleted(table, row["partition_id"], row["n"])
        for table, days in _limits(settings).items()
        for row in warehouse.rows(_PARTITIONS, {"database": warehouse.database, "table": table})
        if _last_day(row["partition"]) < _first_kept(today, days)
    ]


def delete(warehouse: Warehouse, settings: RetentionSettings, today: str) -> list[Deleted]:
    """Delete what is too old, and write down from when on each table has its rows; what was deleted."""
    gone = too_old(warehouse, settings, today)
    for table in dict.fromkeys(each.table for each in gone):
        kept_from = _first_kept(today, _limits(settings)[table]).isoformat()
        warehouse.insert("retained", ("name", "kept_from"), [(table, date.fromisoformat(kept_from))])
    for each in gone:
        warehouse.command(f"alter table {each.table} drop partition id {{id:String}}", {"id": each.partition})
    return gone


def refuse_forgotten(warehouse: Warehouse, day: str, first_needed: date) -> None:
    """Raises Misconfigured when events that a day is built of were deleted."""
    kept_from = warehouse.rows(_KEPT_FROM, {"table": "events"})[0]["first"]
    if first_needed < kept_from:
        raise Misconfigured(
            f"{day} cannot be built again: events before {kept_from} were deleted ([retention] events_days); "
            "what was published of it stands."
        )


def _limits(settings: RetentionSettings) -> dict[str, int]:
    limits = {
        "events": settings.events_days,
        "stage_rows": settings.stage_rows_days,
        "check_results": settings.check_results_days,
    }
    return {table: days for table, days in limits.items() if days > 0}


def _first_kept(today: str, days: int) -> date:
    return date.fromisoformat(today) - timedelta(days=days)


def _last_day(partition: str) -> date:
    """Of a month's partition (202503) the month's last day, of a day's ('H001','2025-03-03') that day."""
    if partition.isdigit():
        following = int(partition[:4]) * 12 + int(partition[4:])
        return date(following // 12, following % 12 + 1, 1) - timedelta(days=1)
    return date.fromisoformat(partition.rstrip(")").rpartition(",")[2].strip(" '"))
