"""The board's ears: reads live values and heartbeats, and has a snapshot made on the leading edge of every change.

At once after a pause, then as often as the workers speak, as far as the machine keeps up; and once a second without any
change, since waits grow and silence is news too. Reading goes on by itself when Kafka comes back.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import structlog

from board.live import Live
from board.wall import Snapshot
from ingest.bus import CONTROL, KPI, BusSettings, consumer
from ingest.clock import real_now_ms
from ingest.errors import Malformed, Unavailable
from ingest.events import decode
from ingest.events.control import FeedHeartbeat

log = structlog.get_logger()

LEAST_S = 0.1  # between snapshots; workers speak four times a second, but not all at the same moment
MOST_BUSY = 0.4  # the share of the time that may go into making them: a slow machine makes fewer
QUIET_S = 1.0  # without a change
MANY = 500  # so many records at once mean that there is more behind them


def listen(
    live: Live, bus: BusSettings, show: Callable[[Snapshot], None], stop: threading.Event
) -> list[threading.Thread]:
    """Start listening; the snapshots go to `show`, on a thread of ours."""
    loops = {
        "values": lambda: _hear_values(live, bus, show, stop),
        "heartbeats": lambda: _hear_heartbeats(live, bus, stop),
    }
    threads = [threading.Thread(target=loop, name=name, daemon=True) for name, loop in loops.items()]
    for thread in threads:
        thread.start()
    return threads


def _hear_values(live: Live, bus: BusSettings, show: Callable[[Snapshot], None], stop: threading.Event) -> None:
    made_at, took, fresh = 0.0, 0.0, False
    for records in _polled(bus, KPI, stop):
        if records:
            fresh = live.take((record.key.decode(), record.value) for record in records) or fresh
        # A board that starts has the whole topic before it, and must not draw every step of it.
        at_once = fresh and len(records) < MANY
        now = time.monotonic()
        if now - made_at >= (max(LEAST_S, took / MOST_BUSY) if at_once else QUIET_S):
            made_at, fresh = now, False
            show(live.make())
            took = time.monotonic() - now


def _hear_heartbeats(live: Live, bus: BusSettings, stop: threading.Event) -> None:
    for records in _polled(bus, CONTROL, stop, partitions=[0], from_end=True):
        for record in records:
            with contextlib.suppress(Malformed):
                event = decode(record.value)
                if isinstance(event, FeedHeartbeat):
                    live.beats.beat(event.source_system, real_now_ms())


def _polled(bus: BusSettings, topic: str, stop: threading.Event, **options: Any) -> Iterator[list[Any]]:
    """Batches of records, empty ones when there is nothing; connects again when Kafka was away."""
    reader: Any = None
    while not stop.is_set():
        try:
            if reader is None:
                reader = consumer(bus, [topic], fetch_max_wait_ms=100, fetch_min_bytes=1, **options)
            yield [record for batch in reader.poll(timeout_ms=100).values() for record in batch]
        except Unavailable as error:
            log.warning("no bus", reason=str(error))
            yield []
            stop.wait(1.0)
    if reader is not None:
        reader.close()
