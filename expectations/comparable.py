"""Which days a day may be held against: the same weekday of the weeks before, and the last day that was like it.

A public holiday is like other holidays only, so that it alarms nobody; a make-up Sunday is like a working day. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import msgspec

from ingest.calendar import Calendar

WEEKS = 8
LEAST = 3  # of fewer days nobody can say what is usual
_AGO = timedelta(days=14)  # a day longer ago than this is no day before


class Comparable(msgspec.Struct, frozen=True):
    """The days to compare with, newest first, ISO; `before` is the last one that was like the day."""

    weekdays: tuple[str, ...] = ()
    before: str | None = None

    @property
    def usual(self) -> tuple[str, ...]:
        """The days that say what is usual: none while they are too few."""
        return self.weekdays if len(self.weekdays) >= LEAST else ()


NOTHING = Comparable()  # nothing to compare with


def comparable(calendar: Calendar, published: Iterable[str], day: str) -> Comparable:
    """Of the days that were published, those that the day may be held against."""
    this = date.fromisoformat(day)
    earliest = (this - timedelta(weeks=WEEKS)).isoformat()
    alike = sorted((d for d in set(published) if earliest <= d < day and calendar.are_alike(d, day)), reverse=True)
    weekdays = tuple(d for d in alike if date.fromisoformat(d).weekday() == this.weekday())
    before = next((d for d in alike if d >= (this - _AGO).isoformat()), None)
    return Comparable(weekdays, before)
