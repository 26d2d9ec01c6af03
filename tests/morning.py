"""A rehearsed morning as the stream worker would publish it: real messages, the real fold, real packs, without Kafka.

What the feeds told up to an instant is interpreted and folded in memory; the records are what a board would read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo

from infra.rehearsal.day import simulate
from infra.rehearsal.feeds import tell
from infra.rehearsal.messages import messages
from infra.rehearsal.sizes import SIZES
from ingest.events.envelope import Event
from ingest.interpret.messages import interpret_message
from ingest.interpret.teller import Source
from ingest.privacy import Pseudonyms, SiteKey
from streams.book import CellBook
from streams.house import HouseRules
from streams.memory import told
from streams.publish import Publisher
from streams.shard import Shard
from streams.state import MemoryStore

ZONE = ZoneInfo("Asia/Shanghai")
DAY = date(2025, 3, 3)  # a Monday
SOURCE = Source(
    facility_id="H001",
    pseudonyms=Pseudonyms(SiteKey(b"k" * 32)),
    zone=ZONE,
    codes={"visit_class": {"H": "health_check"}},
)
Records = list[tuple[str, bytes | None]]


@lru_cache(maxsize=2)
def heard(size: str, until_ms: int) -> tuple[Event, ...]:
    """The events that have arrived by an instant."""
    day = simulate(SIZES[size], 7, DAY, ZONE)
    # The emergency department's system has views, not messages: its patients are left out.
    theirs = {fact.visit for fact in day.facts if fact.kind.startswith("ed.")}
    said = [t for t in tell(day, 7, ()) if t.told_at <= until_ms and (t.visit not in theirs or not t.visit)]
    return tuple(
        event for wire in messages(said, day.people) for event in interpret_message(wire.body, SOURCE, wire.told_at)
    )


class Worker:
    """One worker that owns one shard: takes events, says records."""

    def __init__(self, house: HouseRules, number: int = 0) -> None:
        self.book = CellBook()
        self.shard = Shard(house, MemoryStore(), self.book, room=1 << 60)
        self.shard.meta.complete = True
        self.publisher = Publisher(number, {}, {})

    def take(self, events: Iterable[Event], published_at: int) -> Records:
        """The records that follow from these events."""
        for event in events:
            for topic, value in told(event):
                self.shard.take(topic, [value])
        while says := self.shard.settle():
            for say in says:
                self.shard.take(say.topic, [say.value])
        records = self.publisher.flush(self.shard, self.book, published_at)
        return [((record.key or b"").decode(), record.value) for record in records]


def others(shards: int, published_at: int, house: HouseRules) -> Records:
    """What the owners of shards without any patients say."""
    made: list[tuple[str, bytes | None]] = []
    for number in range(1, shards):
        made.extend(Worker(house, number).take([], published_at))
    return made


Still = Callable[[], int]
