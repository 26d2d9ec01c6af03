"""The envelope that every event carries, and how one is assembled from what a source told.

Source: domain specification 5.1 (fields, winner, refusals) and 5.15 (identity).
Times are UTC milliseconds since 1970; identifiers are pseudonyms by the time they get here.
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any, ClassVar, Literal, NamedTuple, TypeVar, get_args, get_type_hints

import msgspec

from ingest.errors import Malformed
from ingest.events.codes import AgeBand, PatientGroup, Sex, UtcMs
from ingest.events.identity import Moment, event_id, revision

Precision = Literal["day", "hour", "minute", "second", "ms"]
Op = Literal["assert", "retract"]


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="event_type", gc=False):
    """One fact. Subclasses (one file per domain) add fields; every field a source may lack defaults to None."""

    # Declared by each event type, in the terms of specification 5.15.
    subject: ClassVar[str] = ""  # the field whose value is the Kafka key
    natural_key: ClassVar[tuple[str, ...]] = ()  # fields; "a|b" = the first present; "t" = the event's own time
    expected: ClassVar[tuple[str, ...]] = ()  # what a complete source delivers ("!"); absence is flagged, not refused
    title: ClassVar[tuple[str, str]] = ("", "")  # Chinese, English
    broadcast: ClassVar[bool] = False  # written to every partition of its topic: every shard must hear it

    event_id: str  # of facility, type and natural key: the same fact has the same id, whoever tells it
    revision: str  # its bytewise order is the order of what one source says about one event
    op: Op  # a retraction is a revision: the fact never happened
    schema_version: int = 1
    occurred_at: UtcMs  # when it happened
    occurred_precision: Precision  # a time of day precision starts and ends no stage
    tz_offset_min: int  # as sent, or the default that was applied
    tz_defaulted: bool  # the source gave no offset
    recorded_at: UtcMs | None = None  # when somebody entered it
    sent_at: UtcMs | None = None  # the message's own time
    ingested_at: UtcMs  # our clock; in no measure except lag
    source_system: str  # who told: MSH-3^MSH-4, or as the site file says
    source_msg_id: str | None = None  # MSH-10
    source_msg_seq: str | None = None  # MSH-13 or the version of a row
    facility_id: str
    patient_id: str | None = None  # pseudonym
    visit_id: str | None = None  # pseudonym
    quality_flags: tuple[str, ...] = ()  # sorted: missing:<field>, tz_defaulted, backdated, end_imputed …
    raw_codes: dict[str, str] = {}  # field → the code as sent, where it is no identifier


class PatientArrival(Event, frozen=True, kw_only=True):
    """An event that brings a patient: it says once, for all measures of the visit, what kind of patient."""

    age_band: AgeBand | None = None
    sex: Sex | None = None
    patient_group: PatientGroup | None = None


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One of a list inside an event: a slot, a part of a payment, an answer."""

    expected: ClassVar[tuple[str, ...]] = ()  # as in Event; absence is flagged `missing:<list>.<field>`


class Instant(NamedTuple):
    """A point in time as a source told it."""

    ms: int  # UTC
    precision: Precision
    offset_min: int
    defaulted: bool = False  # the source gave no offset; the source's configured zone was applied


class Telling(msgspec.Struct, frozen=True, kw_only=True):
    """Who told it, when and in which message: what all events of one message share."""

    facility_id: str
    source_system: str
    ingested_at: int
    sent_at: int | None = None
    source_msg_id: str | None = None
    source_msg_seq: str | None = None
    row_version: str | None = None  # a row's or resource's version; outranks sent_at in the revision
    mapping_version: int = 1


E = TypeVar("E", bound=Event)

BACKDATED_MS = 3_600_000  # entered later than this after it happened (domain specification 8, row 9)
_ENVELOPE = frozenset(Event.__struct_fields__) - {"visit_id", "patient_id"}


def kind_of(event: Event | type[Event]) -> str:
    """The event type's name, e.g. `queue.joined`."""
    return str(event.__struct_config__.tag)


def subject_of(event: Event) -> str:
    """The value of the event's subject: the key under which the event is written once."""
    return str(getattr(event, event.subject))


def payload_fields(kind: type[Event]) -> tuple[str, ...]:
    """The fields an event type adds to the envelope (visit_id and patient_id count as envelope)."""
    return tuple(name for name in kind.__struct_fields__ if name not in Event.__struct_fields__)


