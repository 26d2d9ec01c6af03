"""The rows of days that are over, as rules look at them in hindsight. Reads only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from streams.alerts.hindsight import Told
from streams.alerts.rule import Rule
from streams.kpis import catalogue
from streams.stages.stage import StageRow
from warehouse.client import Warehouse

_ROWS = """
select
    stage, series, scope_id, part, dims, excluded, num, distinct, amount, millis,
    toUnixTimestamp64Milli(at) as at_ms,
    toUnixTimestamp64Milli(started_at) as started_ms,
    toUnixTimestamp64Milli(ended_at) as ended_ms,
    toUnixTimestamp64Milli(open_until) as open_until_ms
from stage_rows
where facility_id = {facility:String} and day = {day:Date} and stage in {stages:Array(String)}
order by at, stage, series, scope_id, part
"""
_DAYS = """
select distinct toString(day) as day from mart_builds
where facility_id = {facility:String} and mart_builds.day >= {first:Date} and mart_builds.day <= {last:Date}
order by day
"""


def days_built(warehouse: Warehouse, facility: str, first: str, last: str) -> list[str]:
    """The days of a stretch that have marts."""
    asked = {"facility": facility, "first": first, "last": last}
    return [row["day"] for row in warehouse.rows(_DAYS, asked)]


def rows_of(warehouse: Warehouse, facility: str, day: str, rules: Iterable[Rule]) -> list[Told]:
    """A day's rows of all stages that rules look at."""
    stages = sorted({stage for rule in rules if rule.kpi for stage in catalogue()[rule.kpi].over})
    found = warehouse.rows(_ROWS, {"facility": facility, "day": day, "stages": stages})
    return [Told(_row(row, day), row["dims"]) for row in found]


def _row(row: dict[str, Any], day: str) -> StageRow:
    return StageRow(
        stage=row["stage"], scope_id=row["scope_id"], part=row["part"], series=row["series"], day=day, at=row["at_ms"],
        started_at=row["started_ms"], ended_at=row["ended_ms"], millis=row["millis"], open_until=row["open_until_ms"],
        excluded=row["excluded"], num=row["num"], distinct=row["distinct"], amount=row["amount"],
    )  # fmt: skip
