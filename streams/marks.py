"""How far each source has come, as one shard hears it: the marks that decide what a number on the wall may be trusted.

A watermark is the latest time told minus ten minutes: what is still to come is hardly older. Times in the future
(more than ten minutes after they were heard) move no watermark.
"""

from __future__ import annotations

import msgspec

from ingest.events.envelope import Event, kind_of
from ingest.topics import CONTROL, event_topic
from streams.arrivals import Arrivals
from streams.cells import FeedMark
from streams.house import HouseRules
from streams.lag import lag_bucket
from streams.state import Meta

BOUND_MS = 10 * 60 * 1000
FUTURE_MS = 10 * 60 * 1000


class Heard(msgspec.Struct, frozen=True, gc=False):
    """As much of an event as a mark needs: the rest is not even decoded."""

    source_system: str
    occurred_at: int
    ingested_at: int
    recorded_at: int | None = None
    event_id: str = ""
    revision: str = ""
    event_type: str = ""
    quality_flags: tuple[str, ...] = ()


_decode = msgspec.json.Decoder(Heard).decode


class _Mark:
    __slots__ = ("domain", "events", "heard_at", "lags", "latest", "source")

    def __init__(self, source: str, domain: str) -> None:
        self.source, self.domain = source, domain
        self.heard_at = self.latest = self.events = 0
        self.lags: dict[int, int] = {}


class Marks:
    """The marks of one shard. Lag buckets count one local day, that of the latest event heard."""

    def __init__(self, house: HouseRules, meta: Meta) -> None:
        self._house = house
        self._day = meta.feeds_day
        self._marks: dict[tuple[str, str], _Mark] = {}
        self.arrivals = Arrivals(house)
        for kept in meta.feeds:
            mark = self._mark(kept.source_system, kept.domain)
            mark.heard_at, mark.latest, mark.events = kept.heard_at, kept.watermark + BOUND_MS, kept.events
            mark.lags = dict(kept.lag_buckets)

    @property
    def day(self) -> str:
        """The local day that the lag buckets count."""
        return self._day

    def hear(self, topic: str, event: Event | Heard) -> None:
        """Count one event."""
        mark = self._marks.get((event.source_system, topic))
        if mark is None:
            mark = self._mark(event.source_system, topic.split(".")[1])
        mark.events += 1
        if topic != CONTROL:
            kind = event.event_type if isinstance(event, Heard) else kind_of(event)
            self.arrivals.hear(
                event.event_id, event.revision, event.source_system, kind, event.occurred_at, event.ingested_at,
                batch="batch" in event.quality_flags,
            )  # fmt: skip
        heard_at = event.ingested_at
        if heard_at > mark.heard_at:
            mark.heard_at = heard_at
            if (day := self._house.local_day(heard_at)) > self._day:
                self._day = day
                for other in self._marks.values():
                    other.lags.clear()
        if event.occurred_at > mark.latest and event.occurred_at <= heard_at + FUTURE_MS:
            mark.latest = event.occurred_at
        # What was entered on an earlier day is history being told (a first load, a backlog), not the feed's pace today.
        if event.recorded_at is not None and self._house.local_day(event.recorded_at) >= self._day:
            bucket = lag_bucket(heard_at - event.recorded_at)
            mark.lags[bucket] = mark.lags.get(bucket, 0) + 1

    def hear_all(self, topic: str, values: list[bytes]) -> int:
        """Count events of which nothing else is read here. Returns how many could not be read."""
        bad = 0
        for value in values:
            try:
                self.hear(topic, _decode(value))
            except msgspec.MsgspecError:
                bad += 1
        return bad

    def marks(self) -> list[FeedMark]:
        """All marks, by source and domain."""
        return [
            FeedMark(
                source_system=mark.source,
                domain=mark.domain,
                heard_at=mark.heard_at,
                watermark=mark.latest - BOUND_MS,
                events=mark.events,
                lag_buckets=mark.lags.copy(),
            )
            for _, mark in sorted(self._marks.items())
        ]

    def _mark(self, source: str, domain: str) -> _Mark:
        mark = self._marks[(source, event_topic(domain))] = _Mark(source, domain)
        return mark
