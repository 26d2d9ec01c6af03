"""Tells events: what one message or row says, in our vocabulary, with pseudonyms for numbers and our codes for theirs.

A teller knows its source (zone, code maps, how numbers are reused) and collects the events of one message.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec

from ingest.errors import Malformed
from ingest.events.envelope import Event, Instant, Op, Part, Telling, assemble
from ingest.interpret.codes import harmless, legal_codes, plain, ticket_shown, translated
from ingest.interpret.times import Unreadable, local_date, read_date, read_time
from ingest.privacy import Pseudonyms

_MAX_DIGITS = 10**10  # amounts are decimal(14,4)
# Payload fields whose text is the site's own or of our making: departments (see `dept`), ids and revisions of events.
_OURS = ("dept", "dept_code", "corrected_event_id", "corrected_revision")


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """What interpretation needs to know of where messages come from. Pure: no file, no clock, no network."""

    facility_id: str
    pseudonyms: Pseudonyms
    zone: ZoneInfo | None = None  # of times that carry no offset; None refuses them
    source_system: str = ""  # of rows; HL7 messages name their own
    encoding: str | None = None  # outranks MSH-18
    codes: Mapping[str, Mapping[str, str]] = {}
    numbers: Mapping[str, Literal["unique", "daily"]] = {}
    mapping_version: int = 1
    accept_tests: bool = False  # take messages marked as test or training (MSH-11 = T, D)
    a03_ends_consultation: bool = True  # of outpatients, where the site sends no ZCN
    started_is_consultation: bool = False  # SIU^S14 Started: the consultation began, not the patient checked in


class Teller:
    """Collects the events of one message."""

    def __init__(self, source: Source, telling: Telling, message_offset_min: int | None = None) -> None:
        self.source = source
        self.telling = telling
        self.events: list[Event] = []
        self.patient_id: str | None = None
        self.visit_id: str | None = None
        self.recorded_at: int | None = None
        self.flags: tuple[str, ...] = ()  # what every event of this message is flagged with
        self._offset_min = message_offset_min

    def time(self, text: str, place: str) -> Instant | None:
        """An instant; None when nothing was said. Raises Malformed naming the place."""
        if not text:
            return None
        try:
            return read_time(text, self._offset_min, self.source.zone)
        except Unreadable:
            raise Malformed(f"unreadable time: {place}") from None

    def day_text(self, text: str, place: str) -> str | None:
        """A local calendar date as ISO text. Raises Malformed naming the place."""
        if not text:
            return None
        try:
            return read_date(text).isoformat()
        except Unreadable:
            raise Malformed(f"unreadable date: {place}") from None

    def local_day(self, at: Instant) -> date:
        """The hospital's date of an instant; without a configured zone, the date as sent."""
        zone = self.source.zone
        return local_date(at.ms, zone) if zone else local_date(at.ms + at.offset_min * 60_000, ZoneInfo("UTC"))

    def amount(self, text: str, place: str) -> Decimal | None:
        """An amount of money, never float. Raises Malformed naming the place."""
        if not text:
            return None
        try:
            amount = Decimal(text)
        except InvalidOperation:
            raise Malformed(f"not an amount: {place}") from None
        if not amount.is_finite() or abs(amount) >= _MAX_DIGITS:
            raise Malformed(f"not an amount: {place}")
        return amount

    def number(self, text: str, place: str) -> int | None:
        """A small whole number. Raises Malformed naming the place."""
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= 9):
            raise Malformed(f"not a number: {place}")
        return int(text)

    def is_daily(self, kind: str) -> bool:
        """Does the site start numbers of this kind anew each day?"""
        return self.source.numbers.get(kind) == "daily"

    def identify(self, kind: str, number: str, authority: str = "", *, on: date | None = None) -> str | None:
        """The pseudonym of a number; None without one, or when a daily number comes without its date."""
        if not number:
            return None
        day = None
        if self.is_daily(kind):
            if on is None:
                return None
            day = on.isoformat()
        authorities = self.source.codes.get("authority", {})
        return self.source.pseudonyms.of(
            kind, self.source.facility_id, authorities.get(authority, authority), number, day
        )

    def ticket(self, number: str, queue: str, at: Instant, authority: str = "") -> str | None:
        """The pseudonym of a ticket; a number that restarts each day does so in its queue."""
        if number and self.is_daily("ticket"):
            number = f"{queue}/{number}"
        return self.identify("ticket", number, authority, on=self.local_day(at))

    def staff(self, number: str) -> str | None:
        """The pseudonym of a member of staff, under a key of its own."""
        return self.source.pseudonyms.staff(number) if number else None

    def dept(self, raw: str) -> str | None:
        """A department's code in the site's terms; text that the site does not map stays outside."""
        return self.source.codes.get("dept", {}).get(raw) or (raw if plain(raw) else None)

    def code(self, kind: type[msgspec.Struct], field: str, raw: str) -> tuple[str | None, bool]:
        """(our code, known?) of a coded field of an event type."""
        return translated(field, raw, legal_codes(kind, field), self.source.codes)

    def tell(
        self,
        kind: type[Event],
        occurred: Instant,
        /,
        *,
        coded: Mapping[str, str] | None = None,
        op: Op = "assert",
        flags: tuple[str, ...] = (),
        visit_id: str | None = None,
        **payload: Any,
    ) -> Event:
        """Add an event. `coded` are raw codes by field: translated, kept beside, flagged where nobody knows them."""
        raw_codes: dict[str, str] = {}
        for field, told in payload.items():
            if isinstance(told, tuple):
                payload[field], left_out = _parts(field, told)
                flags += left_out
            elif isinstance(told, str) and told and not plain(told) and not field.endswith(_OURS):
                mapped = self.source.codes.get(field, {}).get(told)
                payload[field] = mapped or (ticket_shown(told) if field == "ticket_no" else None)
                flags += () if mapped else (f"unmapped:{field}",)
        for field, raw in (coded or {}).items():
            if not raw:
                continue
            ours, known = self.code(kind, field, raw)
            payload[field] = ours
            if not known:
                flags += (f"unmapped:{field}",)
            if ours != raw and harmless(raw):
                raw_codes[field] = raw
        event = assemble(
            kind,
            self.telling,
            occurred,
            op=op,
            recorded_at=self.recorded_at,
            patient_id=self.patient_id,
            visit_id=visit_id or self.visit_id,
            flags=self.flags + flags,
            raw_codes=raw_codes,
            **payload,
        )
        self.events.append(event)
        return event


def _parts(field: str, told: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[str, ...]]:
    """(a list, flags): what stands in the parts of a list is held to be a code as it is elsewhere."""
    parts: list[Any] = []
    flags: list[str] = []
    for part in told:
        texts = msgspec.structs.asdict(part) if isinstance(part, Part) else {}
        wrong = [name for name, value in texts.items() if isinstance(value, str) and value and not plain(value)]
        parts.append(msgspec.structs.replace(part, **dict.fromkeys(wrong)) if wrong else part)
        flags += (f"unmapped:{field}.{name}" for name in wrong)
    return tuple(parts), tuple(flags)
