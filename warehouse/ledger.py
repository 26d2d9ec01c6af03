"""The ledger: every value that was published, with when, as of when, by which code and definition, of which inputs.

A value is entered when it is new or other than it was entered last, and when it is gone; nothing is ever taken out.
What would be different in values that are final, or frozen, is entered as adjustments, in a book with the same columns.
Beside it are kept the stage rows that a publication restated, and which kinds of tellings had come for them since.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from importlib.metadata import version
from typing import Any

import msgspec

from ingest.settings import Site
from streams.kpis.kpi import Kpi
from warehouse.client import Warehouse
from warehouse.closed_days import Covered
from warehouse.day import window
from warehouse.mart_queries import RELATIONS, kpi_query, measured, query, stages_of, stamp
from warehouse.periods import Period

_SAID = "n, value, mean, p50, p90, sum_ms, shares, num, den, amount_num, amount_den, excluded, waiting, completeness"

_OF_THE_DAY = """facility_id = {facility:String} and day = {day:Date} and has({grains:Array(String)}, grain)
            and (empty({kpis:Array(String)}) or has({kpis:Array(String)}, kpi))"""

# What was entered: in the ledger, and for adjustments in their own book too.
_BOOKS = f"""(
            select *, false as is_own from kpi_ledger where {_OF_THE_DAY}
            union all
            select *, true as is_own from adjustments where {_OF_THE_DAY} and {{book:String}} = 'adjustments'
        )"""

# Values that are new, or other than they were entered last.
_ENTER = f"""
insert into {{book:Identifier}} (
    facility_id, kpi, grain, day, hour, series, dims, published_at, is_gone, version, code, as_of, {_SAID}, place, said
)
with
    now_published as (
        select
            *,
            cityHash64(toString(tuple(kpi, grain, hour, series, mapSort(dims)))) as its_place,
            cityHash64(toString(tuple(version, {_SAID}))) as now_said
        from {{table:Identifier}}
        where {_OF_THE_DAY}
    ),
    entered as (
        select
            place,
            argMax(said, (published_at, is_own)) as last_said,
            argMax(is_gone, (published_at, is_own)) as was_gone
        from {_BOOKS}
        group by place
    )
select
    facility_id, kpi, grain, day, hour, series, dims, {{published_at:DateTime64(3, 'UTC')}}, false, version,
    {{codes:Map(String, String)}}[kpi], as_of, {_SAID}, its_place, now_said
from now_published
left join entered on entered.place = now_published.its_place
where entered.last_said != now_said or entered.was_gone
"""

# Places that had a value, and have none any more.
_ENTER_GONE = f"""
insert into {{book:Identifier}} (
    facility_id, kpi, grain, day, hour, series, dims, published_at, is_gone, version, code, as_of, place
)
with
    now_published as (
        select cityHash64(toString(tuple(kpi, grain, hour, series, mapSort(dims)))) as place
        from {{table:Identifier}}
        where {_OF_THE_DAY}
    ),
    entered as (
        select * from {_BOOKS}
        order by published_at desc, is_own desc
        limit 1 by place
    )
select
    facility_id, kpi, grain, day, hour, series, dims, {{published_at:DateTime64(3, 'UTC')}}, true, version,
    {{codes:Map(String, String)}}[kpi], {{as_of:DateTime64(3, 'UTC')}}, place
from entered
where not is_gone and place not in (select place from now_published)
"""

_PUBLISHED = """
insert into publications
select
    {facility:String}, 'day', {day:Date}, {published_at:DateTime64(3, 'UTC')}, {as_of:DateTime64(3, 'UTC')},
    {release:String}, {codes:Map(String, String)}, count(),
    groupBitXor(cityHash64(event_id, source_system, revision)),
    (
        select max(loaded_at) from events
        where occurred_at >= {first_at:DateTime64(3, 'UTC')} and occurred_at < {last_at:DateTime64(3, 'UTC')}
            and event_key in (select event_key from day_facts where build_day = {day:Date})
    ),
    map()
