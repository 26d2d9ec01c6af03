"""What reports are made of: a day's or a period's figures, what they were before, and what was found of them.

Reads only. Days are local dates as ISO text, instants UTC milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from streams.parts import PARTS
from streams.passing import Part, Passing
from warehouse.client import Warehouse
from warehouse.history import Row
from warehouse.periods import GRAINS

TABLES: dict[str, str] = {"day": "kpi_values", **{str(grain): "period_values" for grain in GRAINS}}

_FIGURES = """
select
    kpi, series, dims, n, value, mean, p50, p90, shares, num, den, excluded, waiting, completeness, version,
    toUnixTimestamp64Milli(computed_at) as computed_ms, toUnixTimestamp64Milli(as_of) as as_of_ms
from {table:Identifier}
where facility_id = {facility:String} and grain = {grain:String} and day = {day:Date}
    and (empty(dims) or (length(dims) = 1 and hasAny(mapKeys(dims), {parts:Array(String)})))
order by kpi, series, mapKeys(dims), mapValues(dims)
"""

_HISTORY = """
select kpi, series, toString(day) as on_day, dims[{part:String}] as of, n, value, p90
from {table:Identifier}
where facility_id = {facility:String} and grain = {grain:String} and day in {days:Array(Date)}
    and if({part:String} = '', empty(dims), length(dims) = 1 and mapContains(dims, {part:String}))
    and (empty({kpis:Array(String)}) or has({kpis:Array(String)}, kpi)) and value is not null
order by kpi, series, of, day
"""

_HOURS = """
select kpi, hour, n, value from kpi_values
where facility_id = {facility:String} and grain = 'hour' and day = {day:Date} and empty(dims) and series = ''
    and has({kpis:Array(String)}, kpi)
order by kpi, hour
"""

# Values of the whole hospital that were published more than once, and not as the same.
_RESTATED = """
select
    kpi, series, argMin(value, published_at) as first_value, count() as publications,
    toUnixTimestamp64Milli(max(published_at)) as published_ms
from kpi_ledger
where facility_id = {facility:String} and grain = {grain:String} and day = {day:Date} and hour is null and empty(dims)
group by kpi, series
having publications > 1 and argMin(value, published_at) is distinct from argMax(value, published_at)
order by kpi, series
"""

# Days of which something was restated: how many KPIs of the whole hospital, and because of what.
_RESTATED_DAYS = """
with
    changed as (
        select day, uniqExact(kpi) as figures
        from (
            select day, kpi, series from kpi_ledger
            where facility_id = {facility:String} and grain = 'day' and day >= {first:Date} and day <= {last:Date}
                and hour is null and empty(dims)
            group by day, kpi, series
            having count() > 1 and argMin(value, published_at) is distinct from argMax(value, published_at)
        )
        group by day
    ),
    because as (
        select day, arraySort(groupUniqArrayArray(causes)) as causes from restated_rows
        where facility_id = {facility:String} and day >= {first:Date} and day <= {last:Date}
        group by day
    )
select toString(changed.day) as on_day, figures, causes
from changed left join because on because.day = changed.day
order by on_day
"""

_RECONCILED = """
select
    feed, view,
    sum(told_by_his) as rows,
    sum(ifNull(toInt64(held_here), taken)) as held,
    sum(difference) as difference,
    sumMap(why) as why
from mart_reconciliation
where facility_id = {facility:String} and day = {day:Date}
group by feed, view
order by feed, view
"""


def reconciled(warehouse: Warehouse, facility: str, day: str) -> list[Row]:
    """A day as the HIS counts it, and what is held here, by feed and view."""
    return warehouse.rows(_RECONCILED, {"facility": facility, "day": day})


def figures(warehouse: Warehouse, facility: str, grain: str, day: str, parts: Sequence[str]) -> list[Row]:
    """Every value of a day, or of the period that begins on it: of the hospital, and of each part by one dimension."""
    asked = {"table": TABLES[grain], "facility": facility, "grain": grain, "day": day, "parts": list(parts)}
    return warehouse.rows(_FIGURES, asked)


def history(
    warehouse: Warehouse, facility: str, grain: str, days: Sequence[str], part: str = "", kpis: Sequence[str] = ()
) -> list[Row]:
    """The values of these days or periods (by their first day), oldest first: of the hospital, or by a dimension."""
    if not days:
        return []
    asked: dict[str, Any] = {"table": TABLES[grain], "facility": facility, "grain": grain, "days": list(days)}
    return warehouse.rows(_HISTORY, asked | {"part": part, "kpis": list(kpis)})


def hours(warehouse: Warehouse, facility: str, day: str, kpis: Sequence[str]) -> list[Row]:
    """The values of a day's hours of the whole hospital."""
    return warehouse.rows(_HOURS, {"facility": facility, "day": day, "kpis": list(kpis)})


_TIME_GOES = """
select dept, part, visits, p90_min, minutes, slowest_minutes from mart_time_goes
where facility_id = {facility:String} and day = {day:Date}
order by dept
"""


def time_goes(warehouse: Warehouse, facility: str, day: str) -> dict[str, Passing]:
    """Where the outpatients' time of a day went, by department; "" is the whole hospital."""
    found: dict[str, list[Row]] = {}
    for row in warehouse.rows(_TIME_GOES, {"facility": facility, "day": day}):
        found.setdefault(row["dept"], []).append(row)
    return {dept: _passing(rows) for dept, rows in found.items()}


def _passing(rows: Sequence[Row]) -> Passing:
    by_part = {row["part"]: row for row in rows}
    parts = tuple(
        Part(part=part, millis=_ms(by_part[part]["minutes"]), slowest_millis=_ms(by_part[part]["slowest_minutes"]))
        for part in PARTS
        if part in by_part
    )
    return Passing(
        visits=rows[0]["visits"],
        millis=sum(part.millis for part in parts),
        slowest_millis=sum(part.slowest_millis for part in parts),
        p90_s=rows[0]["p90_min"] * 60,
        parts=parts,
    )


def _ms(minutes: float) -> int:
    return round(minutes * 60_000)


def restated(warehouse: Warehouse, facility: str, grain: str, day: str) -> list[Row]:
    """The hospital's values of a day or period that are other than they were published at first."""
    return warehouse.rows(_RESTATED, {"facility": facility, "grain": grain, "day": day})


def restated_days(warehouse: Warehouse, facility: str, first: str, last: str) -> list[Row]:
    """The days of a stretch whose figures were restated after they were published."""
    return warehouse.rows(_RESTATED_DAYS, {"facility": facility, "first": first, "last": last})
