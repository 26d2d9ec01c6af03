"""What the marts remember: a day, its hours, the usual for that weekday, and the rows and events behind a number.

Reads only. Days are local dates as ISO text, instants UTC milliseconds; `where` picks dimensions by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ingest.calendar import Calendar
from warehouse.client import Warehouse

Row = dict[str, Any]

_VALUES = """
select
    dims, series, hour, n, value, mean, p50, p90, sum_ms, shares, num, den,
    toString(amount_num) as amount_num, toString(amount_den) as amount_den,
    excluded, waiting, completeness, version,
    toUnixTimestamp64Milli(computed_at) as computed_ms, toUnixTimestamp64Milli(as_of) as as_of_ms
from {table:Identifier}
where facility_id = {facility:String} and kpi = {kpi:String} and day = {day:Date} and grain = {grain:String}
    and length(dims) = length({names:Array(String)})
    and arrayAll((name, wanted) -> mapContains(dims, name) and (wanted = '' or dims[name] = wanted),
                 {names:Array(String)}, {wanted:Array(String)})
order by series, hour, arrayMap(name -> dims[name], {names:Array(String)})
"""

_USUAL = """
with
    earlier as (
        select hour, value from kpi_values
        where facility_id = {facility:String} and kpi = {kpi:String} and day in {days:Array(Date)} and series = ''
            and length(dims) = length({names:Array(String)})
            and arrayAll((name, wanted) -> mapContains(dims, name) and dims[name] = wanted,
                         {names:Array(String)}, {wanted:Array(String)})
            and value is not null
    )
select
    hour,
    count() as days,
    quantilesExactInclusive(0.25, 0.5, 0.75)(assumeNotNull(value)) as quartiles
from earlier
group by hour
order by hour
"""

_ROWS = """
select
    stage, series, scope, scope_id, part, dims, excluded, num, distinct, amount, flags, visit_id, patient_id, millis,
    toUnixTimestamp64Milli(at) as at_ms,
    toUnixTimestamp64Milli(started_at) as started_ms,
    toUnixTimestamp64Milli(ended_at) as ended_ms,
    toUnixTimestamp64Milli(open_until) as open_until_ms
from stage_rows
where facility_id = {facility:String} and day = {day:Date} and stage in {stages:Array(String)}
    and ({hour:Int16} < 0 or toHour(at, {zone:String}) = {hour:Int16})
    and arrayAll((name, wanted) -> dims[name] = wanted, {names:Array(String)}, {wanted:Array(String)})
order by series, millis desc nulls last, at, scope_id, part
limit {most:UInt32}
"""

# Whom the events of these ids are about: their own subjects, and of a visit its appointment and its other numbers.
_RELATED = """
select arrayDistinct(arrayConcat(
    groupUniqArray(subject),
    groupUniqArrayArray(if(event_type in ('visit.moved', 'registration.created'), links, []))
)) as ids
from events
where facility_id = {facility:String} and hasAny(links, {ids:Array(String)})
    and (visit_id in ('', {id:String}) or has({ids:Array(String)}, visit_id) or subject = {id:String})
"""

_TIMELINE = """
with
    told as (
        select *, if(has({priority:Array(String)}, source_system),
                     indexOf({priority:Array(String)}, source_system), 100000) as rank
        from events
        where facility_id = {facility:String} and hasAny(links, {ids:Array(String)})
            and has({ids:Array(String)}, subject)
            and (visit_id = '' or has({ids:Array(String)}, visit_id) or subject = {id:String})
    )
select
    event_type, op, subject, source_system, occurred_precision, quality_flags, event_id, revision, body,
    toUnixTimestamp64Milli(occurred_at) as occurred_ms,
    toUnixTimestamp64Milli(recorded_at) as recorded_ms,
    toUnixTimestamp64Milli(ingested_at) as ingested_ms,
    count() over (partition by event_id) as tellings