from day_events
where build_day = {day:Date}
having (
    select count() from publications
    where facility_id = {facility:String} and grain = 'day' and day = {day:Date}
        and published_at >= {built_at:DateTime64(3, 'UTC')}
) = 0
"""


_LAST_MADE_OF = """
select count() as n, argMax(days, published_at) as builds from publications
where facility_id = {facility:String} and grain = {grain:String} and day = {first:Date}
"""


def enter_day(warehouse: Warehouse, site: Site, day: str, as_of_ms: int, published_ms: int, built_ms: int) -> None:
    """Enter the values of a day that has just taken its place, and what they were made of: once for each build."""
    asked = _publication(site.hospital.facility_id, day, as_of_ms, published_ms)
    _enter(warehouse, asked | {"table": "kpi_values", "grains": ["day", "hour"]})
    span = window(site, day)
    ends = {"first_at": stamp(span["first_ms"]), "last_at": stamp(span["last_ms"])}
    warehouse.command(_PUBLISHED, asked | ends | {"built_at": stamp(built_ms)})


def enter_adjustments(
    warehouse: Warehouse, facility: str, day: str, kpis: Sequence[str], as_of_ms: int, published_ms: int
) -> None:
    """Enter what the values of KPIs that are final would be, of a day that has been built and not published yet."""
    if kpis:
        asked = _publication(facility, day, as_of_ms, published_ms) | {"book": "adjustments", "kpis": list(kpis)}
        _enter(warehouse, asked | {"table": "kpi_values_building", "grains": ["day", "hour"]})


def enter_period_adjustments(
    warehouse: Warehouse, facility: str, period: Period, published_ms: int, days: Covered
) -> None:
    """Enter what the values of a frozen period would be, when they have been built."""
    asked = _publication(facility, period.first, days.as_of_ms, published_ms) | {"book": "adjustments"}
    _enter(warehouse, asked | {"table": "period_values_building", "grains": [period.grain]})
    _write_down(warehouse, period, asked, days)


def enter_period(warehouse: Warehouse, facility: str, period: Period, published_ms: int, days: Covered) -> None:
    """Enter the values of a period that has just taken its place, and which builds of which days they were made of."""
    asked = _publication(facility, period.first, days.as_of_ms, published_ms)
    _enter(warehouse, asked | {"table": "period_values", "grains": [period.grain]})
    _write_down(warehouse, period, asked, days)


def _write_down(warehouse: Warehouse, period: Period, asked: dict[str, Any], days: Covered) -> None:
    """Which builds of which days a period was made of; once, also when it was interrupted and made of them again."""
    builds = {built.day: stamp(built.built_ms) for built in days.days}
    [last] = warehouse.rows(_LAST_MADE_OF, asked | {"grain": period.grain, "first": period.first})
    if last["n"] and {str(day): stamp(_ms(at)) for day, at in last["builds"].items()} == builds:
        return
    row = {
        "facility_id": asked["facility"],
        "grain": period.grain,
        "day": period.first,
        "published_at": asked["published_at"],
        "as_of": asked["as_of"],
        "release": asked["release"],
        "codes": asked["codes"],
        "days": builds,
    }
    warehouse.insert_json("publications", msgspec.json.encode(row))


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def code_of(kpi: Kpi) -> str:
    """Which code makes a KPI's values, as a hash of all its SQL."""
    steps: Sequence[str] = (*RELATIONS, *stages_of(kpi), "stage_rows")
    text = "\n".join([*(query(step) for step in steps), kpi_query(kpi)])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _enter(warehouse: Warehouse, asked: dict[str, Any]) -> None:
    for statement in (_ENTER, _ENTER_GONE):
        warehouse.command(statement, asked)


def _publication(facility: str, day: str, as_of_ms: int, published_ms: int) -> dict[str, Any]:
    return {
        "facility": facility,
        "day": day,
        "as_of": stamp(as_of_ms),
        "published_at": stamp(published_ms),
        "book": "kpi_ledger",
        "kpis": [],
        "release": version("his-pulse"),
        "codes": {kpi.code: code_of(kpi) for kpi in measured()},
    }
