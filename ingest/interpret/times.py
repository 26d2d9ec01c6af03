"""Reads a point in time as a source wrote it: with its precision, and never without a zone.

Order of zones (domain specification 8, row 15): the offset in the text, the message's own offset (MSH-7), the zone
configured for the source; without any of them the time is refused, never taken for the server's own zone.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

from ingest.events.envelope import Instant, Precision
from ingest.interpret.clock_words import spoken

# 20250303, 202503030840, 20250303084000.123+0800; also 2025-03-03 08:40:00, 2025/3/3 8:40, 2025-03-03T08:40:00Z
_HL7 = re.compile(r"(\d{4})(\d\d)(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:\.(\d{1,6}))?)?)?)?\s?(Z|[+-]\d{4})?")
_ISO = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]+(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?"
    r"\s?(Z|[+-]\d\d(?::?\d\d)?)?"
)
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)?")
_MAX_OFFSET_MIN = 18 * 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Unreadable(ValueError):
    """The text is no time that we can place: the caller says in which field, never what it was."""


@lru_cache(maxsize=65536)
def read_time(text: str, message_offset_min: int | None, zone: ZoneInfo | None) -> Instant:
    """An instant from HL7 or ISO text. Raises Unreadable."""
    found = _HL7.fullmatch(text) or _ISO.fullmatch(text)
    if found is None:
        return _read_spoken(text, zone)
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    sent_offset = _offset_min(offset) if offset else message_offset_min
    try:
        local = datetime(  # noqa: DTZ001 - the zone is attached below
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0)
        )
        local += timedelta(milliseconds=int((fraction or "0")[:3].ljust(3, "0")))
        return _placed(local, _precision(hour, minute, second, fraction), sent_offset, zone)
    except (ValueError, OverflowError):
        raise Unreadable from None


def _read_spoken(text: str, zone: ZoneInfo | None) -> Instant:
    """A time that is told in words of the clock; it never has an offset."""
    said = spoken(text)
    plain = f"{said.day} {said.clock}".strip() if said and said.day else ""
    if said is None or _ISO.fullmatch(plain) is None:
        raise Unreadable
    instant = read_time(plain, None, zone)
    return instant._replace(precision="day") if said.is_day else instant


def read_offset(text: str) -> int | None:
    """The offset in minutes that a time carries, e.g. +480 for `…+0800`; None when it has none."""
    found = _HL7.fullmatch(text) or _ISO.fullmatch(text)
    return _offset_min(found.group(8)) if found and found.group(8) else None


def read_date(text: str) -> date:
    """A calendar date (`20250303`, `2025-03-03`, longer times cut). Raises Unreadable."""
    found = _HL7.fullmatch(text) or _ISO.fullmatch(text)
    try:
        if found is None:
            said = spoken(text)
            found = _ISO.fullmatch(said.day) if said and said.day else None
        if found is None:
            raise Unreadable
        return date(int(found.group(1)), int(found.group(2)), int(found.group(3)))
    except ValueError:
        raise Unreadable from None


def local_date(at_ms: int, zone: ZoneInfo) -> date:
    """The hospital's calendar date of an instant."""
    return (_EPOCH + timedelta(milliseconds=at_ms)).astimezone(zone).date()


def _placed(local: datetime, precision: Precision, offset_min: int | None, zone: ZoneInfo | None) -> Instant:
    defaulted = offset_min is None
    if offset_min is None:
        if zone is None:
            raise Unreadable
        shift = local.replace(tzinfo=zone).utcoffset()
        offset_min = int(shift.total_seconds() // 60) if shift is not None else 0
    if abs(offset_min) > _MAX_OFFSET_MIN:
        raise Unreadable
    instant = local.replace(tzinfo=timezone(timedelta(minutes=offset_min)))
    return Instant((instant - _EPOCH) // timedelta(milliseconds=1), precision, offset_min, defaulted)


def _precision(hour: str | None, minute: str | None, second: str | None, fraction: str | None) -> Precision:
    if hour is None:
        return "day"
    if minute is None:
        return "hour"
    if second is None:
        return "minute"
    return "second" if fraction is None else "ms"


def _offset_min(text: str) -> int:
    if text == "Z":
        return 0
    found = _OFFSET.fullmatch(text)
    if found is None:
        raise Unreadable
    sign, hours, minutes = found.groups()
    return (1 if sign == "+" else -1) * (int(hours) * 60 + int(minutes or 0))
