"""Everything the board knows at this instant, and the snapshot that it makes of it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from datetime import date, timedelta

import msgspec
import structlog

from board.alarms import Alarms, alarms
from board.checks import Checks
from board.feeds_now import FeedsNow
from board.rollup import Rollup
from board.snapshot import Moment, snapshot
from board.view import View
from board.wall import Snapshot, Trouble
from ingest.clock import Clock, real_now_ms
from ingest.errors import Malformed
from ingest.topics import ALERT, KPI
from streams.alerts.incident import Incidents
from streams.arrivals import STAGE as ARRIVED
from streams.cells import SLOT_MS, FeedMark, Pack
from streams.feeds import Heartbeats, feeds_now, heard
from streams.house import HouseRules
from streams.lags import Lags
from streams.lateness import Came, lates
from streams.latest import Latest
from streams.usual import Rate, Rates

log = structlog.get_logger()

WORKER_GONE_MS = 9_000  # workers repeat their record every few seconds
TILES_EVERY_MS = 2_000
LINES_EVERY_MS = 1_500
RATES_EVERY_MS = 1_000


class Live:
    """Everything heard so far, and the newest snapshot of it."""

    def __init__(self, view: View, house: HouseRules, shards: int, checks: Checks, clock: Clock) -> None:
        self.view, self.checks, self.clock = view, checks, clock
        self.values = Latest(shards)
        self.beats = Heartbeats(real_now_ms())
        self.incidents = Incidents()
        self.lock = threading.Lock()  # guards values and rollup: the panel reads them too
        self.rollup = Rollup(view.zone)
        self.shot: Snapshot | None = None
        self._house = house
        self._began_ms = real_now_ms()
        self._rates, self._rated_ms = Rates(house.calendar), 0
        self._rated: dict[str, Rate] = {}
        self._lags, self._late = Lags(), dict[str, int]()
        self._order: tuple[str, ...] = ()
        self._delays: deque[float] = deque(maxlen=512)
        self._tiled_ms = self._drawn_ms = self._last_push = 0

    def take(self, records: Iterable[tuple[str, bytes | None]]) -> bool:
        """Records of the topic, in order within their partitions. True when what is shown may have changed."""
        changed = False
        with self.lock:
            for key, value in records:
                try:
                    changed = self.values.apply(key, value) or changed
                except (msgspec.MsgspecError, ValueError):
                    log.warning("unreadable record", topic=KPI)
        return changed

    def take_incidents(self, records: Iterable[tuple[str, bytes | None]]) -> bool:
        """Records of incidents, in order within their partitions. True when what is shown may have changed."""
        changed = False
        with self.lock:
            for key, value in records:
                try:
                    changed = self.incidents.apply(key, value) or changed
                except Malformed:
                    log.warning("unreadable record", topic=ALERT)
            self._rates.know(self.incidents.usual.values())
        return changed

    def feeds(self) -> FeedsNow:
        """The feeds as they stand, for their own page."""
        shot = self.shot
        with self.lock:
            orphans = self.values.orphans
        return FeedsNow(
            at=shot.at if shot else 0,
            zone=self.view.hospital.zone,
            feeds=shot.feeds if shot else (),
            kinds={name: feed.kind for name, feed in self.view.feeds.items()},
            orphans=orphans,
            offsets=self.checks.offsets,
            rates=self.checks.rates,
            desks=self.checks.desks,
            departments={dept: self.view.name(dept) for dept in self.view.departments},
        )

    def alarms(self) -> Alarms:
        """Incidents as they are known now."""
        with self.lock:
            return alarms(self.incidents, self.view.names, real_now_ms())

    # Telling

    def moment(self, real_ms: int) -> Moment:
        """Everything but the numbers, as it is known now."""
        marks = [mark for mark in self.values.feeds() if mark.domain != "control"]
        told, at = heard(marks), self.clock.at(real_ms)
        if real_ms - self._rated_ms >= RATES_EVERY_MS and not self.values.catching_up:
            self._rated_ms, self._rated, self._late = real_ms, self._rates.take(at, marks), self._lags.take(at, marks)
        hospital, with_tiles = self.view.hospital, real_ms - self._tiled_ms >= TILES_EVERY_MS
        feeds = feeds_now(
            self.view.feeds, told, self.beats, self.clock, real_ms, self._house.calendar, self._late, self._rated,
        )  # fmt: skip
        return Moment(
            at=at,
            day=self._house.local_day(at),
            rate=self.clock.rate,
            is_rehearsal=self.clock.is_rehearsal or hospital.rehearsal,
            feeds=feeds,
            told=told,
            broken=self.values.broken,
            trouble=self._trouble(real_ms),
            checks=self.checks.failed,
            arrived=self.checks.arrived,
            alarms=alarms(self.incidents, self.view.names, real_ms),
            usual_arrivals=self.checks.usual_arrivals,
            push_p95_ms=self._p95(),
            lag_buckets=_lags(self.values.feeds()),
            trends=self._trends(real_ms),
            came=self._came(at) if with_tiles else Came(),
            with_tiles=with_tiles,
        )

    def _came(self, at: int) -> Came:
        """How much came today, and how much of it late."""
        cells = (cell for shown in self.values.packs.get(ARRIVED, {}).values() for cell in shown.pack.cells)
        return lates(cells, self._house.local_day(at), 0, at // SLOT_MS + 1, "", {})[""]

    def _trends(self, real_ms: int) -> dict[tuple[str, str], tuple[float | None, ...]]:
        """The lines of the last snapshot: one point an hour need not be worked out at every change."""
        if self.shot is None or real_ms - self._drawn_ms >= LINES_EVERY_MS:
            self._drawn_ms = real_ms
            return {}
        return {(cell.column, cell.dept): cell.trend for row in self.shot.rows for cell in row.cells if cell.trend}

    def _trouble(self, real_ms: int) -> Trouble | None:
        spoken = self.values.spoken_at
        if not spoken:
            return Trouble(says="starting", since=self.clock.at(self._began_ms))
        if real_ms - spoken > WORKER_GONE_MS:
            return Trouble(says="bus_gone", since=self.clock.at(spoken))
        if not self.values.catching_up:
            return None
        since = self.clock.at(self.values.published_at or self._began_ms)
        return Trouble(says="catching_up", since=since, progress=self.values.progress)

    def make(self) -> Snapshot:
        """The snapshot of this instant."""
        real_ms = real_now_ms()
        with self.lock:
            moment = self.moment(real_ms)
            self.rollup.take(self._packs_of(moment.day))
            shot = snapshot(self.rollup, self.view, moment, self._order)
        if moment.with_tiles:
            self._tiled_ms = real_ms
        elif self.shot is not None:
            shot = msgspec.structs.replace(shot, tiles=self.shot.tiles, time_goes=self.shot.time_goes)
        self._order = tuple(row.dept for row in shot.rows[1:])
        self.shot = shot
        self._time_push()
        return shot

    def _packs_of(self, day: str) -> dict[str, Pack]:
        kept = (found for by_key in self.values.packs.values() for found in by_key.items())
        return {key: shown.pack for key, shown in kept if shown.day == day}

    def _time_push(self) -> None:
        """How long a worker's newest word took to be a snapshot: once for each word."""
        published = self.values.published_at
        if published > self._last_push:
            self._delays.append(real_now_ms() - published)
            self._last_push = published

    def _p95(self) -> float | None:
        ordered = sorted(self._delays)
        return ordered[int(0.95 * (len(ordered) - 1))] if ordered else None

    # Being asked

    @property
    def today(self) -> str:
        """The hospital's date."""
        return self._house.local_day(self.clock.now_ms())

    def day_before(self, day: str) -> str:
        """The day before a day, ISO."""
        return (date.fromisoformat(day) - timedelta(days=1)).isoformat()

    def pulse(self) -> dict[str, object]:
        """The two clocks, for the pages."""
        real = real_now_ms()
        return {"real": real, "hospital": self.clock.at(real), "rate": self.clock.rate, "zone": self.view.hospital.zone}

    def health(self) -> dict[str, object]:
        """For a supervisor: is there a snapshot, and how much was heard."""
        shot = self.shot
        with self.lock:
            events = sum(mark.events for mark in self.values.feeds() if mark.domain != "control")
        feeds = shot.feeds if shot else ()
        return {
            "ok": shot is not None,
            "events": events,
            "feeds": f"{sum(1 for feed in feeds if feed.is_well)}/{len(feeds)} up",
            "trouble": shot.trouble.says if shot and shot.trouble else "",
            "push_p95_ms": self._p95(),
        }


def _lags(marks: Iterable[FeedMark]) -> dict[int, int]:
    found: dict[int, int] = {}
    for mark in marks:
        for bucket, n in mark.lag_buckets.items():
            found[bucket] = found.get(bucket, 0) + n
    return found
