"""What reads from `events`: the winners, the day that a build works on, and one typed view per event type.

Three relations, each made from the vocabulary:

* `won_events`: one row per fact that holds, over all history. Of all tellings of an event_id the source first in the
  site's priority counts (unlisted ones after it, by name), of that source the highest revision, of equal ones the
  first heard; a retract leaves no row. Restrict it by event_id: it reads whatever you do not exclude.
* `day_events`, filled by `fill_day(warehouse, site, day)` once per build: the winners of all that touches a local day,
  marked `build_day`. Taken are all events of every subject and visit that anything names within [day − 1, day + 2),
  or that is planned for then, and of every subject and visit that those name in turn, two weeks back and forth. Thus an
  order placed on Monday and reported on Thursday is there on Thursday with both ends and its visit. It is a superset:
  each query still decides which of its rows belong to the day.
* `ev_<event type, dots as underscores>`: the rows of `day_events` of that type with the payload in typed columns.
  **Always restrict by build_day**: `from ev_queue_joined where build_day = {day:Date}`; it selects one partition.
  The envelope's ids are '' where absent; payload columns are Nullable, lists are arrays. Instants are
  Nullable(DateTime64(3, 'UTC')), days Nullable(Date), amounts Nullable(Decimal(14, 4)); inside lists of parts instants
  stay whole milliseconds.

Two builds of the same day must not run at once; builds of different days may.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import msgspec

from ingest.events import catalogue
from ingest.events.envelope import Event, payload_fields
from ingest.settings import Site
from warehouse.client import Warehouse

_HORIZON = timedelta(days=15)  # the longest stage that ends beside others is 14 days
_ENVELOPE = (
    "build_day",
    "event_id",
    "revision",
    "event_type",
    "schema_version",
    "facility_id",
    "subject",
    "patient_id",
    "visit_id",
    "source_system",
    "occurred_at",
    "occurred_precision",
    "tz_offset_min",
    "tz_defaulted",
    "recorded_at",
    "sent_at",
    "ingested_at",
    "quality_flags",
)
_TOLD = (
    "revision",
    "op",
    "event_type",
    "domain",
    "schema_version",
    "facility_id",
    "subject",
    "patient_id",
    "visit_id",
    "source_system",
    "source_msg_id",
    "occurred_at",
    "occurred_precision",
    "tz_offset_min",
    "tz_defaulted",
    "recorded_at",
    "sent_at",
    "ingested_at",
    "quality_flags",
    "links",
    "body",
)

# Filled in three steps outwards (ids named near the day, ids that their events name, those ids' events), by hashes of
# ids, which are small; the tellings themselves are read once, at the end.
_FILL = """
insert into day_events_filling
with
    toDateTime64({from_ms:Int64} / 1000, 3, 'UTC') as from_at,
    toDateTime64({until_ms:Int64} / 1000, 3, 'UTC') as until_at,
    toDateTime64({first_ms:Int64} / 1000, 3, 'UTC') as first_at,
    toDateTime64({last_ms:Int64} / 1000, 3, 'UTC') as last_at,
    -- Ids that an event near the day names, or one that plans something for then.
    near_ids as (
        select distinct arrayJoin(link_keys) as id from events
        where occurred_at >= from_at and occurred_at < until_at
        union distinct
        select distinct arrayJoin(link_keys) as id from events
        where occurred_at >= first_at and occurred_at < last_at and event_type in {planned:Array(String)}
            and JSONExtractString(body, 'planned_date') between {day_before:String} and {day_after:String}
    ),
    -- Ids that the events of those ids name: a report's order, and through the order its visit.
    linked_ids as (
        select distinct arrayJoin(link_keys) as id from events
        where occurred_at >= first_at and occurred_at < last_at
            and arrayExists(key -> key in (select id from near_ids), link_keys)
    ),
    -- The facts of those ids, and facts near the day that belong to nobody's subject.
    facts as (
        select distinct event_key from events
        where occurred_at >= first_at and occurred_at < last_at
            and (arrayExists(key -> key in (select id from linked_ids), link_keys)
                or (empty(link_keys) and domain != 'control' and occurred_at >= from_at and occurred_at < until_at))
    ),
    -- Of all tellings of a fact, the one that counts.
    winners as (
        select * from events
        where occurred_at >= first_at and occurred_at < last_at and event_key in (select event_key from facts)
            and ingested_at < toDateTime64({heard_until_ms:Int64} / 1000, 3, 'UTC')
        order by
            event_key,
            event_id,
            if(has({priority:Array(String)}, source_system), indexOf({priority:Array(String)}, source_system), 65535),
            source_system,
            revision desc,
            ingested_at
        limit 1 by event_key, event_id
    )
