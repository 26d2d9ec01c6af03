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

# Whom or what very many events name: following these would join everything to everything.
_HUBS = {"patient_id", "surviving_patient_id", "session_id", "source_system"}
_MORE_LINKS = ("visit_id", "prior_visit_id")
_LISTS = ("ref_ids",)


def rows_of(values: Iterable[tuple[bytes, str, int, int]]) -> tuple[bytes, list[tuple[str, int, int, str]]]:
    """Rows as NDJSON from (value, topic, partition, offset), and the places of those that are no events, with why.

    A value is never quoted: it may hold anything."""
    lines: list[bytes] = []
    poison: list[tuple[str, int, int, str]] = []
    for value, topic, partition, offset in values:
        try:
            lines.append(_row(value, topic, partition, offset))
        except (msgspec.DecodeError, UnicodeDecodeError, KeyError, Malformed) as error:
            poison.append((topic, partition, offset, type(error).__name__))
    lines.append(b"")
    return b"\n".join(lines), poison


def store(warehouse: Warehouse, events: Iterable[Event], token: str | None = None) -> None:
    """Put events into the warehouse without a log, as the loader would have: for files and for tests."""
    told = [(encode(event), f"his.{domain_of(kind_of(event))}.v1", 0, -1) for event in events]
    ndjson, poison = rows_of(told)
    if poison:
        raise Malformed(f"no event: {poison[0][3]}")
    if told:
        warehouse.insert_json("events", ndjson, token)


def _row(value: bytes, topic: str, partition: int, offset: int) -> bytes:
    told = _decoder().decode(value)
    subject_field, domain = _of_type()[told.event_type]
    subject = getattr(told, subject_field)
    links = [subject] if subject and subject_field not in _OWNERLESS else []
    for name in _link_fields():
        linked = getattr(told, name)
        if linked and linked not in links:
            links.append(linked)
    for name in _LISTS:
        links.extend(linked for linked in getattr(told, name) if linked not in links)
    return _encode(
        {
            "event_id": told.event_id,
            "revision": told.revision,
            "op": told.op,
            "event_type": told.event_type,
            "domain": domain,
            "schema_version": told.schema_version,
            "facility_id": told.facility_id,
            "subject": subject or "",
            "patient_id": told.patient_id or "",
            "visit_id": told.visit_id or "",
            "source_system": told.source_system,
            "source_msg_id": told.source_msg_id or "",
            "occurred_at": _seconds(told.occurred_at),
            "occurred_precision": told.occurred_precision,
            "tz_offset_min": told.tz_offset_min,
            "tz_defaulted": told.tz_defaulted,
            "recorded_at": None if told.recorded_at is None else _seconds(told.recorded_at),
            "sent_at": None if told.sent_at is None else _seconds(told.sent_at),
            "ingested_at": _seconds(told.ingested_at),
            "quality_flags": told.quality_flags,
            "links": links,
            "body": value.decode(),
            "kafka_topic": topic,
            "kafka_partition": partition,
            "kafka_offset": offset,
        }
    )


def _seconds(ms: int) -> str:
    """An instant as ClickHouse reads it from text; whole numbers it would take for seconds."""
    return f"{ms // 1000}.{ms % 1000:03d}" if ms >= 0 else iso_ms(ms)[:-1]


_OWNERLESS = _HUBS - {"session_id"}  # a session's own events are linked by it
_encode = msgspec.json.Encoder().encode


@cache
def _of_type() -> dict[str, tuple[str, str]]:
    return {name: (kind.subject, domain_of(name)) for name, kind in catalogue().items()}


@cache
def _link_fields() -> tuple[str, ...]:
    subjects = {kind.subject for kind in catalogue().values()} - _HUBS
    return tuple(sorted(subjects | set(_MORE_LINKS)))


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
        *((name, tuple[str, ...], ()) for name in _LISTS),
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
