"""Events as they lie in the log become a block of table `events`, with as little decoding as will do.

A block is columns in Arrow's format: made in C on this side, read in C on the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.compute

from ingest.errors import Malformed
from ingest.events import catalogue, domain_of, encode
from ingest.events.envelope import Event, kind_of
from warehouse.client import Warehouse
from warehouse.columns import COLUMNS


class Records(msgspec.Struct):
    """Records and where in the log they lie, side by side: an object for each would cost as much as reading it."""

    values: list[bytes] = []
    topics: list[str] = []
    partitions: list[int] = []
    offsets: list[int] = []

    def __len__(self) -> int:
        return len(self.values)

    def add(self, topic: str, partition: int, values: list[bytes], offsets: list[int]) -> None:
        """More records of one place."""
        self.values += values
        self.topics += [topic] * len(values)
        self.partitions += [partition] * len(values)
        self.offsets += offsets

    def part(self, first: int, beyond: int) -> Records:
        """Those from number `first` to before `beyond`."""
        span = slice(first, beyond)
        return Records(self.values[span], self.topics[span], self.partitions[span], self.offsets[span])


_INSTANT = pa.timestamp("ms", "UTC")
_WORD = pa.dictionary(pa.int32(), pa.string())  # what the table keeps as LowCardinality
_TYPES: dict[str, pa.DataType] = {
    **dict.fromkeys(("op", "event_type", "domain", "facility_id", "source_system", "occurred_precision"), _WORD),
    "schema_version": pa.uint16(),
    "occurred_at": _INSTANT,
    "tz_offset_min": pa.int16(),
    "tz_defaulted": pa.bool_(),
    "recorded_at": _INSTANT,
    "sent_at": _INSTANT,
    "ingested_at": _INSTANT,
    "quality_flags": pa.list_(pa.string()),
    "links": pa.list_(pa.string()),
    "body": pa.binary(),
    "kafka_topic": _WORD,
    "kafka_partition": pa.uint16(),
    "kafka_offset": pa.int64(),
}
_SCHEMA = pa.schema([(name, _TYPES.get(name, pa.string())) for name in COLUMNS])

# What the table's instants can hold, whole years within its 1900 to 2299.
_EARLIEST_MS, _LATEST_MS = -2_208_988_800_000, 10_382_947_199_999

# Whom or what very many events name: following these would join everything to everything.
_HUBS = {"patient_id", "surviving_patient_id", "session_id", "source_system"}
_MORE_LINKS = ("visit_id", "prior_visit_id")


def block_of(records: Records) -> memoryview:
    """Rows of table `events`, its columns in the order of COLUMNS, as a stream of Arrow's.

    Raises Malformed naming why when one of the records is no event. A value is never quoted: it may hold anything."""
    try:
        columns = _columns(records)
        arrays = [_array(columns[field.name], field.type) for field in _SCHEMA]
    except (msgspec.DecodeError, UnicodeError, KeyError, pa.ArrowInvalid, OverflowError) as error:
        raise Malformed(type(error).__name__) from None
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, _SCHEMA) as stream:
        stream.write_batch(pa.record_batch(arrays, schema=_SCHEMA))
    return memoryview(sink.getvalue())


def sorted_out(records: Records) -> tuple[Records, list[tuple[Records, str]]]:
    """Which of the records are events, and which are none, each with why."""
    events = Records()
    others: list[tuple[Records, str]] = []
    for number in range(len(records)):
        one = records.part(number, number + 1)
        try:
            block_of(one)
            events.add(one.topics[0], one.partitions[0], one.values, one.offsets)
        except Malformed as error:
            others.append((one, str(error)))
    return events, others


def store(warehouse: Warehouse, events: Iterable[Event], token: str | None = None) -> None:
    """Put events into the warehouse without a log, as the loader would have: for files and for tests."""
    told = Records()
    for event in events:
        told.add(f"his.{domain_of(kind_of(event))}.v1", 0, [encode(event)], [-1])
    if told:
        warehouse.insert_arrow("events", COLUMNS, block_of(told), token)


def _columns(records: Records) -> dict[str, Sequence[Any]]:
    told = list(map(_decoder().decode, records.values))
    kinds = [_of_type()[each.event_type] for each in told]
    made: dict[str, Sequence[Any]] = {
        "domain": [kind.domain for kind in kinds],
        "subject": [kind.subject(each) or "" for kind, each in zip(kinds, told, strict=True)],
        "links": [_links(kind.linked(each), each.ref_ids) for kind, each in zip(kinds, told, strict=True)],
        "body": records.values,
        "kafka_topic": records.topics,
        "kafka_partition": records.partitions,
        "kafka_offset": records.offsets,
    }
    return made | {name: list(map(attrgetter(name), told)) for name in COLUMNS if name not in made}


def _links(named: tuple[str | None, ...], ref_ids: tuple[str, ...]) -> list[str | None]:
    links = dict.fromkeys(named + ref_ids)
    links.pop("", None)
    links.pop(None, None)
    return [*links]


def _array(column: Sequence[Any], kind: pa.DataType) -> pa.Array:
    if kind == _WORD:
        return pa.array(column, pa.string()).dictionary_encode()
    array = pa.array(column, kind)
    if kind == _INSTANT:
        bounds = pa.compute.min_max(array.cast(pa.int64())).as_py()
        if bounds["min"] is not None and not _EARLIEST_MS <= bounds["min"] <= bounds["max"] <= _LATEST_MS:
            raise OverflowError
    return array


class _Kind(NamedTuple):
    """Of an event type: its domain, and how to pick its subject and the ids that join subjects and visits."""

    domain: str
    subject: Callable[[Any], str | None]
    linked: Callable[[Any], tuple[str | None, ...]]


@cache
def _of_type() -> dict[str, _Kind]:
    return {
        name: _Kind(domain_of(name), attrgetter(kind.subject), _tuple_of(_link_fields(kind)))
        for name, kind in catalogue().items()
    }


def _tuple_of(fields: tuple[str, ...]) -> Callable[[Any], tuple[str | None, ...]]:
    if len(fields) > 1:
        return attrgetter(*fields)
    return lambda told: tuple(getattr(told, field) for field in fields)


def _link_fields(kind: type[Event]) -> tuple[str, ...]:
    ids = ({each.subject for each in catalogue().values()} - _HUBS) | set(_MORE_LINKS)
    if kind.subject == "session_id":  # a session's own events are joined by it, a session's appointments are not
        ids.add("session_id")
    return tuple(sorted(ids & set(kind.__struct_fields__)))


@cache
def _decoder() -> msgspec.json.Decoder[Any]:
    """Reads the envelope and the ids that link, of any event type, and skips the rest."""
    ids = {kind.subject for kind in catalogue().values()} | set(_MORE_LINKS)
    fields: list[Any] = [
        *_REQUIRED.items(),
        ("schema_version", int, 1),
        ("recorded_at", int | None, None),
        ("sent_at", int | None, None),
        ("quality_flags", tuple[str, ...], ()),
        *((name, str | None, "") for name in sorted({*ids, "patient_id", "source_msg_id"} - set(_REQUIRED))),
        ("ref_ids", tuple[str, ...], ()),
    ]
    return msgspec.json.Decoder(msgspec.defstruct("Told", fields, frozen=True, gc=False))


_REQUIRED: dict[str, Any] = {
    "event_type": str,
    "event_id": str,
    "revision": str,
    "op": str,
    "occurred_at": int,
    "occurred_precision": str,
    "tz_offset_min": int,
    "tz_defaulted": bool,
    "ingested_at": int,
    "source_system": str,
    "facility_id": str,
}