select
    {day:Date} as build_day, event_id, revision, event_type, domain, schema_version, facility_id, subject, patient_id,
    visit_id, source_system, occurred_at, occurred_precision, tz_offset_min, tz_defaulted, recorded_at, sent_at,
    ingested_at, quality_flags, body, now() as filled_at
from winners
where op = 'assert'
"""


def make_views(warehouse: Warehouse) -> list[str]:
    """Make or replace every view, and return their names."""
    views = {"won_events": _won_events(), **{view_name(name): _typed(kind) for name, kind in catalogue().items()}}
    for name, query in views.items():
        warehouse.command(f"create or replace view `{name}` as\n{query}")
    return list(views)


def set_source_priority(warehouse: Warehouse, sources: Sequence[str]) -> None:
    """Whose telling of a fact counts first, for `won_events`. Changes nothing when it is so already."""
    now = warehouse.rows("select argMax(sources, set_at) as sources from source_priority")
    if not now or list(now[0]["sources"]) != list(sources):
        warehouse.insert("source_priority", ("sources",), [(list(sources),)])


def fill_day(warehouse: Warehouse, site: Site, day: str, heard_until_ms: int | None = None) -> int:
    """Fill `day_events` for a local day (ISO) and return how many winners it has.

    `heard_until_ms` leaves out what was heard later, to see the day as it was known then."""
    params = _window(site, date.fromisoformat(day)) | {
        "day": day,
        "planned": [name for name, kind in catalogue().items() if "planned_date" in payload_fields(kind)],
        "priority": list(site.hospital.source_priority),
        "heard_until_ms": 8_000_000_000_000 if heard_until_ms is None else heard_until_ms,
    }
    warehouse.command("alter table day_events_filling drop partition {day:Date}", {"day": day})
    warehouse.command(_FILL, params)
    counted = warehouse.rows("select count() as n from day_events_filling where build_day = {day:Date}", {"day": day})
    if counted[0]["n"]:
        warehouse.command("alter table day_events replace partition {day:Date} from day_events_filling", {"day": day})
        warehouse.command("alter table day_events_filling drop partition {day:Date}", {"day": day})
    else:  # ClickHouse refuses to replace a partition by nothing
        warehouse.command("alter table day_events drop partition {day:Date}", {"day": day})
    return int(counted[0]["n"])


def view_name(event_type: str) -> str:
    """The typed view of an event type: `queue.joined` → `ev_queue_joined`."""
    return "ev_" + event_type.replace(".", "_")


def _window(site: Site, day: date) -> dict[str, Any]:
    first = datetime.combine(day - timedelta(days=1), time(), site.zone)
    last = datetime.combine(day + timedelta(days=2), time(), site.zone)
    return {
        "from_ms": _ms(first),
        "until_ms": _ms(last),
        "first_ms": _ms(first - _HORIZON),
        "last_ms": _ms(last + _HORIZON),
        "day_before": (day - timedelta(days=1)).isoformat(),
        "day_after": (day + timedelta(days=1)).isoformat(),
    }


def _ms(instant: datetime) -> int:
    return int(instant.timestamp()) * 1000


def _won_events() -> str:
    """The last word of each source, then the best source; both group by event_id, so a filter on it comes first."""
    told = ", ".join(_TOLD)
    columns = ",\n    ".join(f"won.{number} as {name}" for number, name in enumerate(_TOLD, 1))
    return f"""with
    (select argMax(sources, set_at) from source_priority) as priority,
    last_words as (
        select
            event_id,
            source_system as source,
            if(has(priority, source_system), indexOf(priority, source_system), 65535) as place,
            argMax(tuple({told}), (revision, -toUnixTimestamp64Milli(ingested_at))) as last_word
        from events
        group by event_id, source_system
    ),
    winners as (select event_id, argMin(last_word, (place, source)) as won from last_words group by event_id)
