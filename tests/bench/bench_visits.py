"""What a large hospital's day weighs: memory of an open visit, and the live values' messages, without a broker.

15 000 outpatients, interleaved as they happened, in one shard as a worker drives it; every open visit with its tickets,
orders, bills and prescriptions. Memory is this process's, before and after.
"""

from __future__ import annotations

import gc
import time

import psutil

from streams.book import CellBook
from streams.house import HouseRules
from streams.memory import told
from streams.outlet import Record
from streams.publish import Publisher
from streams.shard import Shard
from streams.state import MemoryStore
from tests.bench.figure import Figure, less_is_better
from tests.outpatients import morning

MESSAGE_LIMIT = 1_000_000  # bytes: the broker's own default


class Weighed:
    """What was published: the sizes of all records, and of what a compacted topic keeps."""

    def __init__(self) -> None:
        self.kept: dict[bytes, int] = {}
        self.largest = self.largest_shard = self.bytes = 0

    def take(self, records: list[Record]) -> None:
        for record in records:
            assert record.key is not None
            size = len(record.value or b"")
            self.bytes += size
            self.largest = max(self.largest, size)
            if b"|" not in record.key:
                self.largest_shard = max(self.largest_shard, size)
            self.kept[record.key] = size


def run(quick: bool) -> list[Figure]:
    """One shard, a flush for every thousand events told."""
    patients = 500 if quick else 15_000
    day = morning(patients, minutes=480)
    gc.collect()
    before = psutil.Process().memory_info().rss
    book, weighed = CellBook(), Weighed()
    shard = Shard(HouseRules(facility_id="H001"), MemoryStore(), book, epoch=1, room=1 << 60)
    shard.meta.complete = True
    publisher = Publisher(0, {}, {})
    for n, event in enumerate(day):
        for topic, value in told(event):
            shard.take(topic, [value])
        if n % 1_000 == 999:
            _round(shard, book, publisher, weighed)
    _round(shard, book, publisher, weighed)
    gc.collect()
    resident = psutil.Process().memory_info().rss - before
    stored = sum(len(value) for _, value in shard.store.items())
    names = f"{patients:,} visits, one shard"
    return [
        less_is_better("memory of an open visit, with all its subjects and cells", resident / patients / 1024, "KiB"),
        less_is_better("state on disk of a visit, before compression", stored / patients / 1024, "KiB"),
        less_is_better(f"live values kept on the topic, {names}", sum(weighed.kept.values()) / 1e6, "MB"),
        less_is_better(f"live values published all day, {names}", weighed.bytes / 1e6, "MB"),
        less_is_better("largest message", weighed.largest / 1000, "kB", ceiling=MESSAGE_LIMIT / 1000),
        less_is_better("largest shard record", weighed.largest_shard / 1000, "kB", ceiling=MESSAGE_LIMIT / 1000),
    ]


def _round(shard: Shard, book: CellBook, publisher: Publisher, weighed: Weighed) -> None:
    while says := shard.settle():
        for say in says:
            shard.take(say.topic, [say.value])
    weighed.take(publisher.flush(shard, book, int(time.time() * 1000)))
    shard.store_changes()
