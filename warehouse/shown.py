"""What the board reads beside the history: the stages of one visit, and as of when a day was built. Reads only."""

from __future__ import annotations

from warehouse.client import Warehouse
from warehouse.history import Row

_STAGES = """
select
    stage, series, part, excluded,
    toUnixTimestamp64Milli(started_at) as started_ms,
    toUnixTimestamp64Milli(ended_at) as ended_ms,
    millis
from stage_rows
where facility_id = {facility:String} and day = {day:Date} and (scope_id = {id:String} or visit_id = {id:String})
    and started_at is not null
order by started_at, ended_at, stage, part
limit 200
"""

_BUILT = """
select toUnixTimestamp64Milli(max(as_of)) as as_of_ms, count() as n
from mart_builds
where facility_id = {facility:String} and day = {day:Date}
"""


def stages_of(warehouse: Warehouse, facility: str, day: str, scope_id: str) -> list[Row]:
    """The stages that a visit, ticket, order, bill or prescription went through on a day, in order of time."""
    return warehouse.rows(_STAGES, {"facility": facility, "day": day, "id": scope_id})


def built_as_of(warehouse: Warehouse, facility: str, day: str) -> int | None:
    """As of when a day's marts were last built; None when they never were."""
    found = warehouse.rows(_BUILT, {"facility": facility, "day": day})
    return found[0]["as_of_ms"] if found and found[0]["n"] else None
