"""Which stage rows a day's publication restates, and which kinds of tellings came for them since the one before.

A telling is late (nobody had told the fact), corrected (told otherwise), retracted, merged (patients or visits were
joined), or mapped anew (a message that was known already, under a mended mapping: the revision's version is that of the
message). What was known is what lay in the warehouse, not what had come to the feeds.
"""

from __future__ import annotations

from ingest.settings import Site
from warehouse.client import Warehouse
from warehouse.day import window
from warehouse.mart_queries import stamp

# A row as text: all that is told of it.
_ROW = """toString(tuple(
    at, started_at, ended_at, millis, open_until, excluded, num, distinct, amount, amount_num, mapSort(dims)
))"""

_RESTATED = f"""
insert into restated_rows
with
    both as (
        select stage, series, scope_id, part, dims, {_ROW} as said, false as is_new from stage_rows
        where facility_id = {{facility:String}} and day = {{day:Date}}
        union all
        select stage, series, scope_id, part, dims, {_ROW} as said, true as is_new from stage_rows_building
        where facility_id = {{facility:String}} and day = {{day:Date}}
    ),
    restated as (
        select
            stage, series, scope_id, part,
            argMax(dims, is_new) as dims,
            arrayStringConcat(arraySort(groupArrayIf(said, not is_new)), ' ') as was,
            arrayStringConcat(arraySort(groupArrayIf(said, is_new)), ' ') as becomes
        from both
        group by stage, series, scope_id, part
        having was != becomes
    ),
    noted as (  -- what stays because it is final differs at every build, and is noted once
        select stage, series, scope_id, part, argMax(becomes, published_at) as last_noted, count() as n_noted
        from restated_rows
        where facility_id = {{facility:String}} and day = {{day:Date}}
        group by stage, series, scope_id, part
    ),
    in_reach as (
        select event_id, event_type, op, links, source_system, source_msg_id, splitByChar('-', revision) as parts,
            toUInt32OrZero(parts[-2]) as mapping,
            arrayStringConcat(arraySlice(parts, 1, -2), '-') as version,
            loaded_at > {{heard_before:DateTime64(3, 'UTC')}} as is_new
        from events
        where occurred_at >= {{first_at:DateTime64(3, 'UTC')}} and occurred_at < {{last_at:DateTime64(3, 'UTC')}}
            and event_key in (select event_key from day_facts where build_day = {{day:Date}})
    ),
    known as (
        select event_id, max(mapping) as known_mapping, groupUniqArray(version) as known_versions from in_reach
        where not is_new and event_id in (select event_id from in_reach where is_new)
        group by event_id
    ),
    known_messages as (
        select distinct source_system, source_msg_id from in_reach where not is_new and source_msg_id != ''
    ),
    caused as (
        select
            arrayJoin(links) as id,
            groupUniqArray(multiIf(
                event_type in ('patient.merged', 'visit.moved'), 'merged',
                known.event_id != '' and (mapping > known_mapping or has(known_versions, version)), 'mapped',
                op = 'retract', 'retracted',
                known.event_id = '' and (source_system, source_msg_id) in known_messages, 'mapped',
                known.event_id = '', 'late',
                'corrected'
            )) as causes,
            groupUniqArray(event_type) as types
        from in_reach
        left join known on known.event_id = in_reach.event_id
        where in_reach.is_new
        group by id
    )
select
    {{facility:String}}, {{day:Date}}, {{published_at:DateTime64(3, 'UTC')}}, restated.stage, restated.series,
    restated.scope_id, restated.part, restated.dims,
    was, becomes, arraySort(causes), arraySort(types)
from restated
left join noted on noted.stage = restated.stage and noted.series = restated.series
    and noted.scope_id = restated.scope_id and noted.part = restated.part
left join caused on caused.id = restated.scope_id
where n_noted = 0 or last_noted != becomes
"""

_LAST = """
select count() as n, toUnixTimestamp64Milli(argMax(heard_until, published_at)) as heard_ms
from publications
where facility_id = {facility:String} and grain = 'day' and day = {day:Date}
"""


def note_restated(warehouse: Warehouse, site: Site, day: str, published_ms: int) -> None:
    """Before a built day takes the place of one that was published: note the rows in which they differ."""
    asked = {"facility": site.hospital.facility_id, "day": day}
    [last] = warehouse.rows(_LAST, asked)
    if not last["n"]:
        return
    span = window(site, day)
    asked |= {
        "published_at": stamp(published_ms),
        "heard_before": stamp(last["heard_ms"]),
        "first_at": stamp(span["first_ms"]),
        "last_at": stamp(span["last_ms"]),
    }
    warehouse.command(_RESTATED, asked)
