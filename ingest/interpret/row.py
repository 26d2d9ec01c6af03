"""A row of a view being interpreted: its columns by name, and the events that they tell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from ingest.errors import Malformed
from ingest.events.envelope import Event, Instant, Op, Telling
from ingest.interpret.clock_words import spoken
from ingest.interpret.teller import Source, Teller
from ingest.interpret.times import Unreadable, read_date, read_time

_TRUE, _FALSE = ("1", "y", "yes", "true", "t", "是"), ("0", "n", "no", "false", "f", "否")
_LSN = re.compile(r"([0-9A-Fa-f]{1,8})/([0-9A-Fa-f]{1,8})")


class Row(Teller):
    """A teller that reads one row; or several that tell one fact together, such as a payment in two channels.

    Which rows those are, whoever reads them from the database knows (`beside`: all but this one, as they stand). What
    they tell has as its version the sum of theirs: it grows with every row that is added, changed or deleted.
    """

    def __init__(
        self,
        view: str,
        columns: Mapping[str, Any],
        source: Source,
        received_at: int,
        beside: Iterable[Mapping[str, Any]] = (),
    ) -> None:
        self.view = view
        self._columns = columns
        others = [Row(view, each, source, received_at) for each in beside]
        self.version: int = self._own_version() + sum(each.version for each in others)
        telling = Telling(
            facility_id=source.facility_id,
            source_system=source.source_system or view,
            ingested_at=received_at,
            source_msg_id=f"{view}:{self.text('src_pk')}"[:64] if self._is_harmless_key() else None,
            row_version=str(self.version),
            mapping_version=source.mapping_version,
        )
        super().__init__(source, telling)
        standing = [each for each in (self, *others) if not each.flag("is_deleted")]
        self.together = standing or [self, *others]
        self.op: Op = "assert" if standing else "retract"
        self.patient_id = self.identify("patient", self.text("patient_key"))
        self.visit_id = self.identify("visit", self.text("visit_id"), on=self.day("visit_date"))

    def text(self, column: str) -> str:
        """A column as text; "" when absent or null."""
        return _text(self._columns.get(column))

    def before(self, column: str) -> str:
        """What a column said before the row was overwritten, as text; "" when nobody knows or it said nothing."""
        earlier = self._columns.get("_before")
        return _text(earlier.get(column)) if isinstance(earlier, dict) else ""

    def at(self, column: str) -> Instant | None:
        """A column's time. Raises Malformed naming view and column."""
        text = self.text(column)
        if text and not text[:4].isdigit():
            text = self._dated(text, column)
        return self.time(text, f"{self.view}.{column}")

    def ms(self, column: str) -> int | None:
        """As `at`, UTC ms."""
        found = self.at(column)
        return found.ms if found else None

    def day(self, column: str) -> date | None:
        """A column's calendar date."""
        text = self.text(column)
        try:
            return read_date(text) if text else None
        except Unreadable:
            raise Malformed(f"unreadable date: {self.view}.{column}") from None

    def flag(self, column: str) -> bool | None:
        """A column that says yes or no; None when it says neither."""
        return says_yes(self._columns.get(column))

    def money(self, column: str) -> Decimal | None:
        """An amount, positive: a mirror row carries it negative."""
        amount = self.amount(self.text(column), f"{self.view}.{column}")
        return abs(amount) if amount is not None else None

    def whole(self, column: str) -> int | None:
        """A whole number."""
        return self.number(self.text(column), f"{self.view}.{column}")

    def number_of(self, kind: str, column: str, *dated_by: str) -> str | None:
        """The pseudonym of a number in a column. One that starts anew each day goes with the column `<kind>_date`,
        else with the date of the first of these times that the row tells."""
        return self.identify(kind, self.text(column), on=self._given_on(kind, dated_by))

    def _given_on(self, kind: str, dated_by: tuple[str, ...]) -> date | None:
        if not self.is_daily(kind):
            return None
        told = (self.at(name) for name in dated_by)
        return self.day(f"{kind}_date") or next((self.local_day(at) for at in told if at), None)

    def needed(self, kind: str, column: str, *dated_by: str) -> str:
        """As `number_of`. Raises Malformed where there is none."""
        found = self.number_of(kind, column, *dated_by)
        if found is None:
            raise Malformed(f"missing subject: {self.view}.{column}")
        return found

    def need_visit(self) -> str:
        """The visit's pseudonym. Raises Malformed where there is none."""
        if self.visit_id is None:
            raise Malformed(f"missing subject: {self.view}.visit_id")
        return self.visit_id

    def fact(self, kind: type[Event], column: str, /, **told: Any) -> Event | None:
        """An event that happened at a column's time; nothing when the column is null."""
        occurred = self.at(column)
        return self.tell(kind, occurred, op=self.op, **told) if occurred else None

    def heard(self) -> tuple[Instant, tuple[str, ...]]:
        """Now, for what the view gives no time of: when we heard it, flagged."""
        return Instant(self.telling.ingested_at, "ms", 0), ("occurred_from:received_at",)

    def _dated(self, text: str, column: str) -> str:
        """A time of day with the day that the row tells beside it, e.g. start_date or visit_date."""
        said = spoken(text)
        if said is None or said.day:
            return text
        beside = (column.replace("_at", "_date"), "visit_date", "session_date", "planned_date")
        day = next((day for name in beside if (day := self.day(name))), None)
        return f"{day.isoformat()} {text}" if day else text

    def _own_version(self) -> int:
        text = self.text("row_ver")
        if not text:
            raise Malformed(f"missing: {self.view}.row_ver")
        again = self._columns.get("_again", 0)  # how often it said something else under the same version
        return int(row_version(text)) + (again if isinstance(again, int) else 0)

    def _is_harmless_key(self) -> bool:
        """A key that is a running number may be kept beside the event; one made of people's numbers may not."""
        key = self.text("src_pk")
        return key.isascii() and key.isdigit() and len(key) <= 10


def says_yes(value: object) -> bool | None:
    """What a value says that means yes or no; None when it says neither."""
    text = _text(value).lower()
    return True if text in _TRUE else False if text in _FALSE else None


def _text(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value).strip()


def row_version(text: str) -> str:
    """A version as digits whose order is the versions' order: a number, an LSN (16/B374D848) or a time."""
    if text.isascii() and text.isdigit():
        return text
    if lsn := _LSN.fullmatch(text):
        return str((int(lsn.group(1), 16) << 32) + int(lsn.group(2), 16))
    try:
        instant = read_time(text.replace("+00:00", "Z"), 0, None)
    except Unreadable:
        raise Malformed("unreadable version: row_ver") from None
    digits = re.search(r"\.(\d{1,6})", text)  # a time's versions may differ by microseconds only
    micros = int((digits.group(1) if digits else "0").ljust(6, "0")) % 1000
    return str(instant.ms * 1000 + micros)
