"""Owning a shard: what a worker takes over with it, and how it comes to know what the last owner knew."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import msgspec
import structlog

from ingest.clock import Clock, real_now_ms
from ingest.topics import KPI, BusSettings, event_topic
from streams.book import CellBook
from streams.house import HouseRules
from streams.outlet import last_records
from streams.publish import Publisher
from streams.shard import Shard
from streams.state import fold_version, open_store
from streams.transport import TP, Consumer, offsets_since

log = structlog.get_logger()

HOUR_MS = 3_600_000


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
        self.version = fold_version(house)

    @property
    def horizon_ms(self) -> int:
        """How far back the live fold looks."""
        return self.settings.horizon_hours * HOUR_MS

    async def take_over(self, consumer: Consumer, number: int, bounds: dict[TP, tuple[int, int]]) -> Owned:
        """Own a shard: its state as far as it goes, an epoch after the last one, and where to read on."""
        publisher = Publisher(number, await last_records(self.bus, KPI, number), {"fold": self.version})
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
        await _in_turns(shard.open())
        log.info("shard taken", shard=number, epoch=publisher.epoch, rebuilding=rebuilding)
        return owned

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
