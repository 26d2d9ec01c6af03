"""Kafka in small, and the owners of a few shards who read it at their own pace, are killed and lose their disks."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence

from ingest.bus import partition_of
from ingest.events import domain_of
from ingest.events.envelope import Event, kind_of, subject_of
from ingest.topics import event_topic
from streams.book import CellBook
from streams.cells import CellKey, Partial
from streams.house import HouseRules
from streams.memory import told
from streams.shard import Shard
from streams.stages.stage import StageRow
from streams.state import MemoryStore

HOUSE = HouseRules(facility_id="H001", source_priority=("HIS^DEMO", "QUEUE^DEMO"))
SHARDS = 3


class Log:
    """Kafka in small: records of each topic and partition in order."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, int], list[bytes]] = defaultdict(list)

    def append(self, topic: str, key: str, value: bytes) -> None:
        self.records[topic, partition_of(key, SHARDS)].append(value)

    def tell(self, event: Event) -> None:
        if event.broadcast:
            for partition in range(SHARDS):
                self.records[event_topic(domain_of(kind_of(event))), partition].append(told(event)[0][1])
            return
        for topic, value in told(event):
            self.append(topic, (event.visit_id or "") if topic == "his.journey.v1" else subject_of(event), value)


class Owner:
    """Who works on one shard now."""

    def __init__(self, number: int, log: Log) -> None:
        self.number, self.log, self.store, self.epoch = number, log, MemoryStore(), 0
        self.take_over()

    def take_over(self) -> None:
        """A new owner opens what the last one stored."""
        self.epoch += 1
        self.book = CellBook()
        self.shard = Shard(HOUSE, self.store, self.book, epoch=self.epoch, room=20)
        for _ in self.shard.open():
            pass
        self.offsets = dict(self.shard.meta.offsets)
        self.goal = {topic: len(r) for (topic, number), r in self.log.records.items() if number == self.number}

    def lose_everything(self) -> None:
        """A disk is gone."""
        self.store = MemoryStore()
        self.take_over()

    def behind(self) -> list[str]:
        """Topics with something unread."""
        return sorted(
            topic
            for (topic, number), records in self.log.records.items()
            if number == self.number and self.offsets.get(topic, 0) < len(records)
        )

    def read(self, topic: str, most: int) -> None:
        """One fetch."""
        at = self.offsets.get(topic, 0)
        values = self.log.records[topic, self.number][at : at + most]
        self.shard.take(topic, values)
        self.offsets[topic] = at + len(values)

    def settle(self, dies_before_storing: bool = False) -> None:
        """One round; what was said stays said even if its owner dies before it has stored anything."""
        if not self.shard.meta.complete and all(self.offsets.get(t, 0) >= end for t, end in self.goal.items()):
            for _ in self.shard.complete():
                pass
        for say in self.shard.settle():
            self.log.append(*say)
        if dies_before_storing:
            self.take_over()
            return
        self.shard.meta.offsets = dict(self.offsets)
        self.shard.store_changes()

    def rows(self) -> list[StageRow]:
        """All rows, as the store has them."""
        return [row for name, _ in self.store.items() for row in self.shard.holding(name).rows]


def run(events: list[Event], seed: int, *, disasters: bool, most: int = 19) -> list[StageRow]:
    """Tell the events in some order, at most so many at once, let owners read, settle, die; then come to rest."""
    dice, log = random.Random(seed), Log()
    owners = [Owner(number, log) for number in range(SHARDS)]
    untold = list(events)
    dice.shuffle(untold)
    while untold:
        owner, what = dice.choice(owners), dice.random()
        if what < 0.2:
            for _ in range(dice.randrange(1, most + 1)):
                if untold:
                    log.tell(untold.pop())
        elif what < 0.75:
            if topics := owner.behind():
                owner.read(dice.choice(topics), dice.randrange(1, 15))
        elif what < 0.95 or not disasters:
            owner.settle()
        elif what < 0.99:
            owner.settle(dies_before_storing=True)
        else:
            owner.lose_everything()
    for _ in range(200):
        for owner in owners:
            for topic in owner.behind():
                owner.read(topic, 1_000)
            owner.settle()
        if not any(owner.behind() for owner in owners):
            break
    else:
        raise AssertionError("the shards do not come to rest")
    for owner in owners:
        assert _content(owner.book) == _content(counted(owner.rows())), "the cells are not those of the rows"
    rows = [row for owner in owners for row in owner.rows()]
    return sorted(rows, key=lambda row: (row.stage, row.scope_id, row.part, row.series))


def counted(rows: Sequence[StageRow]) -> CellBook:
    """The cells of rows, counted at once."""
    book = CellBook()
    book.replace((), rows)
    return book


def _content(book: CellBook) -> dict[CellKey, Partial]:
    return {cell: partial for _, cells in book.everything() for cell, partial in cells if cell.stage != "arrived"}
