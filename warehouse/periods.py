"""A KPI over a period: worked out anew from the stage rows of its days.

Days' percentiles have no percentile, so a period is never made of its days' values.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from streams.kpis.aggregate import Value, aggregate
from streams.kpis.kpi import Kpi, Quality
from streams.stages import stages
from streams.stages.stage import StageRow
from warehouse.client import Warehouse

_BUILT = """
select count(distinct day) as days, toString(min(day)) as first, toString(max(day)) as last,
       toUnixTimestamp64Milli(max(as_of)) as as_of_ms
from mart_builds
where facility_id = {facility:String} and day >= {first:Date} and day <= {last:Date}
"""

_ROWS = """
select
    toString(stage) as stage, scope_id, part, toString(series) as series, toString(day) as day,
    toUnixTimestamp64Milli(at) as at,
    toUnixTimestamp64Milli(started_at) as started_at,
    toUnixTimestamp64Milli(ended_at) as ended_at,
    millis,
    toUnixTimestamp64Milli(open_until) as open_until,
    toString(excluded) as excluded, num, distinct, amount, amount_num, dims
from stage_rows
where facility_id = {facility:String} and stage_rows.day >= {first:Date} and stage_rows.day <= {last:Date}
    and stage_rows.stage in {stages:Array(String)}
"""

EARLIEST, LATEST = "1970-01-02", "2148-12-31"  # within what a Date of ClickHouse holds


class Built(msgspec.Struct, frozen=True, kw_only=True):
    """Which days of a period have marts."""

    days: int
    first: str
    last: str
    as_of_ms: int


class NotOfRows(Exception):
    """The KPI is a measure of the feeds, not of stage rows: a period cannot be worked out from those."""


def built(warehouse: Warehouse, facility: str, first: str = EARLIEST, last: str = LATEST) -> Built | None:
    """The days of a period that have marts; None when none has."""
    found = warehouse.rows(_BUILT, {"facility": facility, "first": first, "last": last})[0]
    return Built(**found) if found["days"] else None


def period_values(
    warehouse: Warehouse, facility: str, kpi: Kpi, first: str, last: str, as_of_ms: int, by: str | None
) -> list[Value]:
    """The values over all rows of a period. Raises NotOfRows."""
    if isinstance(kpi, Quality) and kpi.gauge not in ("completeness", "negative"):
        raise NotOfRows(kpi.code)
    wanted = [code for code, stage in stages().items() if stage.kind == "interval"] if kpi.stage == "*" else kpi.over
    found = warehouse.rows(_ROWS, {"facility": facility, "first": first, "last": last, "stages": list(wanted)})
    return aggregate(kpi, _stage_rows(found), as_of_ms, by=[by] if by else ())


def _stage_rows(found: Iterable[dict[str, Any]]) -> list[StageRow]:
    return [
        StageRow(**{**row, "dims": tuple(row["dims"].get(name, "?") for name in stages()[row["stage"]].dims)})
        for row in found
    ]
