"""Events in, stage rows out, on the real engine: what the tests of the marts share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from ingest.events.envelope import Event
from ingest.settings import Site
from streams.kpis.kpi import Kpi
from streams.stages import stages
from streams.stages.stage import StageRow
from warehouse.client import Warehouse
from warehouse.marts import build_day
from warehouse.rows import store


def build(
    warehouse: Warehouse, site: Site, events: Iterable[Event], day: str, as_of_ms: int,
    kpis: Sequence[Kpi] | None = None,
) -> list[StageRow]:  # fmt: skip
    """The stage rows of a day, made by SQL from nothing but these events, and the values of all KPIs, or of some."""
    warehouse.command("truncate table events")
    store(warehouse, events)
    build_day(warehouse, site, day, as_of_ms, kpis=kpis)
    return rows_of_day(warehouse, day)


def rows_of_day(warehouse: Warehouse, day: str) -> list[StageRow]:
    """The day's rows as they stand in the mart, in the fold's own shape and order."""
    found = warehouse.rows("select * from stage_rows where day = {day:Date}", {"day": day})
    rows = [
        StageRow(
            stage=row["stage"],
            scope_id=row["scope_id"],
            part=row["part"],
            series=row["series"],
            day=row["day"].isoformat(),
            at=_ms(row["at"]),
            started_at=_ms_or_none(row["started_at"]),
            ended_at=_ms_or_none(row["ended_at"]),
            millis=row["millis"],
            open_until=_ms_or_none(row["open_until"]),
            excluded=row["excluded"],
            num=row["num"],
            distinct=row["distinct"],
            amount=row["amount"],
            dims=tuple(row["dims"][name] for name in stages()[row["stage"]].dims),
            flags=tuple(row["flags"]),
            amount_num=row["amount_num"],
        )
        for row in found
    ]
    return sorted(rows, key=lambda row: (row.stage, row.scope_id, row.part, row.series))


def _ms(instant: datetime) -> int:
    return round(instant.timestamp() * 1000)


def _ms_or_none(instant: datetime | None) -> int | None:
    return None if instant is None else _ms(instant)
