"""The fold in one Faust worker, beside the same fold as a plain Faust agent with Tables, on one real log.

Ours: whole fetches, RocksDB state written with its offsets, linker, hints, and live cells published ten times a second
while it keeps up, from the first event to the last state stored. Plain: one event at a time; each scope's state in a
Faust Table with its changelog, decoded, observed, refolded and written back for every event; no linker, no cells: it
does less.
Both read the same topics: a morning of outpatients, their events in order of time, interleaved as they happened.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from infra.local.kafka import start_kafka
from ingest.bus import BusSettings, Producer, ensure_topics
from ingest.publish import publish
from tests.bench.figure import Figure, less_is_better, more_is_better
from tests.conftest import free_port
from tests.outpatients import MINUTE, MORNING, morning

NOON = MORNING + 8 * 60 * MINUTE
PARTITIONS = 6
PLAIN_RECORDS = 30_000  # enough to know its rate
QUIET_S = 3.0


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
    """Our worker, from the first event to the last state stored."""
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
            if engine.progress != seen or any(owned.changed or owned.unstored for owned in engine.owned.values()):
                seen, ended, cpu_ended = engine.progress, now, time.process_time()
            elif began and now - ended > QUIET_S:
                stop.set()

    watching = asyncio.create_task(watch())
    await run(engine, stop)
    await watching
    return {"records": seen, "seconds": ended - began, "cpu_seconds": cpu_ended - cpu}


async def plain(bus: BusSettings, home: Path) -> dict[str, Any]:
    """The same fold, one event at a time, its state in a Table."""
    import faust

    from ingest.events import decode
    from ingest.journey import decode_placement
    from ingest.topics import JOURNEY
    from streams.app import topics_read
    from streams.fold import ScopeState, encode_state, observe, refold, scope_of, thaw_state
    from streams.house import HouseRules
    from streams.stages.stage import Scope

    house = HouseRules(facility_id="H001", source_priority=("HIS^DEMO", "QUEUE^DEMO"))
    app = faust.App(
        "bench-plain", broker=f"kafka://{bus.bootstrap}", web_enabled=False, topic_partitions=bus.partitions,
        datadir=str(home / "plain"), store="memory://", consumer_auto_offset_reset="earliest",
        topic_disable_leader=True, value_serializer="raw", key_serializer="raw",
    )  # fmt: skip
    table = app.Table("scopes", key_type=bytes, value_type=bytes)
    done = asyncio.Event()
    began = ended = cpu = 0.0
    count = 0
    topics = [t for t in topics_read(bus) if t != "his.hint.v1"]

    async def fold(stream: Any) -> None:
        nonlocal began, ended, count, cpu
        scope: Scope | None
        async for event in stream.events():
            if not count:
                began, cpu = time.perf_counter(), time.process_time()
            count += 1
            if event.message.topic == JOURNEY:
                told: Any = decode_placement(event.value)
                scope, name = "visit", told.visit_id
            else:
                told = decode(event.value)
                scope, name = scope_of(told), str(getattr(told, told.subject))
            if scope:
                kept = table.get(name.encode())
                state = thaw_state(kept) if kept is not None else ScopeState(scope, name)
                if observe(state, told):
                    refold(state, house)
                    table[name.encode()] = encode_state(state)
            ended = time.perf_counter()
            if count >= PLAIN_RECORDS:
                done.set()

    app.agent(app.topic(*topics, value_type=bytes), name="fold", concurrency=1)(fold)
    await app.start()
    await done.wait()
    result = {"records": count, "seconds": ended - began, "cpu_seconds": time.process_time() - cpu}
    await app.stop()
    return result


def measure(which: str, bus: BusSettings, home: Path) -> dict[str, float]:
    """Run one of the two in a process of its own: records, seconds and seconds of processor time."""
    argv = [sys.executable, "-m", "tests.bench.bench_fold", which, bus.bootstrap, str(home)]
    done = subprocess.run(argv, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def run(quick: bool) -> list[Figure]:
    """Both on one broker, one after the other, each with the machine to itself."""
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        broker = start_kafka(home / "kafka", free_port(), free_port())
        try:
            bus = BusSettings(bootstrap=broker.bootstrap, partitions=PARTITIONS)
            events = fill(bus, 1_000 if quick else 6_000)
            plainly = measure("plain", bus, home)
            fold = measure("ours", bus, home)
        finally:
            broker.stop()
    per_record = fold["cpu_seconds"] / fold["records"], plainly["cpu_seconds"] / plainly["records"]
    return [
        more_is_better(
            "records folded: events, their placements, what scopes tell each other", fold["records"] / fold["seconds"],
            "records/s", floor=30_000, peer="plain agent with Tables",
            peer_value=plainly["records"] / plainly["seconds"], ratio_floor=10,
        ),
        more_is_better("events told, all that follows from them included", events / fold["seconds"], "events/s"),
        less_is_better(
            "processor time a record", per_record[0] * 1e6, "µs", peer="plain agent with Tables",
            peer_value=per_record[1] * 1e6,
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
