"""What the feeds' own rule would have raised on days that are over: the same looks, over what was heard minute by
minute. Pure.

Heartbeats are not kept: every link counts as up, and what a broken link kept back is a silence. How much is usual is
learned from the days that are gone through, oldest first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from ingest.clock import ClockMap
from ingest.feeds import FeedSettings
from streams.alerts.hindsight import STEP_MS, Past
from streams.alerts.incident import Incident
from streams.alerts.listening import Listening
from streams.alerts.readings import Moment, Watched, readings_of_feeds
from streams.alerts.rule import FEEDS, Rule
from streams.cells import FeedMark
from streams.feeds import Heartbeats
from streams.lag import lag_bucket
from streams.usual import Rates


class Minute(msgspec.Struct, frozen=True, kw_only=True):
    """What one source told in one minute, by when it was heard."""

    source_system: str
    heard_at: int  # the last of it
    events: int = 0
    lags_s: dict[int, int] = {}  # from recorded there to heard here, whole seconds → n; history that was told left out


class PastFeeds:
    """The feeds going through days, one after the other; what their rule raised lies in `incidents`."""

    def __init__(
        self, watched: Watched, rule: Rule, settings: Mapping[str, FeedSettings], before: Iterable[Minute] = ()
    ) -> None:
        self._watched = msgspec.structs.replace(watched, rules={FEEDS: rule})
        self._sources = {feed.source_system for feed in settings.values()}
        self._beats = Heartbeats(0)
        self._listening = Listening(settings, watched.calendar, self._beats, Rates(watched.calendar))
        self._past = Past(watched.house.facility_id, self._watched.rules)
        self._marks: dict[str, FeedMark] = {}
        self._day = ""
        for minute in before:
            self._hear(minute)

    @property
    def incidents(self) -> list[Incident]:
        """What was raised so far, in its order."""
        return self._past.incidents

    def live_through(self, day: str, minutes: Iterable[Minute], now: int) -> None:
        """One day from midnight to midnight, and not beyond `now`: nobody is silent yet who has still to come."""
        house = self._watched.house
        waiting = sorted(minutes, key=lambda minute: minute.heard_at, reverse=True)
        for at in range(house.instant(day, 0), min(house.instant(day, 24 * 60), now + 1), STEP_MS):
            while waiting and waiting[-1].heard_at <= at:
                self._hear(waiting.pop())
            self._look(at)
        for minute in reversed(waiting):  # of the last minute of the day
            self._hear(minute)

    def _look(self, at: int) -> None:
        for source in self._sources:
            self._beats.beat(source, at)
        feeds = self._listening.look(list(self._marks.values()), ClockMap(), at)
        self._past.see(list(readings_of_feeds(self._watched, Moment(at=at, feeds=feeds), self._past.unfinished)))

    def _hear(self, minute: Minute) -> None:
        if (day := self._watched.house.local_day(minute.heard_at)) > self._day:  # lags are those of one day
            self._day = day
            self._marks = {s: msgspec.structs.replace(mark, lag_buckets={}) for s, mark in self._marks.items()}
        before = self._marks.get(minute.source_system)
        buckets = dict(before.lag_buckets) if before else {}
        for lag_s, n in minute.lags_s.items():
            bucket = lag_bucket(lag_s * 1000)
            buckets[bucket] = buckets.get(bucket, 0) + n
        self._marks[minute.source_system] = FeedMark(
            source_system=minute.source_system, domain="", heard_at=minute.heard_at, watermark=0,
            events=minute.events + (before.events if before else 0), lag_buckets=buckets,
        )  # fmt: skip