from told
order by event_id, rank, if(rank = 100000, source_system, ''), revision desc, ingested_at
limit 1 by event_id
"""


def values_of(
    warehouse: Warehouse,
    table: str,
    facility: str,
    kpi: str,
    grain: str,
    day: str,
    where: Mapping[str, str] | None = None,
    by: str | None = None,
) -> list[Row]:
    """The values of a KPI in a table of the long format, of one grain and the day that it begins on."""
    asked = {"table": table, "facility": facility, "kpi": kpi, "grain": grain, "day": day}
    return warehouse.rows(_VALUES, {**_cut(where, by), **asked})


def values_of_day(
    warehouse: Warehouse,
    facility: str,
    kpi: str,
    day: str,
    where: Mapping[str, str] | None = None,
    by: str | None = None,
) -> list[Row]:
    """The values of a KPI on a day: of the hospital, of one cut (`where`), or one row per value of dimension `by`."""
    return values_of(warehouse, "kpi_values", facility, kpi, "day", day, where, by)


def hours_of_day(
    warehouse: Warehouse, facility: str, kpi: str, day: str, where: Mapping[str, str] | None = None
) -> list[Row]:
    """The values of a KPI hour by hour (local hours that have rows)."""
    return values_of(warehouse, "kpi_values", facility, kpi, "hour", day, where)


def usual(
    warehouse: Warehouse,
    facility: str,
    kpi: str,
    day: str,
    where: Mapping[str, str] | None = None,
    weeks: int = 8,
    calendar: Calendar | None = None,
) -> list[Row]:
    """Quartiles of the days like it in the weeks before, by the calendar: of the same weekday, of an ordinary day; of
    a holiday or a make-up day those of its kind. One row an hour, and one (hour None) for the day."""
    days = list((calendar or Calendar()).like(day, weeks))
    return warehouse.rows(_USUAL, {**_cut(where, None), "facility": facility, "kpi": kpi, "days": days})


def rows_behind(
    warehouse: Warehouse,
    facility: str,
    zone: str,
    stages: tuple[str, ...],
    day: str,
    where: Mapping[str, str] | None = None,
    hour: int | None = None,
    most: int = 500,
) -> list[Row]:
    """The stage rows behind a number, longest first: whose (pseudonym), where, when, and why left out."""
    asked = {"stages": list(stages), "day": day, "hour": -1 if hour is None else hour, "zone": zone, "most": most}
    return warehouse.rows(_ROWS, {**_cut(where, None), "facility": facility, **asked})


def timeline(warehouse: Warehouse, facility: str, scope_id: str, priority: tuple[str, ...] = ()) -> list[Row]:
    """All that is known of a visit, ticket, order, bill or prescription, in order of time, and which feed told it.

    A visit's include those of what belongs to it: its tickets, orders, bills, its appointment, its former number.
    One row per event: the telling that counts; `tellings` says how many there were. A retracted event stays, as such.
    """
    asked: Row = {"facility": facility, "id": scope_id, "ids": [scope_id], "priority": list(priority)}
    for _ in range(2):  # a visit's bill, and the ticket that names only the bill
        asked["ids"] = [scope_id, *warehouse.rows(_RELATED, asked)[0]["ids"]]
    rows = warehouse.rows(_TIMELINE, asked)
    return sorted(rows, key=lambda row: (row["occurred_ms"], row["event_type"], row["event_id"]))


def builds(warehouse: Warehouse, facility: str, days: int = 35) -> list[Row]:
    """The builds of the last days, newest first: when each day's marts were computed, and as of when."""
    return warehouse.rows(
        "select day, events, stage_rows, kpi_values, seconds, toUnixTimestamp64Milli(as_of) as as_of_ms,"
        " toUnixTimestamp64Milli(computed_at) as computed_ms from mart_builds"
        " where facility_id = {facility:String} order by day desc, computed_at desc limit {most:UInt32}",
        {"facility": facility, "most": days * 4},
    )


def _cut(where: Mapping[str, str] | None, by: str | None) -> dict[str, list[str]]:
    """A cut as parameters: dimension names and the value wanted of each ('' = any)."""
    wanted = dict(where or {}) | ({by: ""} if by else {})
    return {"names": list(wanted), "wanted": list(wanted.values())}
