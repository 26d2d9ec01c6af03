"""What an outage costs: a worker that was killed, one that was away for a while, and one whose state disk is lost.

A real broker, a worker process, a reader of the live values as a board is one. Recovery is from `kill -9` to the new
worker's first whole flush; catching up and rebuilding from its start to that. Meanwhile the reader must be told.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from infra.local.kafka import start_kafka
from ingest.bus import KPI, Producer, consumer
from ingest.publish import publish
from streams.house import HouseRules
from streams.live import LiveValues
from tests.bench.figure import Figure, less_is_better, more_is_better
from tests.conftest import free_port
from tests.integration.stream_worker import Hospital, Worker
from tests.outpatients import MINUTE, MORNING, outpatient

NOON = MORNING + 8 * 60 * MINUTE
PARTITIONS = 6
STALE_MS = 9_000  # as the board has it
PATIENCE_S = 1_800


class Reader:
    """Who reads the live values, from the first record on."""

    def __init__(self, hospital: Hospital) -> None:
        self.live = LiveValues(HouseRules(facility_id="H001"), PARTITIONS)
        self._kafka = consumer(hospital.bus, [KPI])
        self.owners: dict[int, int] = {}
        self.looks = self.marked = 0

    def look(self) -> None:
        """Take what came."""
        for records in self._kafka.poll(timeout_ms=50).values():
            for record in records:
                self.live.apply(record.key.decode(), record.value)
        self.looks += 1
        gone = time.time() * 1000 - self.live.spoken_at > STALE_MS
        self.marked += self.live.catching_up or gone

    def until(self, holds: Callable[[], bool]) -> float:
        """Seconds until it holds."""
        began, self.looks, self.marked = time.monotonic(), 0, 0
        while not holds():
            self.look()
            if time.monotonic() - began > PATIENCE_S:
                raise TimeoutError("the worker did not catch up")
        return time.monotonic() - began

    def close(self) -> None:
        self._kafka.close()


def tell(hospital: Hospital, first: int, patients: int) -> int:
    """Patients over a morning, one after the other; returns the number of events."""
    producer, told = Producer(hospital.bus, linger_ms=20), 0
    for number in range(first, first + patients):
        at = MORNING + (number - first) * 240 * MINUTE // patients
        for event in outpatient(number, at, linked=number % 2 == 0):
            publish(producer, event, PARTITIONS)
            told += 1
        if number % 200 == 199:
            producer.flush(120)
    producer.flush(120)
    producer.close()
    return told


def run(quick: bool) -> list[Figure]:
    """Rebuild from nothing, then `kill -9`, then an outage during which the hospital goes on."""
    patients, missed = (500, 250) if quick else (50_000, 5_000)  # together a day of 1.6M events
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        broker = start_kafka(home / "kafka", free_port(), free_port())
        workers: list[Worker] = []
        try:
            hospital = Hospital(broker.bootstrap, home, NOON, PARTITIONS)
            told = tell(hospital, 0, patients)
            reader = Reader(hospital)
            return _figures(hospital, reader, workers, told, patients, missed)
        finally:
            for worker in workers:
                if worker.process.poll() is None:
                    worker.kill()
            broker.stop()


def _figures(
    hospital: Hospital, reader: Reader, workers: list[Worker], told: int, patients: int, missed: int
) -> list[Figure]:
    def begins() -> Worker:
        workers.append(hospital.worker())
        return workers[-1]

    def spoken_since(instant: float) -> Callable[[], bool]:
        return lambda: not reader.live.catching_up and reader.live.spoken_at > instant * 1000

    worker, instant = begins(), time.time()
    first = reader.until(spoken_since(instant))
    resident = psutil.Process(worker.process.pid).memory_info().rss
    worker.kill()
    worker, instant = begins(), time.time()
    killed = reader.until(spoken_since(instant))
    worker.stop()
    late = tell(hospital, patients, missed)
    worker, instant = begins(), time.time()
    away = reader.until(spoken_since(instant))
    share = 100 * reader.marked / max(1, reader.looks)
    worker.kill()
    shutil.rmtree(worker.state)
    worker, instant = begins(), time.time()
    lost = reader.until(spoken_since(instant))
    reader.close()
    return [
        less_is_better("recovered after kill -9, from the kill to fresh values", killed, "s", ceiling=15),
        more_is_better(f"caught up on {late:,} events missed", late / away, "events/s", floor=10_000),
        more_is_better("of the looks meanwhile, marked as not fresh", share, "%", floor=99),
        less_is_better(f"first start on a log of {told:,} events", first, "s"),
        less_is_better(f"state lost: rebuilt from {told + late:,} events", lost, "s", ceiling=45),
        less_is_better("worker's memory, a visit of the day", resident / patients / 1024, "KiB"),
    ]
