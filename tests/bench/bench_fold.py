"""The fold in one Faust worker, beside the same fold as a plain Faust agent with Tables, on one real log.

    python -m tests.bench.bench_fold [--patients 4000] [--json FILE]

Ours: whole fetches, RocksDB state written with its offsets, linker, hints, and live cells published four times a
second, from the first event to the last state stored. Plain: one event at a time; each scope's state in a Faust Table
with its changelog, decoded, observed, refolded and written back for every event; no linker, no cells: it does less.
Both read the same topics: a morning of outpatients, their events in order of time, interleaved as they happened.
"""

from __future__ import annotations

import argparse
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


def measure(which: str, bus: BusSettings, home: Path) -> dict[str, Any]:
    """Run one of the two in a process of its own."""
    argv = [sys.executable, "-m", "tests.bench.bench_fold", "--only", which, "--bootstrap", bus.bootstrap]
    done = subprocess.run([*argv, "--home", str(home)], check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def main() -> None:
    """Measure both and print the ratio."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--patients", type=int, default=4_000)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only", choices=("ours", "plain"))
    parser.add_argument("--bootstrap")
    parser.add_argument("--home", type=Path)
    given = parser.parse_args()
    if given.only:
        import uvloop

        from streams.agents import spare_the_collector

        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
        spare_the_collector()  # for both
        bus = BusSettings(bootstrap=given.bootstrap, partitions=PARTITIONS)
        print(json.dumps(asyncio.run({"ours": ours, "plain": plain}[given.only](bus, given.home))))
        return
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        broker = start_kafka(home / "kafka", free_port(), free_port())
        try:
            bus = BusSettings(bootstrap=broker.bootstrap, partitions=PARTITIONS)
            events = fill(bus, given.patients)
            result = report(events, measure("plain", bus, home), measure("ours", bus, home))
        finally:
            broker.stop()
    if given.json:
        given.json.write_text(json.dumps(result, indent=2))


def report(events: int, plain_run: dict[str, Any], ours_run: dict[str, Any]) -> dict[str, Any]:
    """Print and return the figures. Records: events, their placements in journeys, and hints."""
    plain_rate = plain_run["records"] / plain_run["seconds"]
    ours_rate = ours_run["records"] / ours_run["seconds"]
    result = {
        "events": events,
        "records": ours_run["records"],
        "seconds": round(ours_run["seconds"], 2),
        "events_per_s": round(events / ours_run["seconds"]),
        "records_per_s": round(ours_rate),
        "plain_records_per_s": round(plain_rate),
        "ratio": round(ours_rate / plain_rate, 1),
        "events_per_cpu_s": round(events / ours_run["cpu_seconds"]),
        "cpu_ratio": round(
            plain_run["cpu_seconds"] / plain_run["records"] * ours_run["records"] / ours_run["cpu_seconds"], 1
        ),
    }
    print(f"fold, ours:  {result['records_per_s']:>8} records/s, of which {result['events_per_s']} events told")
    print(f"fold, plain: {result['plain_records_per_s']:>8} records/s (one at a time, state in a Table)")
    print(f"ratio: {result['ratio']} (target ≥ 10); by CPU time {result['cpu_ratio']}")
    return result


if __name__ == "__main__":
    main()
