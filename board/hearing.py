"""The board's ears: reads live values and heartbeats, and has a snapshot made on the leading edge of every change.

At once after a pause, then as often as a worker speaks, as far as the machine keeps up; and once a second without any
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
from ingest.topics import ALERT

log = structlog.get_logger()

LEAST_S = 0.065  # between snapshots: a little less than between a worker's words, so that its next ones are not kept
GATHER_S = 0.004  # the shards' words of one round come one after the other: a snapshot is of all of them
MOST_BUSY = 0.5  # the share of the time that may go into making them: a slow machine makes fewer
QUIET_S = 1.0  # without a change
POLL_S = 0.1
MANY = 500  # so many records at once mean that there is more behind them


def listen(
    live: Live, bus: BusSettings, show: Callable[[Snapshot], None], stop: threading.Event
) -> list[threading.Thread]:
    """Start listening; the snapshots go to `show`, on a thread of ours."""
    loops = {
        "values": lambda: _hear_values(live, bus, show, stop),
        "heartbeats": lambda: _hear_heartbeats(live, bus, stop),
        "incidents": lambda: _hear_incidents(live, bus, stop),
    }
    threads = [threading.Thread(target=loop, name=name, daemon=True) for name, loop in loops.items()]
    for thread in threads:
        thread.start()
    return threads


class _Turn:
    """When the next snapshot is to be made."""

    def __init__(self) -> None:
        self._made_at = -QUIET_S
        self._least_s = LEAST_S
        self._fresh_at: float | None = None  # since when something new is known
        self._is_behind = False

    def heard(self, *, changed: bool, records: int) -> None:
        """So many records were read at once."""
        if changed and self._fresh_at is None:
            self._fresh_at = time.monotonic()
        # A board that starts has the whole topic before it, and must not draw every step of it.
        self._is_behind = records >= MANY

    def wait_s(self) -> float:
        """How long until it is due; 0 or less when it is."""
        due = self._made_at + QUIET_S
        if self._fresh_at is not None and not self._is_behind:
            due = min(due, max(self._made_at + self._least_s, self._fresh_at + GATHER_S))
        return due - time.monotonic()

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """The snapshot is made within. Counted is processor time: on a busy machine waiting longer helps nobody."""
        self._made_at, self._fresh_at = time.monotonic(), None
        began = time.thread_time()
        yield
        self._least_s = max(LEAST_S, (time.thread_time() - began) / MOST_BUSY)


def _hear_values(live: Live, bus: BusSettings, show: Callable[[Snapshot], None], stop: threading.Event) -> None:
    turn = _Turn()
    for records in _polled(bus, KPI, stop, wait_s=turn.wait_s):
        if records:
            changed = live.take((record.key.decode(), record.value) for record in records)
            turn.heard(changed=changed, records=len(records))
        if turn.wait_s() <= 0:
            with turn.taken():
                show(live.make())


def _hear_heartbeats(live: Live, bus: BusSettings, stop: threading.Event) -> None:
    for records in _polled(bus, CONTROL, stop, partitions=[0], from_end=True):
        for record in records:
            with contextlib.suppress(Malformed):
                event = decode(record.value)
                if isinstance(event, FeedHeartbeat):
                    live.beats.beat(event.source_system, real_now_ms())
                    live.beats.compared(event.feed or "", event.compared_at, event.residual)
                    live.beats.keeps(event.feed or "", event.kept_bytes)


def _hear_incidents(live: Live, bus: BusSettings, stop: threading.Event) -> None:
    for records in _polled(bus, ALERT, stop):
        if records:
            live.take_incidents((record.key.decode(), record.value) for record in records)


def _polled(
    bus: BusSettings, topic: str, stop: threading.Event, wait_s: Callable[[], float] = lambda: POLL_S, **options: Any
) -> Iterator[list[Any]]:
    """Batches of records, empty ones when there is nothing; connects again when Kafka was away."""
    reader: Any = None
    while not stop.is_set():
        try:
            if reader is None:
                reader = consumer(bus, [topic], fetch_max_wait_ms=100, fetch_min_bytes=1, **options)
            within_s = min(POLL_S, max(0.0, wait_s()))
            yield [record for batch in reader.poll(timeout_ms=round(within_s * 1000)).values() for record in batch]
        except Unavailable as error:
            log.warning("no bus", reason=str(error))
            yield []
            stop.wait(1.0)
    if reader is not None:
        reader.close()
