"""The fold in one Faust worker, beside the same fold as a plain Faust agent with Tables, on one real log.

Ours: whole fetches, RocksDB state written with its offsets every five seconds, linker, hints, and live cells published
ten times a second while it keeps up, from the first event to the last value published. Plain: the very same shards,
driven as Faust's users do: one event at a time, every scope that changed written to a Table with its changelog, every
word to another scope a send of its own, live cells sent by a timer. It keeps no offsets and need not read a state
back, which ours must. Where they are installed, Quix Streams and Bytewax carry the same shards too (`fold_peers`). All
read a log of the same making: a morning of outpatients, in order of time, interleaved as they happened.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.local.kafka import start_kafka
from ingest.bus import BusSettings, Producer, ensure_topics, partition_of
from ingest.publish import publish
from ingest.topics import HINT, JOURNEY, KPI
from streams.book import CellBook
from streams.publish import Publisher
from streams.shard import Shard
from streams.state import MemoryStore, Meta
from tests.bench.figure import Figure, less_is_better, more_is_better
from tests.conftest import free_port
from tests.outpatients import MINUTE, MORNING, morning

NOON = MORNING + 8 * 60 * MINUTE
PARTITIONS = 6
QUIET_S = 3.0
PEERS = {"quixstreams": "Quix Streams", "bytewax": "Bytewax"}
PLAIN_QUIET_S = 10.0  # joining its group takes a plain agent longer


def fill(bus: BusSettings, patients: int) -> int:
    """Tell the morning of so many patients; returns the number of events."""
    ensure_topics(bus)
    told = morning(patients, minutes=240)
    producer = Producer(bus, linger_ms=20)
    for n, event in enumerate(told):
        publish(producer, event, bus.partitions)
        if n % 5_000 == 4_999:
            producer.flush(60)
    producer.flush(60)
    producer.close()
    return len(told)


async def ours(bus: BusSettings, home: Path) -> dict[str, Any]:
    """Our worker, from the first event to the last value published."""
    import threading

    from ingest.clock import Clock, ClockMap, real_now_ms, write_clock
    from streams.agents import run
    from streams.engine import Engine
    from streams.house import HouseRules
    from streams.ownership import Estate, Owned, StreamSettings

    class Eager(Estate):
        """Publishes from the first event on, as a worker does that has caught up long ago."""

        async def take_over(self, *args: Any) -> Owned:
            owned = await super().take_over(*args)
            owned.goal, owned.shard.meta.complete = {}, True
            return owned

    write_clock(home / "clock.json", ClockMap(real_ms=real_now_ms(), hospital_ms=NOON, rate=1.0))
    house = HouseRules(facility_id="H001", source_priority=("HIS^DEMO", "QUEUE^DEMO"))
    estate = Eager(StreamSettings(group="bench-ours"), bus, house, Clock(home / "clock.json"), home / "state")
    engine = Engine(estate)
    stop = threading.Event()
    began = ended = cpu = cpu_ended = 0.0
    seen = 0

    async def watch() -> None:
        nonlocal began, ended, seen, cpu, cpu_ended
        while not stop.is_set():
            await asyncio.sleep(0.02)
            now = time.perf_counter()
            if engine.progress and not began:
                began, cpu = now - 0.02, time.process_time()
            if engine.progress != seen or any(owned.changed for owned in engine.owned.values()):
                seen, ended, cpu_ended = engine.progress, now, time.process_time()
            elif began and now - ended > QUIET_S:
                stop.set()

    watching = asyncio.create_task(watch())
    await run(engine, stop)
    await watching
    return {"records": seen, "seconds": ended - began, "cpu_seconds": cpu_ended - cpu}


class TableStore(MemoryStore):
    """A shard's store that is a Faust Table."""

    def __init__(self, table: Any) -> None:
        super().__init__()
        self._table = table

    def get(self, name: str) -> bytes | None:
        """What the Table keeps under an id."""
        kept: bytes | None = self._table.get(name.encode())
        return kept

    def write(self, changed: Mapping[str, bytes | None], meta: Meta) -> None:
        """Every scope that changed, through the Table's changelog."""
        for name, value in changed.items():
            self._table[name.encode()] = value


