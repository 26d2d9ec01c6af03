"""Whether a place is open by its hours of that day, which the calendar tells: open, in a break, or closed. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from ingest.calendar import minutes

Opening = Literal["open", "break", "closed"]  # a break lies between two spans of one day


def opening(hours: tuple[str, ...], at: int, zone: ZoneInfo) -> Opening:
    """Whether a place is open at an instant by its hours of that day; none: it is closed."""
    if opened_at(hours, at, zone) is not None:
        return "open"
    return "break" if has_opened(hours, at, zone) and not has_closed(hours, at, zone) else "closed"


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
    return datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(minutes=minutes(hhmm))