def assemble(
    kind: type[E],
    telling: Telling,
    occurred: Instant,
    /,  # some events have a field named `kind`
    *,
    op: Op = "assert",
    recorded_at: int | None = None,
    patient_id: str | None = None,
    visit_id: str | None = None,
    flags: tuple[str, ...] = (),
    raw_codes: dict[str, str] | None = None,
    **payload: Any,
) -> E:
    """Make an event of `kind` from what one message told.

    Absent payload values are passed as None or left out. Raises Malformed for a missing subject or an illegal
    code (naming the field, never the value); any other missing `expected` field becomes a flag `missing:<field>`.
    """
    given = {name: value for name, value in payload.items() if value not in (None, "", ())}
    known = {**given, "visit_id": visit_id, "patient_id": patient_id}
    if not known.get(kind.subject) and kind.subject not in _ENVELOPE:
        raise Malformed(f"missing subject: {kind.subject}")
    missing = _missing(kind, known)
    fields: dict[str, Any] = {
        "event_type": kind_of(kind),
        "event_id": event_id(
            telling.facility_id,
            kind_of(kind),
            _natural_values(kind, {**known, "source_system": telling.source_system}, occurred.ms),
        ),
        "op": op,
        "occurred_at": occurred.ms,
        "occurred_precision": occurred.precision,
        "tz_offset_min": occurred.offset_min,
        "tz_defaulted": occurred.defaulted,
        "recorded_at": recorded_at,
        "sent_at": telling.sent_at,
        "ingested_at": telling.ingested_at,
        "source_system": telling.source_system,
        "source_msg_id": telling.source_msg_id,
        "source_msg_seq": telling.source_msg_seq,
        "facility_id": telling.facility_id,
        "patient_id": patient_id,
        "visit_id": visit_id,
        "quality_flags": tuple(sorted({*flags, *missing, *_of_times(occurred, recorded_at, flags)})),
        "raw_codes": raw_codes or {},
        **{name: _plain(value) for name, value in given.items()},  # so that parts of lists are checked too
    }
    fields["revision"] = revision(
        telling.row_version, telling.sent_at, telling.ingested_at, telling.mapping_version, _body_hash(fields)
    )
    try:
        return msgspec.convert(fields, kind, strict=True)
    except msgspec.ValidationError as error:
        raise Malformed(f"illegal value: {place_of(error)}") from None


def _of_times(occurred: Instant, recorded_at: int | None, flags: tuple[str, ...]) -> tuple[str, ...]:
    """What its times say of an event: without an offset, or entered long after its source says it happened.

    What is told anew with the time of something else (`occurred_from`) is not entered late.
    """
    late = recorded_at is not None and recorded_at - occurred.ms > BACKDATED_MS
    told_anew = any(flag.startswith("occurred_from:") for flag in flags)
    return (
        *(("tz_defaulted",) if occurred.defaulted else ()),
        *(("backdated",) if late and not told_anew else ()),
    )


def _missing(kind: type[Event], known: dict[str, Any]) -> set[str]:
    """A flag for each field that a complete source delivers and this one did not, also inside lists."""
    flags = {f"missing:{name}" for name in kind.expected if known.get(name) in (None, "")}
    for name, value in known.items():
        if isinstance(value, (tuple, list)):
            for part in value:
                if isinstance(part, Part):
                    flags |= {f"missing:{name}.{field}" for field in part.expected if getattr(part, field) is None}
    return flags


def _natural_values(kind: type[Event], known: dict[str, Any], occurred_ms: int) -> list[Any]:
    """The values of 5.15's natural key; `a|b` takes the first present, `t` is the event's own time.

    Where an id of the key is missing, the subject stands in: reports without a number are not all one report.
    """
    moments = instants(kind)
    values: list[Any] = []
    for term in kind.natural_key:
        name = next((n for n in term.split("|") if n == "t" or known.get(n) is not None), None)
        value = {"t": occurred_ms, **known}.get(name) if name else None
        if value is None and term.endswith("_id") and kind.subject not in kind.natural_key:
            value = known.get(kind.subject)
        if isinstance(value, int) and (name == "t" or name in moments):
            value = Moment(value)
        values.append(value)
    return values


def _plain(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return tuple(msgspec.structs.asdict(part) if isinstance(part, Part) else part for part in value)
    return value


@cache
def instants(kind: type[Event]) -> frozenset[str]:
    """The payload fields of an event type that are instants (UTC ms)."""
    hints = get_type_hints(kind, include_extras=True)
    return frozenset(name for name in payload_fields(kind) if UtcMs in get_args(hints[name]))


def _body_hash(fields: dict[str, Any]) -> str:
    """8 hex digits over what the event says, without when we heard it or which message carried it."""
    said = {
        k: v
        for k, v in fields.items()
        if k not in ("ingested_at", "sent_at", "source_msg_id", "source_msg_seq", "revision") and v is not None
    }
    return hashlib.sha256(msgspec.json.encode(said, order="deterministic")).hexdigest()[:8]


def place_of(error: msgspec.ValidationError) -> str:
    """Where a validation failed (`$.point`), without the value that msgspec's own text would quote."""
    text = str(error)
    return text.rsplit("`", 2)[-2] if "`$" in text else "$"
