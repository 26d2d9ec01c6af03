"""The fold without Kafka: events in, stage rows out, through the very pieces that the worker runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ingest.events import domain_of, encode
from ingest.events.envelope import Event, kind_of
from ingest.journey import Placement, encode_placement
from ingest.topics import JOURNEY, event_topic
from streams.book import Book
from streams.cells import CellKey, Partial
from streams.house import HouseRules
from streams.shard import Shard
from streams.stages.stage import StageRow
from streams.state import MemoryStore

_ROUNDS = 50  # every word said comes to rest after a few; more would be a fault of ours


class NoBook:
    """Counts no cells."""

    def replace(self, old_rows: Sequence[StageRow], new_rows: Sequence[StageRow]) -> None:
        """Nothing."""

    def tell(self, cells: Iterable[tuple[CellKey, Partial | None]]) -> None:
        """Nothing."""


def shard_of(events: Iterable[Event], house: HouseRules, book: Book | None = None) -> Shard:
    """One shard that has read all events, and everything that it said to itself, until nothing is left to say."""
    shard = Shard(house, MemoryStore(), book or NoBook(), room=1 << 60)
    shard.meta.complete = True
    for event in events:
        for topic, value in told(event):
            shard.take(topic, [value])
    for _ in range(_ROUNDS):
        says = shard.settle()
        if not says:
            return shard
        for say in says:
            shard.take(say.topic, [say.value])
    raise RuntimeError("the fold does not come to rest")


def told(event: Event) -> list[tuple[str, bytes]]:
    """What a connector writes for an event: itself, and its placement where it names its visit."""
    written = [(event_topic(domain_of(kind_of(event))), encode(event))]
    if event.visit_id is not None and not event.broadcast:
        written.append((JOURNEY, encode_placement(Placement(visit_id=event.visit_id, event=event))))
    return written


def fold_in_memory(events: Iterable[Event], house: HouseRules) -> list[StageRow]:
    """All stage rows of these events, sorted; the same for any order and any repetition of them."""
    rows = shard_of(events, house).rows()
    return sorted(rows, key=lambda row: (row.stage, row.scope_id, row.part, row.series))
