"""One event in our own terms, told by a system that knows them: its numbers become pseudonyms, its times instants.

The fields are those of the vocabulary (docs/reference/events.md) with the sender's own numbers and ISO times. Fields
that the vocabulary does not have are left out, never kept. An illegal code refuses the event: whoever speaks our
terms must mean one of them, or one that the site's code map knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any, cast, get_args

import msgspec

from ingest.errors import Malformed
from ingest.events import catalogue
from ingest.events.envelope import Event, Instant, Op, PatientArrival, Telling, payload_fields
from ingest.intake import FUTURE_MS
from ingest.interpret.codes import STANDARD, harmless
from ingest.interpret.fields import Holding, hint, holds
from ingest.interpret.person import age_band, age_band_of_years
from ingest.interpret.queue import REFERS_TO
from ingest.interpret.row import row_version
from ingest.interpret.said import Said
from ingest.interpret.teller import Source

NOT_TOLD = frozenset(("feed.heartbeat", "record.corrected"))  # of our own making
FLAGS = ("batch", "derived", "end_imputed", "served_imputed", "start_imputed")  # that a sender may raise
ENVELOPE = (
    "event_type", "occurred_at", "op", "recorded_at", "sent_at", "patient_id", "visit_id", "visit_date", "version",
    "message_id", "quality_flags",
)  # fmt: skip
_PERSON = ("birth_date", "age")  # told instead of an age band, and never kept
_EARLIEST_MS = 631_152_000_000  # 1990: before it, nothing was told by machine
_OLDEST = 150
_LONGEST_VERSION = 20  # digits, as a revision pads them


class Account(Said):
    """One event as it was told."""

    def __init__(self, told: Mapping[str, Any], source: Source, received_at: int, message_id: str = "") -> None:
        super().__init__(source, Telling(facility_id=source.facility_id, source_system="", ingested_at=received_at))
        self._told = told
        sent = self.instant(told.get("sent_at"), "sent_at")
        recorded = self.instant(told.get("recorded_at"), "recorded_at")
        self.recorded_at = recorded.ms if recorded else None
        self.telling = Telling(
            facility_id=source.facility_id,
            source_system=source.source_system,
            ingested_at=received_at,
            sent_at=sent.ms if sent else None,
            source_msg_id=self._message_number(self.text(told.get("message_id"), "message_id") or message_id),
            row_version=self._version(),
            mapping_version=source.mapping_version,
        )

    def tell_it(self) -> None:
        """Add the event. Raises Malformed, naming the field and never its content."""
        kind = kind_named(self.text(self._told.get("event_type"), "event_type"))
        occurred = self._occurred()
        self.patient_id = self.number_of("patient_id", self._told.get("patient_id"), "patient_id", None)
        day = self.calendar_day(self._told.get("visit_date"), "visit_date")
        self.visit_id = self.number_of("visit_id", self._told.get("visit_id"), "visit_id", day)
        coded: dict[str, str] = {}
        payload: dict[str, Any] = {}
        fields = _fields(kind)
        for name, value in self._told.items():
            what = fields.get(name)
            if value is None or what is None:
                continue
            if what == "code" or (what == "text" and (name in STANDARD or name in self.source.codes)):
                coded[name] = self._code(kind, name, what, value)
            elif what == "ticket":
                queue = self.text(self._told.get("queue_id"), "queue_id")
                payload[name] = self.ticket_of(value, name, queue, occurred)
            elif what == "list":
                payload[name] = self._list(kind, name, value, occurred)
            else:
                payload[name] = self.value(what, name, value, name, occurred)
        if issubclass(kind, PatientArrival):
            band = self._age_band(occurred)
            payload |= {} if coded.get("age_band") else {"age_band": band}
        self.tell(kind, occurred, op=self._op(), flags=self._flags(kind), coded=coded, **payload)

    def _code(self, kind: type[Event], name: str, what: Holding, value: Any) -> str:
        """A code as sent. Raises Malformed where it is one of a set and none of it."""
        raw = self.text(value, name)
        if what == "code" and not isinstance(value, str):
            raise Malformed(f"not a text: {name}")
        if what == "code" and raw and not self.code(kind, name, raw)[1]:
            raise Malformed(f"illegal code: {name}")
        return raw

    def _list(self, kind: type[Event], name: str, value: Any, at: Instant) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise Malformed(f"not a list: {name}")
        part = get_args(hint(kind, name))[0]
        if part is str:
            numbers = self._references()
            found = (self.number_of(numbers, each, f"{name}[{n}]", self.local_day(at)) for n, each in enumerate(value))
            return tuple(number for number in found if number)
        return tuple(self.part(part, each, f"{name}[{n}]", at) for n, each in enumerate(value))

    def _references(self) -> str:
        """What a ticket or a bill refers to: the number itself does not say."""
        point, item = self._told.get("service_point_type"), self._told.get("item_class")
        if isinstance(point, str):
            return f"{REFERS_TO.get(point.lower(), 'order')}_id"
        return "prescription_id" if item == "drug" else "order_id"

    def _age_band(self, at: Instant) -> str | None:
        born, years = self._told.get("birth_date"), self._told.get("age")
        if born is not None:
            day = self.calendar_day(born, "birth_date")
            return age_band(day.isoformat(), self.local_day(at)) if day else None
        if years is None:
            return None
        if isinstance(years, bool) or not isinstance(years, int) or not 0 <= years < _OLDEST:
            raise Malformed("not an age: age")
        return age_band_of_years(str(years))

    def _occurred(self) -> Instant:
        occurred = self.instant(self._told.get("occurred_at"), "occurred_at")
        if occurred is None:
            raise Malformed("missing time: occurred_at")
        if occurred.ms > self.telling.ingested_at + FUTURE_MS:
            raise Malformed("future_time: occurred_at")
        if occurred.ms < _EARLIEST_MS:
            raise Malformed("implausible time: occurred_at")
        return occurred

    def _op(self) -> Op:
        op = self._told.get("op")
        if op in (None, ""):
            return "assert"
        if op not in ("assert", "retract"):
            raise Malformed("illegal code: op")
        return cast(Op, op)

    def _flags(self, kind: type[Event]) -> tuple[str, ...]:
        """What the sender says of the event's quality, and that fields were left out which nobody knows."""
        said = self._told.get("quality_flags")
        if said is None:
            said = []
        if not isinstance(said, list) or any(flag not in FLAGS for flag in said):
            raise Malformed("illegal code: quality_flags")
        return (*said, *(() if self._told.keys() <= _known(kind) else ("dropped:fields",)))

    def _version(self) -> str | None:
        text = self.text(self._told.get("version"), "version")
        try:
            version = row_version(text) if text else None
        except Malformed:
            raise Malformed("unreadable version: version") from None
        if version is not None and (len(version) > _LONGEST_VERSION or not version.isdigit()):
            raise Malformed("unreadable version: version")
        return version

    def _message_number(self, number: str) -> str | None:
        """As a pseudonym where it may be made of a visit's or a patient's number."""
        if not number or harmless(number):
            return number or None
        source = self.source
        return source.pseudonyms.of("message", source.facility_id, source.source_system, number)


