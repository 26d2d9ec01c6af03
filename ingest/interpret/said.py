"""Values as JSON has them, read strictly: a text is a text, a number a number, and every refusal names the place.

A number of a person or a paper is a text, or an object that also says who numbers (`authority`) and, where numbers
start anew each day, of which day it is (`date`).
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

from ingest.errors import Malformed
from ingest.events.envelope import Instant, Part
from ingest.interpret.codes import harmless
from ingest.interpret.fields import Holding, holds, number_kind
from ingest.interpret.teller import Teller

_LONGEST = 200  # characters; nothing of ours is longer
_FIRST_MS, _LAST_MS = -2_208_988_800_000, 10_413_791_999_000  # the years 1900 to 2299, as the warehouse keeps them
_SECONDS_BEFORE = 100_000_000_000  # a whole number below it is seconds, not milliseconds: which is not guessed
_YEARS, _ISO_DATE = (1880, 2099), len("2025-03-03")
_FIRST_DAY = date(1970, 1, 1)  # of what is kept as a day; somebody may have been born before
_AMOUNT = re.compile(r"-?[0-9]{1,10}(\.[0-9]{1,4})?")
_LARGEST, _DIGITS = 999_999_999, 10


class Said(Teller):
    """A teller that reads JSON values."""

    def text(self, value: Any, place: str) -> str:
        """A text, or a whole number as text; "" when nothing was said."""
        if value is None:
            return ""
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            raise Malformed(f"not a text: {place}")
        text = str(value).strip()
        if len(text) > _LONGEST:
            raise Malformed(f"too long: {place}")
        return text

    def instant(self, value: Any, place: str) -> Instant | None:
        """A time as ISO text, or as whole milliseconds since 1970."""
        if isinstance(value, int) and not isinstance(value, bool):
            found: Instant | None = Instant(value, "ms", 0)
            if value < _SECONDS_BEFORE:
                raise Malformed(f"unreadable time: {place}")
        else:
            found = self.time(self.text(value, place), place)
        if found is not None and not _FIRST_MS <= found.ms <= _LAST_MS:
            raise Malformed(f"implausible time: {place}")
        return found

    def calendar_day(self, value: Any, place: str) -> date | None:
        """A calendar date, ISO."""
        text = self.text(value, place)
        try:
            found = date.fromisoformat(text) if text else None
        except ValueError:
            raise Malformed(f"unreadable date: {place}") from None
        if found is not None and not (len(text) == _ISO_DATE and _YEARS[0] <= found.year <= _YEARS[1]):
            raise Malformed(f"implausible date: {place}")
        return found

    def number_of(self, field: str, value: Any, place: str, on: date | None) -> str | None:
        """The pseudonym of a number; `on` dates one that starts anew each day and does not say of which day it is."""
        number, authority, day = self._numbered(value, place)
        return self.identify(number_kind(field), number, authority, on=day or on)

    def ticket_of(self, value: Any, place: str, queue: str, at: Instant) -> str | None:
        """The pseudonym of a ticket in its queue."""
        number, authority, day = self._numbered(value, place)
        if day is not None and day != self.local_day(at):
            if self.source.numbers.get("ticket") == "daily":
                number = f"{queue}/{number}"
            return self.identify("ticket", number, authority, on=day)
        return self.ticket(number, queue, at, authority)

    def _numbered(self, value: Any, place: str) -> tuple[str, str, date | None]:
        if not isinstance(value, dict):
            return self.text(value, place), "", None
        number = self.text(value.get("number"), f"{place}.number")
        if not number:
            raise Malformed(f"missing: {place}.number")
        return (
            number,
            self.text(value.get("authority"), f"{place}.authority"),
            self.calendar_day(value.get("date"), f"{place}.date"),
        )

    def value(self, what: Holding, field: str, value: Any, place: str, at: Instant) -> Any:
        """A value of an event or of a part of one, as the event holds it."""
        if what == "number":
            # A visit's number is not dated by what happened in it: the visit may have begun the day before.
            return self.number_of(field, value, place, None if number_kind(field) == "visit" else self.local_day(at))
        if what == "staff":
            return self.staff(self._numbered(value, place)[0])
        if what == "dept":
            return self.dept(self.text(value, place)) or None
        if what == "instant":
            found = self.instant(value, place)
            return found.ms if found else None
        if what == "amount":
            return self._amount(value, place)
        if what == "day":
            return self._day(value, place)
        if what == "map":
            return _counts(value, place)
        if what in ("int", "float", "bool"):
            return _plain(what, value, place)
        return self.text(value, place)

    def _amount(self, value: Any, place: str) -> Decimal | None:
        """An amount of money, positive: whoever mirrors a payment writes it negative."""
        text = str(value) if isinstance(value, Decimal) else self.text(value, place)
        if isinstance(value, str) and text and not _AMOUNT.fullmatch(text):
            raise Malformed(f"not an amount: {place}")
        amount = self.amount(text, place)
        return abs(amount) if amount is not None else None

    def part(self, kind: type[Part], value: Any, place: str, at: Instant) -> Part:
        """One of a list inside an event."""
        if not isinstance(value, dict):
            raise Malformed(f"not an object: {place}")
        told: dict[str, Any] = {}
        for name in kind.__struct_fields__:
            one, where, what = value.get(name), f"{place}.{name}", holds(kind, name)
            if one is None:
                continue
            if what == "code" and not isinstance(one, str):
                raise Malformed(f"not a text: {where}")
            if what == "code":
                told[name], known = self.code(kind, name, self.text(one, where))
                if not known:
                    raise Malformed(f"illegal code: {where}")
            else:
                told[name] = self.value(what, name, one, where, at)
        return kind(**told)

    def _day(self, value: Any, place: str) -> str | None:
        found = self.calendar_day(value, place)
        if found is not None and found < _FIRST_DAY:
            raise Malformed(f"implausible date: {place}")
        return found.isoformat() if found else None


def _plain(what: Holding, value: Any, place: str) -> bool | int | float:
    if what == "bool":
        if not isinstance(value, bool):
            raise Malformed(f"not true or false: {place}")
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < _DIGITS:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)) or not 0 <= value <= _LARGEST:
        raise Malformed(f"not a number: {place}")
    if what == "int" and value != int(value):
        raise Malformed(f"not a whole number: {place}")
    return int(value) if what == "int" else float(value)


def _counts(value: Any, place: str) -> dict[str, int]:
    """How many there are of what, by codes."""
    if not isinstance(value, dict):
        raise Malformed(f"not an object: {place}")
    if not all(harmless(code) for code in value):
        raise Malformed(f"illegal code: {place}")
    return {code: int(_plain("int", many, place)) for code, many in value.items()}
