"""The engine of one worker: its shards, and the rhythm in which they take in, settle, publish and store.

Settling is one round: rows, cells and words are worked out and written; only when Kafka has stored them are state and
offsets written, together. A round starts at once on the first change after a pause, then at most every 250 ms. After a
crash the last round is done again: everything written is absolute, so nothing is lost and nothing counts twice.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import structlog
from faust.types import TP

from ingest.clock import Clock, real_now_ms
from ingest.errors import Unavailable
from ingest.topics import KPI, BusSettings, event_topic
from streams import gauges
from streams.cells import CellBook
from streams.house import HouseRules
from streams.publish import Publisher
from streams.shard import Shard
from streams.state import fold_version, open_store
from streams.transport import Consumer, Fetch, Outlet, Record, last_records, log_bounds, offsets_since

log = structlog.get_logger()

HOUR_MS = 3_600_000
ORPHAN_MS = 24 * HOUR_MS
_HEARTBEAT_MS = 2_000  # a shard record is written at least this often
_SWEEP_MS = 30_000
_AGAIN_S = 1.0


class StreamSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Section [streams]: where the state lies, and the rhythm."""

    state_dir: str = ""  # default: $HISPULSE_HOME/streams
    group: str = "hispulse-stream"
    publish_every_ms: int = 250  # live values: at once after a pause, then at most this often
    horizon_hours: int = 48  # a scope silent for longer is dropped; older corrections are not folded live
    scopes_in_memory: int = 60_000  # of one worker; the others wait on disk
    settle_at: int = 20_000  # records: under load a round starts after so many, whatever the time
    stalled_after_s: int = 60  # lag without progress for so long: the worker ends


class Owned:
    """A shard in this worker's hands."""

    def __init__(self, number: int, shard: Shard, book: CellBook, publisher: Publisher) -> None:
        self.number = number
        self.shard = shard
        self.book = book
        self.publisher = publisher
        self.goal: dict[str, int] = {}  # topic → the end of the log when we took over
        self.caught_up = False
        self.published_at = 0
        self.changed = False

    def reached_goal(self) -> bool:
        """Has everything been read that was there when we took over?"""
        offsets = self.shard.meta.offsets
        return all(offsets.get(topic, 0) >= end for topic, end in self.goal.items())


