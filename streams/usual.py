"""What each source usually tells at this hour of such a day, and how much it tells now. Pure.

The watch counts what it hears hour by hour and keeps it for eight weeks, as one record a source on the topic of
incidents: nothing but numbers. An hour of which it has not heard nearly all says nothing of what is usual, and neither
do days of another kind: a make-up working Saturday is a working day, a half-day is only like half-days.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime
from statistics import median
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from ingest.calendar import Calendar
from streams.cells import FeedMark

HOUR_MS = 3_600_000
_KEPT_DAYS = 56
_LEAST_DAYS = 3  # of fewer days of its kind nothing is said
_WHOLE_MS = 55 * 60_000  # of so much of an hour its number stands for the hour
_EVERY_MS = 60_000
_TORN_MS = 15 * 60_000  # after a longer silence of our own nobody knows which hour it was told in
LEAST = 20.0  # an hour that usually brings fewer is quiet by itself
_SHARE, _OF_LOWEST = 0.25, 0.5  # few: below a quarter of what is usual, and below half of the fewest there ever were


class Hour(msgspec.Struct, array_like=True):
    """What was told in an hour, and how much of the hour was heard."""

    n: int = 0
    heard_ms: int = 0


class Told(msgspec.Struct, kw_only=True):
    """A source's hours: local date → hour → what was told."""

    source_system: str
    days: dict[str, dict[int, Hour]] = {}


class Usual(NamedTuple):
    """Events of an hour: the middle of the days of this kind, the fewest, and how many days that were."""

    middle: float
    fewest: float
    days: int


class Rate(msgspec.Struct, frozen=True):
    """Events of the last 60 minutes, and what is usual."""

    now: int | None = None  # None: not heard for an hour yet
    usual: float | None = None  # None: too few days of this kind are known
    fewest: float | None = None
    days: int = 0

    @property
    def is_few(self) -> bool:
        """Whether it is far less than there ever was at such a time."""
        if self.now is None or self.usual is None or self.fewest is None or self.usual < LEAST:
            return False
        return self.now < self.usual * _SHARE and self.now < self.fewest * _OF_LOWEST


class Rates:
    """How much each source tells."""

    def __init__(self, calendar: Calendar, kept: Iterable[Told] = ()) -> None:
        self._calendar, self._zone = calendar, ZoneInfo(calendar.zone)
        self._told = {each.source_system: each for each in kept}
        self._samples: dict[str, deque[tuple[int, int]]] = {}  # (at, events so far), of the last hour
        self._changed: set[str] = set()

    def take(self, at: int, marks: Iterable[FeedMark]) -> dict[str, Rate]:
        """Count what the shards have heard until `at`. Returns every source's rate."""
        events: dict[str, int] = {}
        for mark in marks:
            events[mark.source_system] = events.get(mark.source_system, 0) + mark.events
        for source, n in events.items():
            self._count(source, at, n)
        return {source: self.rate(source, at) for source in events}

    def rate(self, source: str, at: int) -> Rate:
        """A source's rate at an instant."""
        samples, usual = self._samples.get(source), self.usual(source, at)
        now = None
        if samples and at - samples[0][0] >= _WHOLE_MS:
            now = samples[-1][1] - samples[0][1]
        return Rate(now) if usual is None else Rate(now, usual.middle, usual.fewest, usual.days)

    def usual(self, source: str, at: int) -> Usual | None:
        """What the 60 minutes before an instant bring on days of its kind: of two hours, each by its part."""
        told = self._told.get(source)
        if told is None:
            return None
        today, hour, part = self._place(at)
        kind, found = kind_of_day(self._calendar, today), []
        for day, hours in told.days.items():
            if day < today and kind_of_day(self._calendar, day) == kind:
                now, before = _whole(hours.get(hour)), _whole(hours.get(hour - 1))
                if now is not None and (before is not None or part == 1.0):
                    found.append(now * part + (before or 0) * (1 - part))
        return Usual(median(found), min(found), len(found)) if len(found) >= _LEAST_DAYS else None

    def know(self, kept: Iterable[Told]) -> None:
        """What the watch has counted outranks what was counted here."""
        self._told |= {each.source_system: each for each in kept}

    def news(self) -> list[Told]:
        """What must be kept anew since the last call: what has come to the end of an hour."""
        found = [self._told[source] for source in sorted(self._changed)]
        self._changed = set()
        return found

    def _count(self, source: str, at: int, events: int) -> None:
        samples = self._samples.setdefault(source, deque())
        if samples and (events < samples[-1][1] or not 0 <= at - samples[-1][0] <= _TORN_MS):
            samples.clear()  # counted anew, or not heard for a while
        if not samples:
            samples.append((at, events))
            return
        last_at, before = samples[-1]
        if at - last_at < _EVERY_MS:
            return
        samples.append((at, events))
        while len(samples) > 2 and samples[1][0] <= at - HOUR_MS:
            samples.popleft()
        self._book(source, last_at, at, events - before)

    def _book(self, source: str, since: int, at: int, n: int) -> None:
        """What was told between two looks belongs to the hour of the first."""
        told = self._told.setdefault(source, Told(source_system=source))
        day, number, _ = self._place(since)
        hour = told.days.setdefault(day, {}).setdefault(number, Hour())
        hour.n, hour.heard_ms = hour.n + n, hour.heard_ms + at - since
        if self._place(at)[:2] != (day, number):
            self._changed.add(source)
            for old in sorted(told.days)[:-_KEPT_DAYS]:
                del told.days[old]

    def _place(self, at: int) -> tuple[str, int, float]:
        """Local date, hour, and how much of the 60 minutes before lies in that hour."""
        local = datetime.fromtimestamp(at / 1000, UTC).astimezone(self._zone)
        return local.date().isoformat(), local.hour, (local.minute * 60 + local.second) / 3600


def kind_of_day(calendar: Calendar, day: str) -> str:
    """Days of one kind are alike: a make-up day is a working day, half-days are only like each other."""
    kind = calendar.kind(day)
    return "half" if calendar.is_half_day(day) else {"makeup": "workday", "closed": "holiday"}.get(kind, kind)


def _whole(hour: Hour | None) -> int | None:
    return hour.n if hour is not None and hour.heard_ms >= _WHOLE_MS else None
