"""The feeds as a watch sees them from look to look: their links, their silences, how late and how few they tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ingest.calendar import Calendar
from ingest.feeds import FeedSettings
from streams.cells import FeedMark
from streams.feeds import Feed, Heartbeats, HospitalTime, feeds_now, heard
from streams.lags import Lags
from streams.usual import Rates


class Listening:
    """Remembers between two looks what a feed told in the last hour. Pure: the instants are passed in."""

    def __init__(
        self, settings: Mapping[str, FeedSettings], calendar: Calendar, beats: Heartbeats, rates: Rates
    ) -> None:
        self._settings, self._calendar, self._beats, self._rates = settings, calendar, beats, rates
        self._lags = Lags()

    def look(
        self, marks: Sequence[FeedMark], clock: HospitalTime, real_ms: int, *, catching_up: bool = False
    ) -> tuple[Feed, ...]:
        """Every feed at an instant. What comes while a feed is closed does not make it late when it opens."""
        at = clock.at(real_ms)
        lags, rates = self._lags.take(at, marks), {} if catching_up else self._rates.take(at, marks)
        found = feeds_now(self._settings, heard(marks), self._beats, clock, real_ms, self._calendar, lags, rates)
        for feed in found:
            if feed.opening == "closed":
                self._lags.begin_anew(feed.source_system)
        return found
