"""When a place is open: its hours of the day, and the days on which it does not open at all. Pure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Opening = Literal["open", "break", "closed"]  # a break lies between two spans of one day

_MINUTES_A_DAY = 24 * 60


def opening(hours: tuple[str, ...], at: int, zone: ZoneInfo, days_off: Collection[str] = ()) -> Opening:
    """Whether a place is open at an instant. `days_off` are local dates; who is open round the clock has none."""
    moment = _local(at, zone)
    if moment.date().isoformat() in days_off and not round_the_clock(hours):
        return "closed"
    if opened_at(hours, at, zone) is not None:
        return "open"
    return "break" if has_opened(hours, at, zone) and not has_closed(hours, at, zone) else "closed"


def round_the_clock(hours: tuple[str, ...]) -> bool:
    """Whether the hours leave nothing out of a day."""
    spans = [tuple(_minutes(end) for end in span.split("-")) for span in hours]
    return any(span == (0, _MINUTES_A_DAY) for span in spans)


def opened_at(hours: tuple[str, ...], now: int, zone: ZoneInfo) -> int | None:
    """The instant at which the open hours that `now` lies in began; None when it lies in none."""
    moment = _local(now, zone)
    for span in hours:
        start, _, end = span.partition("-")
        begins, ends = _at(moment.date(), start, zone), _at(moment.date(), end, zone)
        if begins <= moment < ends:
            return int(begins.timestamp() * 1000)
    return None


def has_opened(hours: tuple[str, ...], now: int, zone: ZoneInfo) -> bool:
    """Whether the first of today's open hours has begun."""
    moment = _local(now, zone)
    return any(moment >= _at(moment.date(), span.partition("-")[0], zone) for span in hours)


def has_closed(hours: tuple[str, ...], now: int, zone: ZoneInfo) -> bool:
    """Whether the last of today's open hours is over."""
    moment = _local(now, zone)
    return all(moment >= _at(moment.date(), span.partition("-")[2], zone) for span in hours)


def _local(at: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(zone)


def _at(day: date, hhmm: str, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(minutes=_minutes(hhmm))


def _minutes(hhmm: str) -> int:
    hour, minute = (int(part) for part in hhmm.split(":"))
    return hour * 60 + minute
