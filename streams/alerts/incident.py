"""What an incident is, and the kinds of records that tell of it on `his.alert.v1`: each absolute, by its key.

`<id>`: the incident itself, written by the watch alone. `ack|<id>`: who took it up. `sent|<id>`: what the webhook was
told. `usual|<source>`: how much a source told, hour by hour. `watch`: that somebody watches. The topic is compacted:
what lies in it is what is known. An incident holds departments, feeds and figures, never a patient's data, pseudonyms
neither.
"""

from __future__ import annotations

import hashlib
import re
from typing import Literal, TypeVar

import msgspec

from ingest.errors import Malformed, Misconfigured
from streams.usual import Told

Where = tuple[tuple[str, str], ...]  # dimension and value, sorted
_ACK, _SENT, _USUAL, _WATCH = "ack|", "sent|", "usual|", "watch"
T = TypeVar("T")
LONGEST_NOTE = 200
_ROLE = re.compile(r"[^\W\d_][\w .·/()-]{0,39}")
_NUMBER = re.compile(r"\d{5,}")  # no figure of a ward is so long; of a person nearly all are


class Incident(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One rule, one place, from the first reading beyond the limit to the end. Instants are the hospital's, UTC ms."""

    id: str
    rule: str
    where: Where = ()  # which department, window or feed; () = the hospital
    state: Literal["pending", "open", "closed"]
    since: int  # beyond its limit without a break
    seen_at: int  # as of when it is told
    kpi: str = ""  # "" = a feed, or the live values themselves
    cause: str = ""  # of feeds: link, silent or late
    value: float | None = None
    worst: float | None = None
    limit: float | None = None
    direction: str = "≤"
    statistic: str = ""
    n: int = 0  # how many people the value is of
    severity: int = 1  # 2 = it was far beyond, for as long as it takes to open
    far_since: int | None = None
    well_since: int | None = None
    opened_at: int | None = None
    escalated_at: int | None = None
    escalated_because: Literal["", "far", "unacknowledged"] = ""
    closed_at: int | None = None
    closed_because: Literal["", "well", "closed", "withdrawn"] = ""
    who: tuple[str, ...] = ()
    escalates_to: tuple[str, ...] = ()

    @property
    def place(self) -> tuple[str, Where]:
        """What there is one incident of at a time."""
        return self.rule, self.where

    @property
    def is_open(self) -> bool:
        """Somebody should see to it."""
        return self.state == "open"


class Acknowledgement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who has taken up an incident: a role, not a name."""

    incident: str
    by: str
    at: int
    note: str = ""


class Delivery(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the webhook was told of an incident, and what not. Instants are real time."""

    incident: str
    told: tuple[str, ...] = ()  # opened, escalated, acknowledged, closed
    given_up: tuple[str, ...] = ()
    failing: str = ""  # why the last try failed
    attempts: int = 0
    since: int = 0


class OnWatch(msgspec.Struct, frozen=True, kw_only=True):
    """That somebody watches: without this word, what is shown as open or as quiet is only as old as it is."""

    real_at: int  # real time
    at: int  # the hospital's
    rules: int
    owner: str = ""  # which watch; "" = it has let go


Record = Incident | Acknowledgement | Delivery | OnWatch | Told
_encode = msgspec.json.Encoder().encode
_incident = msgspec.json.Decoder(Incident).decode
_acknowledgement = msgspec.json.Decoder(Acknowledgement).decode
_delivery = msgspec.json.Decoder(Delivery).decode
_usual = msgspec.json.Decoder(Told).decode
_on_watch = msgspec.json.Decoder(OnWatch).decode


def incident_id(facility: str, rule: str, where: Where, since: int) -> str:
    """The same incident has the same id, whoever works it out: eight hex digits, short enough to be typed."""
    told = "|".join([facility, rule, *(f"{dim}={value}" for dim, value in where), str(since)])
    return hashlib.sha256(told.encode()).hexdigest()[:8]


def encoded(record: Record) -> tuple[str, bytes]:
    """A record's key and value."""
    match record:
        case Incident():
            return record.id, _encode(record)
        case Acknowledgement():
            return _ACK + record.incident, _encode(record)
        case Delivery():
            return _SENT + record.incident, _encode(record)
        case Told():
            return _USUAL + record.source_system, _encode(record)
        case OnWatch():
            return _WATCH, _encode(record)


def keys_of(incident: str) -> tuple[str, str, str]:
    """The keys of all that is told of an incident."""
    return incident, _ACK + incident, _SENT + incident


def taken_up(incident: str, by: str, at: int, note: str = "") -> Acknowledgement:
    """An acknowledgement, checked. Raises Misconfigured: an alert must not come to hold who a patient is."""
    by, note = by.strip(), " ".join(note.split())
    if not _ROLE.fullmatch(by) or _NUMBER.search(by):
        raise Misconfigured("Write the role that takes it up in at most 40 letters, no numbers, e.g. duty-manager.")
    if len(note) > LONGEST_NOTE or _NUMBER.search(note):
        raise Misconfigured(
            f"A note says what is being done, in at most {LONGEST_NOTE} letters and without numbers of patients, "
            "visits or telephones."
        )
    return Acknowledgement(incident=incident, by=by, at=at, note=note)


class Incidents:
    """All that the topic tells, as far as it has been read."""

    def __init__(self) -> None:
        self.known: dict[str, Incident] = {}
        self.acknowledged: dict[str, Acknowledgement] = {}
        self.deliveries: dict[str, Delivery] = {}
        self.usual: dict[str, Told] = {}  # by source
        self.watch: OnWatch | None = None

    def apply(self, key: str, value: bytes | None) -> bool:
        """Take one record. True when anything is different. Raises Malformed."""
        try:
            if key.startswith(_ACK):
                return _put(self.acknowledged, key.removeprefix(_ACK), _acknowledgement(value) if value else None)
            if key.startswith(_SENT):
                return _put(self.deliveries, key.removeprefix(_SENT), _delivery(value) if value else None)
            if key.startswith(_USUAL):
                return _put(self.usual, key.removeprefix(_USUAL), _usual(value) if value else None)
            if key == _WATCH:
                self.watch = _on_watch(value) if value else None
                return True
            return _put(self.known, key, _incident(value) if value else None)
        except msgspec.MsgspecError:
            raise Malformed("unreadable: record of an incident") from None

    def put(self, record: Record) -> None:
        """Take a record that was just written."""
        key, value = encoded(record)
        self.apply(key, value)

    @property
    def open(self) -> list[Incident]:
        """What is open, the longest first."""
        found = [each for each in self.known.values() if each.is_open]
        return sorted(found, key=lambda each: (each.opened_at or 0, each.id))

    @property
    def told(self) -> list[Incident]:
        """All that ever opened, the latest first."""
        found = [each for each in self.known.values() if each.opened_at is not None]
        return sorted(found, key=lambda each: (-(each.opened_at or 0), each.id))


def _put(kept: dict[str, T], key: str, record: T | None) -> bool:
    if kept.get(key) == record:
        return False
    if record is None:
        del kept[key]
    else:
        kept[key] = record
    return True