select
    event_id,
    {columns}
from winners
where won.2 = 'assert'"""


def _typed(kind: type[Event]) -> str:
    columns = dict(_payload(kind))
    envelope = ", ".join(_ENVELOPE)
    tag = kind.__struct_config__.tag
    if not columns:
        return f"select {envelope}\nfrom day_events\nwhere event_type = '{tag}'"
    said = ", ".join(f"`{name}` {said_type}" for name, (said_type, _) in columns.items())
    typed = ",\n    ".join(f"{reading} as `{name}`" for name, (_, reading) in columns.items())
    return f"""with JSONExtract(body, 'Tuple({said})') as said
select
    {envelope},
    {typed}
from day_events
where event_type = '{tag}'"""


def _payload(kind: type[Event]) -> Iterator[tuple[str, tuple[str, str]]]:
    """Field → (type as it is read from JSON, expression that makes the column of it)."""
    info = msgspec.inspect.type_info(kind)
    assert isinstance(info, msgspec.inspect.StructType)
    wanted = set(payload_fields(kind))
    for field in info.fields:
        if field.name in wanted:
            said, meaning = _column(field.type)
            reading = f"said.`{field.name}`"
            if meaning == "instant":
                reading = f"fromUnixTimestamp64Milli({reading}, 'UTC')"
            elif meaning == "day":
                reading = f"toDateOrNull({reading})"
            yield field.name, (said, reading)


def _column(kind: msgspec.inspect.Type, nullable: bool = True) -> tuple[str, str]:
    """ClickHouse's type for a field's JSON, and whether it means an `instant` or a `day`."""
    match kind:
        case msgspec.inspect.UnionType(types=types):
            return _column(next(t for t in types if not isinstance(t, msgspec.inspect.NoneType)), nullable)
        case msgspec.inspect.Metadata(type=inner, extra_json_schema=told):
            meaning = {"UTC ms": "instant", "day": "day"}.get(str((told or {}).get("title")), "")
            return _column(inner, nullable)[0], meaning
        case msgspec.inspect.VarTupleType(item_type=item) | msgspec.inspect.ListType(item_type=item):
            return f"Array({_column(item, nullable=isinstance(item, msgspec.inspect.StructType))[0]})", ""
        case msgspec.inspect.TupleType(item_types=items):
            return f"Array({_column(items[0])[0]})", ""
        case msgspec.inspect.DictType(value_type=value):
            return f"Map(String, {_column(value, nullable=False)[0]})", ""
        case msgspec.inspect.StructType(fields=fields):
            return "Tuple(" + ", ".join(f"`{f.name}` {_column(f.type)[0]}" for f in fields) + ")", ""
    plain = _PLAIN[type(kind)]
    return (f"Nullable({plain})" if nullable else plain), ""


_PLAIN: dict[type[msgspec.inspect.Type], str] = {
    msgspec.inspect.StrType: "String",
    msgspec.inspect.LiteralType: "String",
    msgspec.inspect.IntType: "Int64",
    msgspec.inspect.FloatType: "Float64",
    msgspec.inspect.BoolType: "Bool",
    msgspec.inspect.DecimalType: "Decimal(14, 4)",
}
