"""The engine of one worker: its shards, and the rhythm in which they take in, settle, publish and store.

Settling is one round: rows, cells and words of all shards are worked out and written; only when Kafka has stored them
are state and offsets written, together. A round starts on the first change after a pause, then as often as is set while
the worker keeps up; behind a backlog rounds are few and large. After a crash the last rounds are done again: everything
written is absolute, so nothing is lost and nothing counts twice.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

import structlog

from ingest.clock import real_now_ms
from streams import gauges
from streams.outlet import Outlet, Record
from streams.ownership import HOUR_MS, Estate, Owned
from streams.rhythm import GATHER_S, LOOK_S, Rhythm
from streams.transport import TP, Consumer, Fetch, log_bounds
from streams.voice import Voice
from streams.words import Say, bundles

log = structlog.get_logger()

ORPHAN_MS = 24 * HOUR_MS
_SWEEP_MS = 30_000
_TICK_S = 0.25  # without news
_LAST_ROUND_S = 5.0  # how long the end waits for Kafka


class Engine:
    """All shards of one worker."""

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self.outlet = Outlet(estate.bus)
        self.owned: dict[int, Owned] = {}
        self.progress = 0  # records taken
        self.voice = Voice(self.outlet)
        self._busy = 0
        self._lock = asyncio.Lock()
        self._news = asyncio.Event()
        self.rhythm = Rhythm(estate.settings.publish_every_ms)
        self._swept_at = 0

    # Assignment

    async def resume(self, consumer: Consumer, assigned: set[TP]) -> Mapping[TP, int]:
        """Own the shards of these partitions, no others; returns where each partition is to be read on."""
        async with self._lock, self._excuse():
            await self.voice.heard()
            numbers = {tp.partition for tp in assigned}
            for number, owned in list(self.owned.items()):
                if number not in numbers or not await self.estate.still_owns(owned):
                    self.owned.pop(number).shard.store.close()
                    log.info("shard given up", shard=number)
            bounds = await log_bounds(consumer, assigned)
            for number in sorted(numbers - self.owned.keys()):
                tps = {tp for tp in assigned if tp.partition == number}
                owned = await self.estate.take_over(consumer, number, {tp: bounds[tp] for tp in tps})
                await self.voice.say(owned.live_values(real_now_ms()))
                self.owned[number] = owned
            return {tp: self.owned[tp.partition].shard.meta.offsets[tp.topic] for tp in assigned}

    @property
    def excused(self) -> bool:
        """Busy with something that takes as long as it takes, or waiting for Kafka."""
        return self._busy > 0 or self.voice.waits

    @asynccontextmanager
    async def _excuse(self) -> AsyncIterator[None]:
        self._busy += 1
        try:
            yield
        finally:
            self._busy -= 1

    # Taking in

    async def take(self, tp: TP, fetch: Fetch) -> int | None:
        """Take what a fetch brought. Returns the offset to go back to when something before it is missing."""
        async with self._lock:
            owned = self.owned.get(tp.partition)
            if owned is None:
                return None  # given up meanwhile
            offsets = owned.shard.meta.offsets
            expected = offsets[tp.topic]
            if fetch.first > expected:
                return expected
            if fetch.last < expected:
                return None  # read before
            started, now = time.perf_counter(), self.estate.clock.now_ms()
            owned.shard.take(tp.topic, fetch.values, now - self.estate.horizon_ms, now)
            offsets[tp.topic] = fetch.last + 1
            owned.changed = True
        self._news.set()
        self.progress += len(fetch.values)
        self.rhythm.took(len(fetch.values))
        gauges.EVENTS.labels(tp.topic).inc(len(fetch.values))
        gauges.TAKE_SECONDS.inc(time.perf_counter() - started)
        if self.rhythm.pending >= self.estate.settings.settle_at:
            await self.settle()
        return None

    # Settling

    async def keep_time(self) -> None:
        """Settle what waits for its turn, and say now and then that we are here. Runs until cancelled."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_TICK_S):
                    await self._news.wait()
                    await asyncio.sleep(GATHER_S)
            while (wait_s := self.rhythm.until_due()) > 0:
                await asyncio.sleep(min(wait_s, LOOK_S))
            self._news.clear()
            if any(owned.has_news(real_now_ms()) for owned in self.owned.values()):
                await self.settle()
            if real_now_ms() - self._swept_at >= _SWEEP_MS:
                await self._sweep()

    async def settle(self) -> None:
        """One round for all shards that have news. Its words are on their way while the next events are taken in."""
        async with self._lock:
            await self.voice.heard()
            self.rhythm.begin()
            started, records = time.monotonic(), list[Record]()
            telling: list[tuple[Owned, bool]] = []
            for owned in list(self.owned.values()):
                if owned.has_news(real_now_ms()):
                    says, told_before = await self._work_out(owned)
                    records.extend(says)
                    telling.append((owned, told_before))
            self.rhythm.worked_out()
            self.voice.begin(records, lambda: _heard(telling))
            if due := self._due_to_be_stored([owned for owned, _ in telling]):
                await self.voice.heard()
                for owned in due:
                    self._store(owned)
            gauges.SETTLE_SECONDS.observe(time.monotonic() - started)

    async def _work_out(self, owned: Owned) -> tuple[list[Record], bool]:
        """What a shard has to say, and whether Kafka has all that it said before."""
        shard = owned.shard
        if not owned.caught_up and owned.reached_goal():
            async with self._excuse():
                await self._catch_up(owned)
        gauges.DIRTY.inc(shard.unsettled)
        owned.unstored |= owned.changed
        owned.changed = False
        told_before, owned.told_all = owned.told_all, False  # broken off before Kafka has them, these words are lost
        records = self._words(shard.settle())
        records.extend(owned.live_values(real_now_ms()))
        return records, told_before

    def _due_to_be_stored(self, settled: list[Owned]) -> list[Owned]:
        """Who has waited long enough: one shard a round, so that no round takes long, or all in long rounds."""
        now = real_now_ms()
        due = [owned for owned in settled if owned.due_to_be_stored(now)]
        due.sort(key=lambda owned: owned.stored_at)
        return due[:1] if self.rhythm.keeps_up else due

    def _store(self, owned: Owned) -> None:
        if not owned.told_all or owned.number not in self.owned:
            return  # state may not know as said what nobody heard: the next owner reads and says it anew
        owned.shard.store_changes()
        owned.stored_at, owned.unstored = real_now_ms(), False

    async def _catch_up(self, owned: Owned) -> None:
        """The log's end of when we took over is reached: from now on this shard speaks."""
        if not owned.shard.meta.complete:
            owned.told_all = False
            for _ in owned.shard.complete():
                await self.voice.say(self._words(owned.shard.settle()))
                owned.shard.meta.complete = False  # if we die in between, it is all to be said again
                owned.shard.store_changes()
                owned.shard.meta.complete = True
            owned.told_all = True
        owned.caught_up = True
        log.info("shard caught up", shard=owned.number, epoch=owned.publisher.epoch)

    def _words(self, says: list[Say]) -> list[Record]:
        gauges.SAID.inc(len(says))
        return [Record(b.topic, None, b.value, b.partition) for b in bundles(says, self.estate.bus.partitions)]

    async def _sweep(self) -> None:
        """Drop what is older than the horizon, and count what operators watch."""
        self._swept_at = real_now_ms()
        now = self.estate.clock.now_ms()
        async with self._lock:
            for number, owned in self.owned.items():
                if owned.shard.drop_before(now - self.estate.horizon_ms):
                    owned.changed = True
                shard, name = owned.shard, str(number)
                shard.count_orphans(now - ORPHAN_MS)
                gauges.orphans(name, shard.orphans)
                gauges.BROKEN.labels(name).set(len(shard.broken))
                gauges.UNDECODABLE.labels(name).set(shard.meta.undecodable)
                gauges.LATE.labels(name).set(sum(shard.meta.late.values()))
                gauges.CAUGHT_UP.labels(name).set(int(owned.caught_up))

    # Watching and ending

    def lag(self, consumer: Consumer, assigned: set[TP]) -> int:
        """How many records of the log are not folded yet."""
        behind = dict.fromkeys(self.owned, 0)
        for tp in assigned:
            if tp.partition in behind:
                read = self.owned[tp.partition].shard.meta.offsets.get(tp.topic, 0)
                behind[tp.partition] += max(0, (consumer.highwater(tp) or 0) - read)
        for number, records in behind.items():
            gauges.LAG.labels(str(number)).set(records)
        return sum(behind.values())

    async def close(self) -> None:
        """Settle once more and let go of everything. While Kafka is away what is unsaid stays unstored."""
        try:
            async with asyncio.timeout(_LAST_ROUND_S):
                await self.settle()
                async with self._lock:
                    await self.voice.heard()
        except TimeoutError:
            log.warning("ended while Kafka is away")
            self.voice.fall_silent()
        for owned in self.owned.values():
            if owned.unstored and not owned.shard.unsettled:
                self._store(owned)
            owned.shard.store.close()
        self.owned = {}
        await self.outlet.stop()


def _heard(telling: list[tuple[Owned, bool]]) -> None:
    """Kafka has a round's words: what each shard said before counts again."""
    for owned, told_before in telling:
        owned.told_all = told_before
