"""The same fold inside Quix Streams and inside Bytewax, each driven as its users do: one record at a time, its state in
the framework's own store, its words to other scopes sent by the framework.

The very same shards as in our worker. Quix keeps state in RocksDB with a changelog topic, Bytewax in SQLite snapshots;
both as they come. Live cells are worked out four times a second, as the plain agent does.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from ingest.bus import BusSettings, consumer
from ingest.topics import HINT, JOURNEY, KPI
from streams.app import topics_read
from streams.book import CellBook
from streams.house import HouseRules
from streams.outlet import Record
from streams.publish import Publisher
from streams.shard import Shard
from streams.state import MemoryStore, Meta

QUIET_S = 15.0  # the frameworks' own pauses are shorter
PUBLISH_S = 0.25


class Timing:
    """From the first record to the last; tells them and ends the process when no more come."""

    def __init__(self) -> None:
        self.began = self.ended = self._cpu = self._cpu_ended = 0.0
        self.records = 0
        threading.Thread(target=self._wait, daemon=True).start()

    def one(self, work: Callable[[], Any]) -> Any:
        """Work on one record."""
        if not self.records:
            self.began, self._cpu = time.perf_counter(), time.process_time()
        done = work()
        self.records += 1
        self.ended, self._cpu_ended = time.perf_counter(), time.process_time()
        return done

    def _wait(self) -> None:
        while not self.records or time.perf_counter() - self.ended < QUIET_S:
            time.sleep(0.1)
        seconds, cpu = self.ended - self.began, self._cpu_ended - self._cpu
        print(json.dumps({"records": self.records, "seconds": seconds, "cpu_seconds": cpu}), flush=True)
        os._exit(0)


class Lent(MemoryStore):
    """A store that is, while one record is folded, the state that the framework lends for its key."""

    def lend(
        self, get: Callable[[str], bytes | None], put: Callable[[str, bytes], Any], drop: Callable[[str], Any]
    ) -> None:
        """The state of the record's key, for this record."""
        self._get, self._put, self._drop = get, put, drop

    def get(self, name: str) -> bytes | None:
        """What the framework keeps under an id."""
        return self._get(name)

    def write(self, changed: Mapping[str, bytes | None], meta: Meta) -> None:
        """Every scope that changed."""
        for name, value in changed.items():
            if value is None:
                self._drop(name)
            else:
                self._put(name, value)


class Folding:
    """All partitions' shards over one lent store, and the words that follow from a record."""

    def __init__(self, partitions: int, noon: int) -> None:
        house = HouseRules(facility_id="H001", source_priority=("HIS^DEMO", "QUEUE^DEMO"))
        self.store = Lent()
        self._noon = noon
        self._books = [CellBook() for _ in range(partitions)]
        self._shards = [Shard(house, self.store, book, epoch=1) for book in self._books]
        self._voices = [Publisher(number, {}, {}) for number in range(partitions)]
        self._said_at = 0.0
        for shard in self._shards:
            shard.meta.complete = True

    def fold(self, topic: str, partition: int, value: bytes) -> Iterable[Record]:
        """What one record makes the shard say; four times a second the live cells of all with it."""
        shard = self._shards[partition]
        shard.take(topic, [value], 0, self._noon)
        said = [Record(say.topic, say.key.encode(), say.value) for say in shard.settle()]
        shard.store_changes()
        if time.perf_counter() - self._said_at > PUBLISH_S:
            self._said_at = time.perf_counter()
            for one, voice, book in zip(self._shards, self._voices, self._books, strict=True):
                said += voice.flush(one, book, 0)
        return said


def quix(bus: BusSettings, home: Path, noon: int) -> None:
    """As a Quix Streams application: one stateful step over all topics."""
    from quixstreams import Application, message_context

    folding, timing = Folding(bus.partitions, noon), Timing()
    app = Application(
        broker_address=bus.bootstrap, consumer_group="quix", state_dir=home / "quix", loglevel="ERROR",
        auto_offset_reset="earliest", request_timeout=30,
    )  # fmt: skip
    raw: dict[str, str] = {"key_deserializer": "str", "value_deserializer": "bytes"}
    read = [app.topic(name, **raw) for name in _spoken(bus)]

    def step(value: bytes, state: Any) -> list[Record]:
        where = message_context()
        folding.store.lend(state.get_bytes, state.set_bytes, state.delete)
        return list(timing.one(lambda: folding.fold(where.topic, where.partition, value)))

    frame = app.dataframe(read[0])
    for topic in read[1:]:
        frame = frame.concat(app.dataframe(topic))
    with app.get_producer() as producer:
        said = frame.apply(step, stateful=True, expand=True)
        said.update(lambda one: producer.produce(one.topic, one.value, one.key, partition=one.partition))
        app.run()


def _spoken(bus: BusSettings) -> list[str]:
    """The topics that hold or will hold a record: with all of them a changelog's name would be too long for Kafka."""
    reader = consumer(bus, topics_read(bus))
    ends = reader.end_offsets(list(reader.assignment()))
    reader.close()
    return sorted({tp.topic for tp, end in ends.items() if end} | {HINT, JOURNEY})


def bytewax(bus: BusSettings, home: Path, noon: int) -> None:
    """As a Bytewax dataflow: keyed by the records' keys, recovered from snapshots."""
    from datetime import timedelta

    from bytewax import operators as op
    from bytewax.connectors.kafka import KafkaSink, KafkaSinkMessage, KafkaSource
    from bytewax.dataflow import Dataflow
    from bytewax.recovery import RecoveryConfig, init_db_dir
    from bytewax.testing import run_main

    folding, timing = Folding(bus.partitions, noon), Timing()

    def keyed_by(message: Any) -> str:
        return f"{message.partition}|{(message.key or b'').decode()}"

    def step(state: dict[str, bytes] | None, message: Any) -> tuple[dict[str, bytes], list[Any]]:
        kept = {} if state is None else state
        folding.store.lend(kept.get, kept.__setitem__, lambda name: kept.pop(name, None))
        said = timing.one(lambda: folding.fold(message.topic, message.partition, message.value))
        return kept, [KafkaSinkMessage(r.key, r.value, topic=r.topic, partition=r.partition) for r in said]

    flow = Dataflow("fold")
    source = KafkaSource([bus.bootstrap], topics_read(bus), batch_size=1_000)
    keyed = op.key_on("key", op.input("read", flow, source), keyed_by)
    said = op.key_rm("unkey", op.stateful_flat_map("fold", keyed, step))
    op.output("write", said, KafkaSink([bus.bootstrap], KPI))
    (home / "snapshots").mkdir()
    init_db_dir(home / "snapshots", 1)
    run_main(flow, epoch_interval=timedelta(seconds=5), recovery_config=RecoveryConfig(str(home / "snapshots")))


def main() -> None:
    """One of the two, for `bench_fold`."""
    from streams.agents import spare_the_collector
    from tests.bench.bench_fold import NOON, PARTITIONS

    which, bootstrap, home = sys.argv[1:]
    spare_the_collector()
    {"quixstreams": quix, "bytewax": bytewax}[which](
        BusSettings(bootstrap=bootstrap, partitions=PARTITIONS), Path(home), NOON
    )


if __name__ == "__main__":
    main()
