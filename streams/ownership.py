"""Owning a shard: what a worker takes over with it, and how it comes to know what the last owner knew."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from pathlib import Path

import msgspec
import structlog

from ingest.clock import Clock, real_now_ms
from ingest.topics import KPI, BusSettings, event_topic
from streams.book import CellBook
from streams.cells import ShardRecord, decode_record, epoch_of
from streams.house import HouseRules
from streams.outlet import Record, last_records, records
from streams.publish import Publisher
from streams.shard import Shard
from streams.state import fold_version, open_store
from streams.transport import TP, Consumer, offsets_since

log = structlog.get_logger()

HOUR_MS = 3_600_000
_HEARTBEAT_MS = 2_000  # a shard record is written at least this often
_STORE_MS = 5_000  # state is written this often; after a crash so much of the log is read again
_LAST_WORDS = 2_000  # of a shard on the topic of live values: some of them say whose it is


class StreamSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Section [streams]: where the state lies, and the rhythm."""

    state_dir: str = ""  # default: $HISPULSE_HOME/streams
    group: str = "hispulse-stream"
    publish_every_ms: int = 80  # live values: at once after a pause, then this often; less behind a backlog
    horizon_hours: int = 48  # a scope silent for longer is dropped; older corrections are not folded live
    scopes_in_memory: int = 60_000  # of one worker; the others wait on disk
    settle_at: int = 50_000  # records: under load a round starts after so many, whatever the time
    stalled_after_s: int = 60  # lag without progress for so long: the worker ends


class Owned:
    """A shard in this worker's hands."""

    def __init__(self, number: int, shard: Shard, book: CellBook, publisher: Publisher) -> None:
        self.number = number
        self.shard = shard
        self.book = book
        self.publisher = publisher
        self.goal: dict[str, int] = {}  # topic → the end of the log when we took over
        self.began: dict[str, int] = {}  # topic → where we began to read
        self.caught_up = False
        self.published_at = 0  # real time
        self.stored_at = 0  # real time
        self.changed = False  # something was taken since the last settling
        self.unstored = False  # something was settled since the last storing
        self.told_all = True  # Kafka has all words of the rounds so far

    def reached_goal(self) -> bool:
        """Has everything been read that was there when we took over?"""
        offsets = self.shard.meta.offsets
        return all(offsets.get(topic, 0) >= end for topic, end in self.goal.items())

    def due_to_be_stored(self, now: int) -> bool:
        """Has what was settled waited long enough?"""
        return self.unstored and now - self.stored_at >= _STORE_MS

    def has_news(self, now: int) -> bool:
        """Is there something to work out, to say or to store?"""
        if self.changed or now - self.published_at >= _HEARTBEAT_MS:
            return True
        return self.due_to_be_stored(now) if self.caught_up else self.reached_goal()

    def live_values(self, now: int) -> list[Record]:
        """What there is to publish: what changed, or now and then how far the shard has come in catching up."""
        if not self.caught_up and now - self.published_at < _HEARTBEAT_MS:
            return []
        self.published_at = now
        if self.caught_up:
            return self.publisher.flush(self.shard, self.book, now)
        return [self.publisher.claim(self.shard, now, *self._progress())]

    def _progress(self) -> tuple[int, int]:
        """On the way to the goal: records read, of how many."""
        offsets, read, to_read = self.shard.meta.offsets, 0, 0
        for topic, end in self.goal.items():
            began = self.began.get(topic, 0)
            to_read += max(0, end - began)
            read += max(0, min(offsets.get(topic, 0), end) - began)
        return read, to_read


class Estate:
    """Where shards are kept, and by which rules: all that is needed to take one over."""

    def __init__(
        self, settings: StreamSettings, bus: BusSettings, house: HouseRules, clock: Clock, state_dir: Path
    ) -> None:
        self.settings = settings
        self.bus = bus
        self.house = house
        self.clock = clock
        self.state_dir = state_dir
        self.owner = uuid.uuid4().hex[:12]  # this worker, among all that ever owned a shard
        self.version = fold_version(house)

    @property
    def horizon_ms(self) -> int:
        """How far back the live fold looks."""
        return self.settings.horizon_hours * HOUR_MS

    async def take_over(self, consumer: Consumer, number: int, bounds: dict[TP, tuple[int, int]]) -> Owned:
        """Own a shard: its state as far as it goes, an epoch after the last one, and where to read on."""
        before = await last_records(self.bus, KPI, number)
        publisher = Publisher(number, before, {"fold": self.version}, self.owner)
        store = open_store(self.state_dir, number, self.version)
        if _has_gap(store.meta().offsets, bounds):
            store.wipe()
        room = max(1_000, self.settings.scopes_in_memory // max(1, self.bus.partitions))
        book = CellBook()
        shard = Shard(self.house, store, book, version=self.version, epoch=publisher.epoch, room=room)
        owned = Owned(number, shard, book, publisher)
        owned.goal = {tp.topic: end for tp, (_, end) in bounds.items()}
        rebuilding = not shard.meta.offsets
        if rebuilding:
            shard.meta.offsets.update(await self._beginnings(consumer, bounds))
        else:
            for tp, (start, _) in bounds.items():
                shard.meta.offsets.setdefault(tp.topic, start)
        owned.began = dict(shard.meta.offsets)
        await _in_turns(shard.open())
        log.info("shard taken", shard=number, epoch=publisher.epoch, rebuilding=rebuilding)
        return owned

    async def still_owns(self, owned: Owned) -> bool:
        """Has nobody else spoken for the shard? Who was paused for longer than the group waits does not know, and may
        have said something since: its own last word proves nothing."""
        heard = False
        async for key, value in records(self.bus, KPI, owned.number, _LAST_WORDS):
            name = key.decode()
            if (epoch := epoch_of(name, value)) > owned.publisher.epoch:
                return False
            if epoch == owned.publisher.epoch and "|" not in name and value is not None:
                record = decode_record(name, value)
                heard = isinstance(record, ShardRecord) and record.owner == self.owner
                if not heard:
                    return False
        return heard

    async def _beginnings(self, consumer: Consumer, bounds: dict[TP, tuple[int, int]]) -> dict[str, int]:
        """Where a rebuilding shard begins: at the live horizon; in a rehearsal, told in bulk, at the start.

        Bookings and registrations are read from their start: they may be made long before their visit.
        """
        start = {tp.topic: start for tp, (start, _) in bounds.items()}
        begin = dict(start)
        if not self.clock.is_rehearsal:
            since = await offsets_since(consumer, set(bounds), real_now_ms() - self.horizon_ms)
            begin |= {tp.topic: end for tp, (_, end) in bounds.items()} | {tp.topic: at for tp, at in since.items()}
        ahead = {event_topic("scheduling"), event_topic("registration")}
        return begin | {topic: at for topic, at in start.items() if topic in ahead}


def _has_gap(offsets: dict[str, int], bounds: dict[TP, tuple[int, int]]) -> bool:
    """Has the log lost what we have not read (or become another log)? Then everything is to be read again."""
    known = {tp: offsets[tp.topic] for tp in bounds if tp.topic in offsets}
    return any(not bounds[tp][0] <= at <= bounds[tp][1] for tp, at in known.items())


async def _in_turns(steps: Iterator[None]) -> None:
    for _ in steps:
        await asyncio.sleep(0)
