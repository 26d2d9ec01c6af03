"""An event as it lies in the log becomes a row of table `events`, with as little decoding as will do."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import msgspec

from ingest.errors import Malformed
from ingest.events import catalogue, domain_of, encode
from ingest.events.envelope import Event, kind_of
from ingest.events.identity import iso_ms
from warehouse.client import Warehouse

# The columns of `events` in the order in which a row here has them.
COLUMNS = (
    "event_id",
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
    "kafka_topic",
    "kafka_partition",
    "kafka_offset",
)

# Whom or what very many events name: following these would join everything to everything.
_HUBS = {"patient_id", "surviving_patient_id", "session_id", "source_system"}
_MORE_LINKS = ("visit_id", "prior_visit_id")


def rows_of(values: Iterable[tuple[bytes, str, int, int]]) -> tuple[list[bytes], list[tuple[str, int, int, str]]]:
    """Rows as JSON arrays from (value, topic, partition, offset), and the places of those that are no events, with why.

    A value is never quoted: it may hold anything."""
    lines: list[bytes] = []
    poison: list[tuple[str, int, int, str]] = []
    for value, topic, partition, offset in values:
        try:
            lines.append(_row(value, topic, partition, offset))
        except (msgspec.DecodeError, UnicodeDecodeError, KeyError, Malformed) as error:
            poison.append((topic, partition, offset, type(error).__name__))
    return lines, poison


def store(warehouse: Warehouse, events: Iterable[Event], token: str | None = None) -> None:
    """Put events into the warehouse without a log, as the loader would have: for files and for tests."""
    told = [(encode(event), f"his.{domain_of(kind_of(event))}.v1", 0, -1) for event in events]
    lines, poison = rows_of(told)
    if poison:
        raise Malformed(f"no event: {poison[0][3]}")
    if told:
        warehouse.insert_json("events", b"\n".join(lines), token, COLUMNS)


def _row(value: bytes, topic: str, partition: int, offset: int) -> bytes:
    told = _decoder().decode(value)
    subject_field, domain, link_fields = _of_type()[told.event_type]
    subject = getattr(told, subject_field)
    links = []
    for name in link_fields:
        linked = getattr(told, name)
        if linked and linked not in links:
            links.append(linked)
    if told.ref_ids:
        links.extend(linked for linked in told.ref_ids if linked not in links)
    recorded_at, sent_at = told.recorded_at, told.sent_at
    return _encode(
        (
            told.event_id,
            told.revision,
            told.op,
            told.event_type,
            domain,
            told.schema_version,
            told.facility_id,
            subject or "",
            told.patient_id or "",
            told.visit_id or "",
            told.source_system,
            told.source_msg_id or "",
            _seconds(told.occurred_at),
            told.occurred_precision,
            told.tz_offset_min,
            told.tz_defaulted,
            None if recorded_at is None else _seconds(recorded_at),
            None if sent_at is None else _seconds(sent_at),
            _seconds(told.ingested_at),
            told.quality_flags,
            links,
            value.decode(),
            topic,
            partition,
            offset,
        )
    )


def _seconds(ms: int) -> str:
    """An instant as ClickHouse reads it from text; whole numbers it would take for seconds."""
    return f"{ms // 1000}.{ms % 1000:03d}" if ms >= 0 else iso_ms(ms)[:-1]


_encode = msgspec.json.Encoder().encode


@cache
def _of_type() -> dict[str, tuple[str, str, tuple[str, ...]]]:
    """Event type → (the field of its subject, its domain, the fields whose ids join subjects and visits)."""
    return {name: (kind.subject, domain_of(name), _link_fields(kind)) for name, kind in catalogue().items()}


def _link_fields(kind: type[Event]) -> tuple[str, ...]:
    ids = ({each.subject for each in catalogue().values()} - _HUBS) | set(_MORE_LINKS)
    if kind.subject == "session_id":  # a session's own events are joined by it, a session's appointments are not
        ids.add("session_id")
    return tuple(sorted(ids & set(kind.__struct_fields__)))


@cache
def _decoder() -> msgspec.json.Decoder[Any]:
    """Reads the envelope and the ids that link, of any event type, and skips the rest."""
    ids = {kind.subject for kind in catalogue().values()} | set(_MORE_LINKS)
    envelope: list[Any] = [
        ("event_type", str),
        *((name, _HINTS.get(name, str)) for name in _REQUIRED),
        ("schema_version", int, 1),
        *((name, int | None, None) for name in ("recorded_at", "sent_at")),
        *((name, str | None, None) for name in ("source_msg_id", "patient_id")),
        ("quality_flags", tuple[str, ...], ()),
        *((name, str | None, None) for name in sorted(ids - {"patient_id", "source_system"})),
        ("ref_ids", tuple[str, ...], ()),
    ]
    return msgspec.json.Decoder(msgspec.defstruct("Told", envelope, frozen=True, gc=False))


_REQUIRED = (
    "event_id",
    "revision",
    "op",
    "occurred_at",
    "occurred_precision",
    "tz_offset_min",
    "tz_defaulted",
    "ingested_at",
    "source_system",
    "facility_id",
)
_HINTS: dict[str, Any] = {"occurred_at": int, "ingested_at": int, "tz_offset_min": int, "tz_defaulted": bool}
