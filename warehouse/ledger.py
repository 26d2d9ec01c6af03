"""The ledger: every value that was published, with when, as of when, by which code and definition, of which inputs.

A value is entered when it is new or other than it was entered last, and when it is gone; nothing is ever taken out.
Beside it are kept the stage rows that a publication restated, and which kinds of tellings had come for them since.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
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

# Values that are new, or other than they were entered last.
_ENTER = f"""
insert into kpi_ledger (
    facility_id, kpi, grain, day, hour, series, dims, published_at, is_gone, version, code, as_of, {_SAID}, place, said
)
with
    now_published as (
        select
            *,
            cityHash64(toString(tuple(kpi, grain, hour, series, mapSort(dims)))) as its_place,
            cityHash64(toString(tuple(version, {_SAID}))) as now_said
        from {{table:Identifier}}
        where facility_id = {{facility:String}} and day = {{day:Date}} and has({{grains:Array(String)}}, grain)
    ),
    entered as (
        select place, argMax(said, published_at) as last_said, argMax(is_gone, published_at) as was_gone
        from kpi_ledger
        where facility_id = {{facility:String}} and day = {{day:Date}} and has({{grains:Array(String)}}, grain)
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
_ENTER_GONE = """
insert into kpi_ledger (
    facility_id, kpi, grain, day, hour, series, dims, published_at, is_gone, version, code, as_of, place
)
with
    now_published as (
        select cityHash64(toString(tuple(kpi, grain, hour, series, mapSort(dims)))) as place
        from {table:Identifier}
        where facility_id = {facility:String} and day = {day:Date} and has({grains:Array(String)}, grain)
    ),
    entered as (
        select * from kpi_ledger
        where facility_id = {facility:String} and day = {day:Date} and has({grains:Array(String)}, grain)
        order by published_at desc
        limit 1 by place
    )
select
    facility_id, kpi, grain, day, hour, series, dims, {published_at:DateTime64(3, 'UTC')}, true, version,
    {codes:Map(String, String)}[kpi], {as_of:DateTime64(3, 'UTC')}, place
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
        select max(ingested_at) from events
        where occurred_at >= {first_at:DateTime64(3, 'UTC')} and occurred_at < {last_at:DateTime64(3, 'UTC')}
            and event_key in (select event_key from day_facts where build_day = {day:Date})
    ),
    map()
from day_events
where build_day = {day:Date}
"""


def enter_day(warehouse: Warehouse, site: Site, day: str, as_of_ms: int, published_ms: int) -> None:
    """Enter the values of a day that has just taken its place, and what they were made of."""
    asked = _publication(site.hospital.facility_id, day, as_of_ms, published_ms)
    _enter(warehouse, asked | {"table": "kpi_values", "grains": ["day", "hour"]})
    span = window(site, day)
    ends = {"first_at": stamp(span["first_ms"]), "last_at": stamp(span["last_ms"])}
    warehouse.command(_PUBLISHED, asked | ends)


def enter_period(warehouse: Warehouse, facility: str, period: Period, published_ms: int, days: Covered) -> None:
    """Enter the values of a period that has just taken its place, and which builds of which days they were made of."""
    asked = _publication(facility, period.first, days.as_of_ms, published_ms)
    _enter(warehouse, asked | {"table": "period_values", "grains": [period.grain]})
    row = {
        "facility_id": facility,
        "grain": period.grain,
        "day": period.first,
        "published_at": asked["published_at"],
        "as_of": asked["as_of"],
        "release": asked["release"],
        "codes": asked["codes"],
        "days": {built.day: stamp(built.built_ms) for built in days.days},
    }
    warehouse.insert_json("publications", msgspec.json.encode(row))


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
        "release": version("his-pulse"),
        "codes": {kpi.code: code_of(kpi) for kpi in measured()},
    }
