"""Records of a CSV described by the site file: *long*, one row an event, or *wide*, one row a case.

Ids are text, nothing is guessed: a case named NA is a case named NA. A rule says which event a row tells, when it
happened, and which column fills which of its fields; what a field is (a number of something, a member of staff, a
code, an amount) follows from the event type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from ingest.errors import Ignored, Malformed, Misconfigured
from ingest.events import catalogue
from ingest.events.codes import Amount, Day, UtcMs
from ingest.events.envelope import Event, Instant, Telling
from ingest.interpret.codes import legal_codes
from ingest.interpret.fields import NUMBERS, STAFF, hint
from ingest.interpret.layout import Columns, Csv, Rule
from ingest.interpret.person import age_band, age_band_of_years
from ingest.interpret.teller import Source, Teller
from ingest.interpret.times import Unreadable, read_time

Where = Callable[[int | None, str], str]  # of which rule (from 0; None: the CSV's own), and key → where it stands

_UNIT_MS = {"ms": 1, "s": 1_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}


class Record(msgspec.Struct, frozen=True):
    """The body of a raw message that is a row of a CSV."""

    line: int
    row: dict[str, str]


_decoder = msgspec.json.Decoder(Record)


def interpreter_of(csv: Csv, source: Source, where: Where) -> Callable[[bytes, int], list[Event]]:
    """How records become events. Raises Misconfigured, naming line and key, when the description is wrong."""
    rules = [_Compiled(rule, csv, partial(where, number)) for number, rule in enumerate(csv.events)]
    if csv.layout == "long" and not (csv.activity and csv.time):
        raise Misconfigured(
            f"{where(None, 'layout')}: a long CSV needs activity and time: which column says what, and when."
        )
    if csv.anchor and not _is_time(csv.anchor):
        raise Misconfigured(f"{where(None, 'anchor')}: no ISO time; a column is named by anchor_column.")
    if not rules:
        raise Misconfigured(f"{where(None, 'events')}: no rule says which events the rows tell.")

    def interpret(body: bytes, received_at: int) -> list[Event]:
        try:
            record = _decoder.decode(body)
        except msgspec.DecodeError:
            raise Malformed("not a record: $") from None
        return _Reader(record, csv, source, received_at).told(rules)

    return interpret


class _Compiled:
    """A rule with its event type found and its fields checked."""

    def __init__(self, rule: Rule, csv: Csv, where: Callable[[str], str]) -> None:
        kind = catalogue().get(rule.event)
        if kind is None:
            raise Misconfigured(f"{where('event')}: there is no event {rule.event!r}; see: hispulse events list.")
        self.rule = rule
        self.kind = kind
        known = kind.__struct_fields__
        for name in (*rule.fields, *rule.values):
            if name not in known:
                raise Misconfigured(f"{where(name)}: {rule.event} has no field {name!r}.")
        if csv.layout == "long" and not rule.activity:
            raise Misconfigured(f"{where('event')}: the rule for {rule.event} names no activity.")
        if csv.layout == "wide" and not (rule.time or rule.offset):
            raise Misconfigured(f"{where('event')}: the rule for {rule.event} names neither time nor offset.")
        if rule.offset and not (csv.anchor or csv.anchor_column):
            raise Misconfigured(
                f'{where("offset")}: offsets need an anchor = "2025-03-03", or an anchor_column with each row\'s own.'
            )
        shared = {name: column for name, column in csv.fields.items() if name in known}
        self.fields = {**shared, **rule.fields}


class _Reader(Teller):
    """A teller that reads one record."""

    def __init__(self, record: Record, csv: Csv, source: Source, received_at: int) -> None:
        self._row = record.row
        self._csv = csv
        telling = Telling(
            facility_id=source.facility_id,
            source_system=source.source_system,
            ingested_at=received_at,
            source_msg_id=str(record.line),
            mapping_version=source.mapping_version,
        )
        super().__init__(source, telling)
        self.patient_id = self.identify("patient", self._text(csv.patient))
        self.visit_id = self.identify("visit", self._text(csv.visit))

    def told(self, rules: Iterable[_Compiled]) -> list[Event]:
        activity = self._row.get(self._csv.activity, "") if self._csv.layout == "long" else ""
        chosen = [each for each in rules if each.rule.activity == activity]
        if not chosen:
            raise Ignored("activity without a rule")
        for each in chosen:
            occurred = self._occurred(each.rule)
            if occurred:
                self._tell(each, occurred)
        if not self.events:
            raise Ignored("row without a time")
        return self.events

    def _tell(self, each: _Compiled, occurred: Instant) -> None:
        rule = each.rule
        order = occurred.ms if rule.prefer == "last" else 10**14 - occurred.ms
        self.telling = msgspec.structs.replace(self.telling, row_version=f"{rule.rank:04d}{order:015d}")
        coded: dict[str, str] = {}
        payload: dict[str, Any] = {}
        texts = {**{name: self._text(columns) for name, columns in each.fields.items()}, **rule.values}
        for name, text in texts.items():
            if legal_codes(each.kind, name) and name != "age_band":
                coded[name] = text
            elif text:
                payload[name] = self._value(each.kind, name, text, occurred)
        self.tell(each.kind, occurred, coded=coded, **payload)

    def _value(self, kind: type[Event], name: str, text: str, occurred: Instant) -> Any:
        of, place = hint(kind, name), f"column of {name}"
        if name == "age_band":
            return age_band_of_years(text) if len(text) <= 5 else age_band(text, self.local_day(occurred))
        if name in STAFF:
            return self.staff(text)
        if name == "ticket_id":
            return self.ticket(text, "", occurred)
        if name in NUMBERS:
            return self.identify(NUMBERS[name], text, on=self.local_day(occurred))
        if name.endswith("dept") or name == "dept_code":
            return self.dept(text)
        if of is UtcMs:
            found = self._instant(text, place)
            return found.ms if found else None
        if of is Day:
            return self.day_text(text, place)
        if of is Amount:
            return self.amount(text, place)
        if of is int:
            return self.number(text, place)
        if of is bool:
            return text.lower() in ("1", "true", "t", "yes", "y")
        return text

    def _occurred(self, rule: Rule) -> Instant | None:
        if not rule.offset:
            column = rule.time or self._csv.time
            return self._instant(self._row.get(column, ""), f"column {column}")
        if any(not self._row.get(column, "").strip() for column in rule.offset):
            return None
        anchor = self._anchor()
        if anchor is None:
            return None
        days = sum(int(self._decimal(column) * per_unit) for column, per_unit in self._csv.anchor_days.items())
        length = sum((self._decimal(column) for column in rule.offset), Decimal()) * _UNIT_MS[self._csv.unit]
        return anchor._replace(ms=anchor.ms + days * _UNIT_MS["d"] + round(length), precision="ms")

    def _anchor(self) -> Instant | None:
        """Where the row's offsets count from."""
        if column := self._csv.anchor_column:
            return self._instant(self._row.get(column, ""), f"column {column}")
        return read_time(self._csv.anchor, None, self.source.zone)

    def _instant(self, text: str, place: str) -> Instant | None:
        text = text.strip()
        if text and self._csv.time_format:
            try:
                written = datetime.strptime(text, self._csv.time_format)  # noqa: DTZ007 - `time` places it
            except ValueError:
                raise Malformed(f"unreadable time: {place}") from None
            written += timedelta(microseconds=500)  # to the nearest millisecond
            text = written.isoformat(timespec="milliseconds")
        return self.time(text, place)

    def _decimal(self, column: str) -> Decimal:
        try:
            number = Decimal(self._row.get(column, "").strip())
        except InvalidOperation:
            raise Malformed(f"not a number: column {column}") from None
        if not number.is_finite() or abs(number) > 10**9:
            raise Malformed(f"not a number: column {column}")
        return number

    def _text(self, columns: Columns) -> str:
        names = (columns,) if isinstance(columns, str) else columns
        parts = [self._row.get(name, "").strip() for name in names if name]
        return "/".join(parts) if all(parts) else ""


def _is_time(text: str) -> bool:
    try:
        read_time(text, None, ZoneInfo("UTC"))
    except Unreadable:
        return False
    return True
