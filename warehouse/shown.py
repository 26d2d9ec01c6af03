"""What the board reads beside the history: checks that failed, and the stages of one visit. Reads only."""

from __future__ import annotations

from warehouse.client import Warehouse
from warehouse.history import Row

_FAILED = """
with
    newest as (
        select day, suite, expectation, kpi, argMax(severity, at) as severity, argMax(passed, at) as passed,
               argMax(observed, at) as observed
        from check_results
        where facility_id = {facility:String} and day >= {day:Date} - 7
        group by day, suite, expectation, kpi
    )
select toString(day) as day, suite, expectation, kpi, severity, observed
from newest
where not passed and severity != 'note' and day = (select max(day) from newest)
order by severity desc, kpi, suite, expectation
limit 50
"""

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


def failed_checks(warehouse: Warehouse, facility: str, day: str) -> list[Row]:
    """The checks of the latest checked day (within a week before `day`) whose newest run did not pass."""
    return warehouse.rows(_FAILED, {"facility": facility, "day": day})


def stages_of(warehouse: Warehouse, facility: str, day: str, scope_id: str) -> list[Row]:
    """The stages that a visit, ticket, order, bill or prescription went through on a day, in order of time."""
    return warehouse.rows(_STAGES, {"facility": facility, "day": day, "id": scope_id})


def built_as_of(warehouse: Warehouse, facility: str, day: str) -> int | None:
    """As of when a day's marts were last built; None when they never were."""
    found = warehouse.rows(_BUILT, {"facility": facility, "day": day})
    return found[0]["as_of_ms"] if found and found[0]["n"] else None
