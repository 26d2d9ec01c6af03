"""Where the time between an event and the pixel goes: when each hop was reached, and what each process worked for it.

Kafka says when it stored the event; the worker's own records say when it had worked the change out; a reader of the
bus, one of the stream and the page itself say when they saw it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import psutil

from ingest.bus import JOURNEY, KPI, BusSettings, consumer, read_to_end
from streams.cells import Pack, decode_record

Times = dict[int, float]  # how many wait → real ms


class BusReader:
    """Reads live values beside the board: when a number was worked out, and when it could be read."""

    def __init__(self, bus: BusSettings, dept: str) -> None:
        self.worked_out: Times = {}
        self.readable: Times = {}
        self._waiting: dict[str, int] = {}  # pack → how many wait in the department
        self._dept = dept
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, args=(bus,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop reading."""
        self._stop.set()
        self._thread.join(timeout=10)

    def _read(self, bus: BusSettings) -> None:
        reader = consumer(bus, [KPI], from_end=True)
        while not self._stop.is_set():
            for batch in reader.poll(timeout_ms=100).values():
                for record in batch:
                    if record.value is not None:
                        self._hear(record.key.decode(), record.value, time.time() * 1000)
        reader.close()

    def _hear(self, key: str, value: bytes, now: float) -> None:
        if "|consult_wait|" in key:
            if self._dept.encode() in value and isinstance(pack := decode_record(key, value), Pack):
                mine = (len(part.waiting) for cell, part in pack.cells if self._dept in cell.dims)
                self._waiting[key] = sum(mine)
        elif "|" not in key and self._waiting:
            said = decode_record(key, value)
            number = sum(self._waiting.values())
            if not isinstance(said, Pack) and number not in self.readable:
                self.worked_out[number], self.readable[number] = said.published_at, now


def stored(bus: BusSettings, dept: str) -> Times:
    """When Kafka stored each check-in of the department, in the order in which they came."""
    reader = consumer(bus, [JOURNEY])
    marks = (b'"patient.checked_in"', f'"dept_code":"{dept}"'.encode())
    found = [r.timestamp for r in read_to_end(reader) if r.value and all(mark in r.value for mark in marks)]
    reader.close()
    return dict(enumerate(sorted(map(float, found)), start=1))


class Processor:
    """Processor time of processes and all their descendants, as a share of one processor, since it was begun."""

    def __init__(self, pid: int, fits: Callable[[psutil.Process], bool] = lambda _: True) -> None:
        self._root, self._fits = psutil.Process(pid), fits
        self._began, self._seconds = time.monotonic(), self._spent()

    def _spent(self) -> float:
        seconds = 0.0
        for process in (self._root, *self._root.children(recursive=True)):
            try:
                if self._fits(process):
                    times = process.cpu_times()
                    seconds += times.user + times.system
            except psutil.NoSuchProcess:
                continue
        return seconds

    def percent(self) -> float:
        """The share so far, of one processor."""
        return 100 * (self._spent() - self._seconds) / (time.monotonic() - self._began)


class Everybody:
    """Processor time of the whole machine, as a share of one processor, since it was begun."""

    def __init__(self) -> None:
        self._began, self._seconds = time.monotonic(), self._spent()

    def _spent(self) -> float:
        times = psutil.cpu_times()
        return float(sum(times) - times.idle - times.iowait - times.guest - times.guest_nice)

    def percent(self) -> float:
        """The share so far: 200 when two processors were never idle."""
        return 100 * (self._spent() - self._seconds) / (time.monotonic() - self._began)


def delays(before: Times, after: Times) -> list[float]:
    """How long each took from one hop to the next, sorted. A number that was skipped was seen with the next."""
    found = []
    for number, ms in before.items():
        later = [at_ms for other, at_ms in after.items() if other >= number]
        if later:
            found.append(min(later) - ms)
    return sorted(found)


def percentile(ordered: list[float], percent: int) -> float:
    """The value below which so many lie."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
