"""The day that a build works on: the winners of all that touches it, put into `day_events` once, for all its marts.

What is taken, and why it is enough, is told in `warehouse/views.py`.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from ingest.events import catalogue
from ingest.events.envelope import payload_fields
from ingest.settings import Site
from warehouse.client import Warehouse
from warehouse.columns import OF_A_DAY

_MARGIN = timedelta(hours=3)  # what closes a day's business after midnight, or began before it
_HORIZON = timedelta(days=15)  # the longest stage that ends beside others is 14 days
# An event with one of these concerns the day that it names.
_PLANS = {
    "planned_date", "scheduled_start", "slot_start", "new_slot_start", "session_date", "session_start", "due_date",
    "due_at",
}  # fmt: skip

# Which facts: three steps outwards (ids named near the day, ids that their events name, those ids' events), by hashes
# of ids, which are small.
_CHOOSE = """
insert into day_facts (build_day, event_key, tellings)
with
    toDateTime64({from_ms:Int64} / 1000, 3, 'UTC') as from_at,
    toDateTime64({until_ms:Int64} / 1000, 3, 'UTC') as until_at,
    toDateTime64({first_ms:Int64} / 1000, 3, 'UTC') as first_at,
    toDateTime64({last_ms:Int64} / 1000, 3, 'UTC') as last_at,
    -- Ids that an event near the day names, or one that plans something for it.
    near_ids as (
        select distinct arrayJoin(link_keys) as id from events where occurred_at >= from_at and occurred_at < until_at
        union distinct
        select distinct arrayJoin(link_keys) as id from events
        where occurred_at >= first_at and occurred_at < last_at and event_type in {planned:Array(String)}
            and (hasAny(
                [JSONExtractString(body, 'planned_date'), JSONExtractString(body, 'session_date'),
                 JSONExtractString(body, 'due_date')],
                [toString({day:Date})]
            ) or arrayExists(
                at -> at >= {from_ms:Int64} and at < {until_ms:Int64},
                [JSONExtractInt(body, 'scheduled_start'), JSONExtractInt(body, 'slot_start'),
                 JSONExtractInt(body, 'new_slot_start'), JSONExtractInt(body, 'session_start')]
            ) or (  -- pauses make a complaint due later than it says
                JSONExtractInt(body, 'due_at') >= {first_ms:Int64} and JSONExtractInt(body, 'due_at') < {until_ms:Int64}
            ))
    ),
    -- Ids that the events of those ids name: a report's order, and through the order its visit.
    linked_ids as (
        select distinct arrayJoin(link_keys) as id from events
        where occurred_at >= first_at and occurred_at < last_at
            and arrayExists(key -> key in (select id from near_ids), link_keys)
    )
-- The facts of those ids, and facts near the day that belong to nobody's subject.
select {day:Date} as build_day, event_key, count() as tellings
from events
where occurred_at >= first_at and occurred_at < last_at
    and ingested_at < toDateTime64({heard_until_ms:Int64} / 1000, 3, 'UTC')
    and (arrayExists(key -> key in (select id from linked_ids), link_keys)
        or (empty(link_keys) and domain != 'control' and occurred_at >= from_at and occurred_at < until_at))
group by event_key
"""

# Told once: nothing to judge, and nothing to sort.
_FILL_PLAIN = """
insert into day_events_filling
select {day:Date} as build_day, {columns}, now() as filled_at
from events
where occurred_at >= toDateTime64({first_ms:Int64} / 1000, 3, 'UTC')
    and occurred_at < toDateTime64({last_ms:Int64} / 1000, 3, 'UTC')
    and ingested_at < toDateTime64({heard_until_ms:Int64} / 1000, 3, 'UTC')
    and event_key in (select event_key from day_facts where build_day = {day:Date} and tellings = 1)
    and op = 'assert'
"""

# Told more than once: of all tellings of a fact, the one that counts.
_FILL_JUDGED = """
insert into day_events_filling
with winners as (
    select * from events
    where occurred_at >= toDateTime64({first_ms:Int64} / 1000, 3, 'UTC')
        and occurred_at < toDateTime64({last_ms:Int64} / 1000, 3, 'UTC')
        and ingested_at < toDateTime64({heard_until_ms:Int64} / 1000, 3, 'UTC')
        and event_key in (select event_key from day_facts where build_day = {day:Date} and tellings > 1)
    order by
        event_key,
        event_id,
        if(has({priority:Array(String)}, source_system), indexOf({priority:Array(String)}, source_system), 65535),
        source_system,
        revision desc,
        ingested_at
    limit 1 by event_key, event_id
)
select {day:Date} as build_day, {columns}, now() as filled_at
from winners
where op = 'assert'
"""


def fill_day(warehouse: Warehouse, site: Site, day: str, heard_until_ms: int | None = None) -> int:
    """Fill `day_events` for a local day (ISO) and return how many winners it has.

    `heard_until_ms` leaves out what was heard later, to see the day as it was known then."""
    params: dict[str, Any] = {
        **window(site, day),
        "day": day,
        "planned": [name for name, kind in catalogue().items() if _PLANS.intersection(payload_fields(kind))],
        "priority": list(site.hospital.source_priority),
        "heard_until_ms": 8_000_000_000_000 if heard_until_ms is None else heard_until_ms,
    }
    for table in ("day_facts", "day_events_filling"):
        warehouse.command("alter table {table:Identifier} drop partition {day:Date}", {"table": table, "day": day})
    for statement in (_CHOOSE, _FILL_PLAIN, _FILL_JUDGED):
        warehouse.command(statement.replace("{columns}", ", ".join(OF_A_DAY)), params)
    counted = warehouse.rows("select count() as n from day_events_filling where build_day = {day:Date}", {"day": day})
    if counted[0]["n"]:
        warehouse.command("alter table day_events replace partition {day:Date} from day_events_filling", {"day": day})
        warehouse.command("alter table day_events_filling drop partition {day:Date}", {"day": day})
    else:  # ClickHouse refuses to replace a partition by nothing
        warehouse.command("alter table day_events drop partition {day:Date}", {"day": day})
    return int(counted[0]["n"])


def window(site: Site, day: str) -> dict[str, int]:
    """How far a day's build looks: from and until what happens near the day; first and last of what belongs to that."""
    on = date.fromisoformat(day)
    first = datetime.combine(on, time(), site.zone) - _MARGIN
    last = datetime.combine(on + timedelta(days=1), time(), site.zone) + _MARGIN
    return {
        "from_ms": _ms(first),
        "until_ms": _ms(last),
        "first_ms": _ms(first - _HORIZON),
        "last_ms": _ms(last + _HORIZON),
    }


def _ms(instant: datetime) -> int:
    return int(instant.timestamp()) * 1000
