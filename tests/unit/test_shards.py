"""Several shards that read one log, are interrupted, killed and robbed of their state, come to the rows of one fold."""

from __future__ import annotations

import random
from collections import defaultdict

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.bus import partition_of
from ingest.events import domain_of
from ingest.events.envelope import Event, kind_of, subject_of
from ingest.topics import event_topic
from streams.house import HouseRules
from streams.memory import NoBook, fold_in_memory, told
from streams.shard import Shard
from streams.stages.stage import StageRow
from streams.state import MemoryStore
from tests.outpatients import MINUTE, MORNING, morning, moved

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
        self.shard = Shard(HOUSE, self.store, NoBook(), epoch=self.epoch, room=20)
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


def run(events: list[Event], seed: int, *, disasters: bool) -> list[StageRow]:
    """Tell the events in some order, let owners read, settle, die; then let everything come to rest."""
    dice, log = random.Random(seed), Log()
    owners = [Owner(number, log) for number in range(SHARDS)]
    untold = list(events)
    dice.shuffle(untold)
    while untold:
        owner, what = dice.choice(owners), dice.random()
        if what < 0.2:
            for _ in range(dice.randrange(1, 20)):
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
    rows = [row for owner in owners for row in owner.rows()]
    return sorted(rows, key=lambda row: (row.stage, row.scope_id, row.part, row.series))


DAY = [*morning(6, seed=7), moved(1, 2, MORNING + 300 * MINUTE), moved(5, 4, MORNING + 310 * MINUTE)]
FOLDED = fold_in_memory(DAY, HOUSE)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 1 << 32))
def test_several_shards_that_read_at_their_own_pace(seed: int) -> None:
    assert run(DAY, seed, disasters=False) == FOLDED


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 1 << 32))
def test_several_shards_whose_owners_die_and_whose_disks_are_lost(seed: int) -> None:
    assert run(DAY, seed, disasters=True) == FOLDED