class Engine:
    """All shards of one worker."""

    def __init__(
        self, settings: StreamSettings, bus: BusSettings, house: HouseRules, clock: Clock, state_dir: Path
    ) -> None:
        self.settings = settings
        self.bus = bus
        self.house = house
        self.clock = clock
        self.state_dir = state_dir
        self.outlet = Outlet(bus)
        self.owned: dict[int, Owned] = {}
        self.progress = 0
        self._version = fold_version(house)
        self._lock = asyncio.Lock()
        self._pending = 0
        self._settled_at = 0.0
        self._swept_at = 0

    # Assignment

    async def resume(self, consumer: Consumer, assigned: set[TP]) -> Mapping[TP, int]:
        """Own the shards of these partitions, no others; returns where each partition is to be read on."""
        async with self._lock:
            numbers = {tp.partition for tp in assigned}
            for number in [n for n in self.owned if n not in numbers]:
                self.owned.pop(number).shard.store.close()
                log.info("shard given up", shard=number)
            bounds = await log_bounds(consumer, assigned)
            for number in sorted(numbers - self.owned.keys()):
                tps = {tp for tp in assigned if tp.partition == number}
                self.owned[number] = await self._own(consumer, number, {tp: bounds[tp] for tp in tps})
            return {tp: self.owned[tp.partition].shard.meta.offsets[tp.topic] for tp in assigned}

    async def _own(self, consumer: Consumer, number: int, bounds: dict[TP, tuple[int, int]]) -> Owned:
        publisher = Publisher(number, await last_records(self.bus, KPI, number), {"fold": self._version})
        store = open_store(self.state_dir, number, self._version)
        if _has_gap(store.meta().offsets, bounds):
            store.wipe()
        room = max(1_000, self.settings.scopes_in_memory // max(1, self.bus.partitions))
        book = CellBook()
        shard = Shard(self.house, store, book, version=self._version, epoch=publisher.epoch, room=room)
        owned = Owned(number, shard, book, publisher)
        owned.goal = {tp.topic: end for tp, (_, end) in bounds.items()}
        rebuilding = not shard.meta.offsets
        if rebuilding:
            shard.meta.offsets.update(await self._beginnings(consumer, bounds))
        else:
            for tp, (start, _) in bounds.items():
                shard.meta.offsets.setdefault(tp.topic, start)
        await _in_turns(shard.open())
        await self._write([publisher.claim(shard, real_now_ms())])
        log.info("shard taken", shard=number, epoch=publisher.epoch, rebuilding=rebuilding)
        return owned

    async def _beginnings(self, consumer: Consumer, bounds: dict[TP, tuple[int, int]]) -> dict[str, int]:
        """Where a rebuilding shard begins: at the live horizon; in a rehearsal, told in bulk, at the start.

        Bookings are read from their start: they are made long before the visit that needs them.
        """
        start = {tp.topic: start for tp, (start, _) in bounds.items()}
        begin = dict(start)
        if not self.clock.is_rehearsal:
            since = await offsets_since(consumer, set(bounds), real_now_ms() - self._horizon_ms)
            begin |= {tp.topic: end for tp, (_, end) in bounds.items()} | {tp.topic: at for tp, at in since.items()}
        scheduling = event_topic("scheduling")
        return begin | ({scheduling: start[scheduling]} if scheduling in start else {})

    # Taking in

    async def take(self, tp: TP, fetch: Fetch) -> int | None:
        """Take what a fetch brought. Returns the offset to go back to when something before it is missing."""
        owned = self.owned.get(tp.partition)
        if owned is None:
            return None
        offsets = owned.shard.meta.offsets
        expected = offsets[tp.topic]
        if fetch.first > expected:
            return expected
        if fetch.last < expected:
            return None
        started = time.perf_counter()
        now = self.clock.now_ms()
        async with self._lock:
            owned.shard.take(tp.topic, fetch.values, now - self._horizon_ms, now)
            offsets[tp.topic] = fetch.last + 1
            owned.changed = True
        self.progress += len(fetch.values)
        self._pending += len(fetch.values)
        gauges.EVENTS.labels(tp.topic).inc(len(fetch.values))
        gauges.TAKE_SECONDS.inc(time.perf_counter() - started)
        if self._pending >= self.settings.settle_at or self._due():
            await self.settle()
        return None

    @property
    def _horizon_ms(self) -> int:
        return self.settings.horizon_hours * HOUR_MS

    def _due(self) -> bool:
        return (time.monotonic() - self._settled_at) * 1000 >= self.settings.publish_every_ms

    # Settling

    async def keep_time(self) -> None:
        """Settle what waits for its turn, and say now and then that we are here. Runs until cancelled."""
        while True:
            await asyncio.sleep(0.02)
            if self._due() and any(self._has_news(o) for o in self.owned.values()):
                await self.settle()
            if real_now_ms() - self._swept_at >= _SWEEP_MS:
                await self._sweep()

    def _has_news(self, owned: Owned) -> bool:
        if not owned.caught_up:
            return owned.changed or owned.reached_goal()
        return owned.changed or real_now_ms() - owned.published_at >= _HEARTBEAT_MS

    async def settle(self) -> None:
        """One round for all shards that have news."""
        async with self._lock:
            self._pending, self._settled_at = 0, time.monotonic()
            started = time.perf_counter()
            for owned in list(self.owned.values()):
                if self._has_news(owned):
                    await self._settle(owned)
            gauges.SETTLE_SECONDS.observe(time.perf_counter() - started)

    async def _settle(self, owned: Owned) -> None:
        shard = owned.shard
        owned.changed = False
        if not owned.caught_up and owned.reached_goal():
            await self._catch_up(owned)
        gauges.DIRTY.inc(shard.unsettled)
        settled = shard.settle()
        records = [Record(say.topic, say.key.encode(), say.value) for say in settled.says]
        gauges.SAID.inc(len(records))
        if owned.caught_up:
            owned.published_at = real_now_ms()
            records.extend(owned.publisher.flush(shard, owned.book, owned.published_at))
        await self._write(records)
        shard.store.write(settled.changed, shard.meta)
        shard.make_room()

    async def _catch_up(self, owned: Owned) -> None:
        """The log's end of when we took over is reached: from now on this shard speaks."""
        if not owned.shard.meta.complete:
            for _ in owned.shard.complete():
                settled = owned.shard.settle()
                await self._write([Record(say.topic, say.key.encode(), say.value) for say in settled.says])
                owned.shard.meta.complete = False  # if we die in between, it is all to be said again
                owned.shard.store.write(settled.changed, owned.shard.meta)
                owned.shard.meta.complete = True
                owned.shard.make_room()
        owned.caught_up = True
        log.info("shard caught up", shard=owned.number, epoch=owned.publisher.epoch)

    async def _write(self, records: list[Record]) -> None:
        """Write, however long Kafka is away: what is worked out must be stored before anything else happens."""
        while True:
            try:
                await self.outlet.write(records)
                return
            except Unavailable as away:
                log.warning("waiting for Kafka", reason=str(away))
                await asyncio.sleep(_AGAIN_S)

    async def _sweep(self) -> None:
        """Drop what is older than the horizon, and count what operators watch."""
        self._swept_at = real_now_ms()
        now = self.clock.now_ms()
        async with self._lock:
            for number, owned in self.owned.items():
                if owned.shard.drop_before(now - self._horizon_ms):
                    owned.changed = True
                shard, name = owned.shard, str(number)
                old = sum(1 for since in shard.unlinked.values() if since < now - ORPHAN_MS)
                gauges.ORPHANS.labels(name).set(old)
                gauges.BROKEN.labels(name).set(len(shard.broken))
                gauges.UNDECODABLE.labels(name).set(shard.meta.undecodable)
                gauges.LATE.labels(name).set(sum(shard.meta.late.values()))
                gauges.CAUGHT_UP.labels(name).set(int(owned.caught_up))

    # Watching and ending

    def lag(self, consumer: Consumer, assigned: set[TP]) -> int:
        """How many records of the log are not folded yet."""
        total = 0
        for number, owned in self.owned.items():
            behind = 0
            for tp in assigned:
                if tp.partition == number:
                    behind += max(0, (consumer.highwater(tp) or 0) - owned.shard.meta.offsets.get(tp.topic, 0))
            gauges.LAG.labels(str(number)).set(behind)
            total += behind
        return total

    async def close(self) -> None:
        """Settle once more and let go of everything."""
        if any(owned.changed for owned in self.owned.values()):
            await self.settle()
        for owned in self.owned.values():
            owned.shard.store.close()
        self.owned = {}
        await self.outlet.stop()


def _has_gap(offsets: dict[str, int], bounds: dict[TP, tuple[int, int]]) -> bool:
    """Has the log lost what we have not read (or become another log)? Then everything is to be read again."""
    known = {tp: offsets[tp.topic] for tp in bounds if tp.topic in offsets}
    return any(not bounds[tp][0] <= at <= bounds[tp][1] for tp, at in known.items())


async def _in_turns(steps: Iterator[None]) -> None:
    for _ in steps:
        await asyncio.sleep(0)