@cache
def _fields(kind: type[Event]) -> dict[str, Holding]:
    """What each field of an event type holds."""
    return {name: holds(kind, name) for name in payload_fields(kind)}


@cache
def _known(kind: type[Event]) -> frozenset[str]:
    """The fields that may be told of an event type."""
    return frozenset((*ENVELOPE, *(_PERSON if issubclass(kind, PatientArrival) else ()), *_fields(kind)))


class _CloudEvent(msgspec.Struct, frozen=True):
    """What is read of a CloudEvent; its `source` and `subject` say nothing that the site file does not say."""

    specversion: str
    type: str
    id: str
    source: str
    data: dict[str, Any]
    time: str | None = None


_event = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)
_cloud_event = msgspec.json.Decoder(_CloudEvent, float_hook=Decimal)


def interpret_event(body: bytes, source: Source, received_at: int) -> list[Event]:
    """The event of one record in our own terms. Raises Malformed."""
    try:
        told = _event.decode(body)
    except msgspec.DecodeError:
        raise Malformed("not an object: event") from None
    account = Account(told, source, received_at)
    account.tell_it()
    return account.events


def interpret_cloud_event(body: bytes, source: Source, received_at: int) -> list[Event]:
    """The event in a CloudEvent: `type` is its event_type, `time` its occurred_at, `id` its message_id, unless the
    data say so themselves. Raises Malformed."""
    try:
        cloud = _cloud_event.decode(body)
    except msgspec.ValidationError:
        raise Malformed("not a CloudEvent: event") from None
    except msgspec.DecodeError:
        raise Malformed("not JSON: event") from None
    if cloud.specversion != "1.0":
        raise Malformed("version: specversion")
    told = {"event_type": cloud.type, "occurred_at": cloud.time, **cloud.data}
    account = Account(told, source, received_at, message_id=cloud.id)
    account.tell_it()
    return account.events


def kind_named(name: str) -> type[Event]:
    """An event type that may be told. Raises Malformed."""
    kind = catalogue().get(name)
    if not name:
        raise Malformed("missing: event_type")
    if kind is None or name in NOT_TOLD:
        raise Malformed("illegal code: event_type")
    return kind