async def plain(bus: BusSettings, home: Path) -> dict[str, Any]:
    """The same fold, one event at a time: state in a Table, words and live cells by Faust's own sends."""
    import faust

    from streams.app import topics_read
    from streams.house import HouseRules

    house = HouseRules(facility_id="H001", source_priority=("HIS^DEMO", "QUEUE^DEMO"))
    app = faust.App(
        "bench-plain", broker=f"kafka://{bus.bootstrap}", web_enabled=False, topic_partitions=bus.partitions,
        datadir=str(home / "plain"), store="memory://", consumer_auto_offset_reset="earliest",
        topic_disable_leader=True, value_serializer="raw", key_serializer="raw",
    )  # fmt: skip
    store = TableStore(app.Table("scopes", key_type=bytes, value_type=bytes))
    books = [CellBook() for _ in range(bus.partitions)]
    shards = [Shard(house, store, book, epoch=1) for book in books]
    voices = [Publisher(number, {}, {}) for number in range(bus.partitions)]
    for shard in shards:
        shard.meta.complete = True
    outlets = {name: app.topic(name, value_type=bytes, key_type=bytes) for name in (HINT, JOURNEY, KPI)}
    began = ended = cpu = cpu_ended = 0.0
    count = 0

    async def fold(stream: Any) -> None:
        nonlocal began, ended, count, cpu, cpu_ended
        async for event in stream.events():
            if not count:
                began, cpu = time.perf_counter(), time.process_time()
            count += 1
            shard = shards[event.message.partition]
            shard.take(event.message.topic, [event.value], 0, NOON)
            for say in shard.settle():
                await outlets[say.topic].send(value=say.value, partition=partition_of(say.key, bus.partitions))
            shard.store_changes()
            ended, cpu_ended = time.perf_counter(), time.process_time()

    async def publish_cells() -> None:
        for shard, voice, book in zip(shards, voices, books, strict=True):
            for record in voice.flush(shard, book, 0):
                await outlets[KPI].send(key=record.key, value=record.value, partition=record.partition)

    app.agent(app.topic(*topics_read(bus), value_type=bytes), name="fold", concurrency=1)(fold)
    app.timer(interval=0.25)(publish_cells)
    await app.start()
    while not count or time.perf_counter() - ended < PLAIN_QUIET_S:
        await asyncio.sleep(0.1)
    result = {"records": count, "seconds": ended - began, "cpu_seconds": cpu_ended - cpu}
    await app.stop()
    return result


def measure(which: str, patients: int, module: str = "bench_fold") -> tuple[dict[str, float], int]:
    """Run one of them in a process of its own: records, seconds and seconds of processor time; events told."""
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        broker = start_kafka(home / "kafka", free_port(), free_port())
        try:
            events = fill(BusSettings(bootstrap=broker.bootstrap, partitions=PARTITIONS), patients)
            argv = [sys.executable, "-m", f"tests.bench.{module}", which, broker.bootstrap, str(home)]
            done = subprocess.run(argv, check=True, capture_output=True, text=True)
        finally:
            broker.stop()
    return dict(json.loads(done.stdout.strip().splitlines()[-1])), events


def run(quick: bool) -> list[Figure]:
    """One after the other, each with a broker, a log and the machine to itself: what they say goes into the log."""
    patients = 500 if quick else 3_000
    plainly, events = measure("plain", patients)
    fold, _ = measure("ours", patients)
    return [
        more_is_better(
            "events told, all that follows from them included", events / fold["seconds"], "events/s",
            peer="plain agent with Tables", peer_value=events / plainly["seconds"], ratio_floor=10,
        ),
        less_is_better(
            "processor time of an event told", fold["cpu_seconds"] / events * 1e6, "µs", peer="plain agent with Tables",
            peer_value=plainly["cpu_seconds"] / events * 1e6,
        ),
        more_is_better(
            "records folded: events, their placements, what scopes tell each other", fold["records"] / fold["seconds"],
            "records/s", floor=30_000, peer="plain agent with Tables",
            peer_value=plainly["records"] / plainly["seconds"],
        ),
        less_is_better("processor time of a record", fold["cpu_seconds"] / fold["records"] * 1e6, "µs"),
        *(figure for which, name in PEERS.items() for figure in _beside(fold, events, which, name, patients)),
    ]  # fmt: skip


def _beside(fold: dict[str, float], events: int, which: str, name: str, patients: int) -> list[Figure]:
    """The same fold inside another framework, where it is installed; whoever wins."""
    if importlib.util.find_spec(which) is None:
        print(f"{name} is not installed, so not compared: pip install -e '.[peers]'", file=sys.stderr)
        return []
    theirs, told = measure(which, patients, "fold_peers")
    return [
        more_is_better(
            "events told", events / fold["seconds"], "events/s", peer=name, peer_value=told / theirs["seconds"]
        ),
        less_is_better(
            "processor time of an event told", fold["cpu_seconds"] / events * 1e6, "µs", peer=name,
            peer_value=theirs["cpu_seconds"] / told * 1e6,
        ),
    ]  # fmt: skip


def main() -> None:
    """One of the two, for `measure`."""
    import uvloop

    from streams.agents import spare_the_collector

    which, bootstrap, home = sys.argv[1:]
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    spare_the_collector()  # for both
    bus = BusSettings(bootstrap=bootstrap, partitions=PARTITIONS)
    print(json.dumps(asyncio.run({"ours": ours, "plain": plain}[which](bus, Path(home)))))


if __name__ == "__main__":
    main()
