"""The topics that the watch reads, and the one that it writes. What is stored is known, and nothing else."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

import structlog

from ingest.bus import CONTROL, KPI, BusSettings, Producer, consumer, read_to_end
from ingest.errors import Malformed
from ingest.events import decode
from ingest.events.control import FeedHeartbeat
from ingest.topics import ALERT
from streams.alerts.incident import Acknowledgement, Incidents, Record, encoded

Told = list[tuple[str, bytes | None]]
log = structlog.get_logger()


class Lines:
    """Everything that the watch needs of Kafka. Raises Unavailable."""

    def __init__(self, bus: BusSettings) -> None:
        self.shards = bus.partitions
        quickly: Any = {"fetch_max_wait_ms": 100, "fetch_min_bytes": 1}
        self._producer = Producer(bus)
        self._incidents = consumer(bus, [ALERT], **quickly)
        self._values = consumer(bus, [KPI], bare=True, **quickly)
        self._control = consumer(bus, [CONTROL], partitions=[0], from_end=True, **quickly)

    def all_incidents(self) -> Told:
        """All that is told of incidents."""
        return [(record.key.decode(), record.value) for record in read_to_end(self._incidents)]

    def all_values(self) -> Told:
        """All live values."""
        return [(bytes(record.key).decode(), record.value) for record in read_to_end(self._values)]

    def values(self, within_s: float) -> Told:
        """Live values that are new."""
        return [(bytes(record.key).decode(), record.value) for record in _polled(self._values, within_s)]

    def incidents(self) -> Told:
        """What was told of incidents since, also by ourselves."""
        return [(record.key.decode(), record.value) for record in _polled(self._incidents)]

    def heartbeats(self) -> Iterator[str]:
        """The sources that are alive."""
        for record in _polled(self._control):
            with contextlib.suppress(Malformed):
                event = decode(record.value)
                if isinstance(event, FeedHeartbeat):
                    yield event.source_system

    def write(self, records: list[Record], gone: list[str], known: Incidents) -> None:
        """Write records and tombstones; only what is stored is known."""
        if not (records or gone):
            return
        for record in records:
            self._producer.send(ALERT, *encoded(record))
        for key in gone:
            self._producer.send(ALERT, key, None)
        self._producer.flush()
        for record in records:
            known.put(record)
        for key in gone:
            known.apply(key, None)

    def close(self) -> None:
        """Let go of Kafka."""
        self._producer.close()
        for reader in (self._incidents, self._values, self._control):
            reader.close()


def _polled(reader: Any, within_s: float = 0.0) -> list[Any]:
    return [record for batch in reader.poll(timeout_ms=round(within_s * 1000)).values() for record in batch]


def incidents_of(bus: BusSettings) -> Incidents:
    """All that the topic tells of incidents, read once. Raises Unavailable."""
    known = Incidents()
    reader = consumer(bus, [ALERT])
    try:
        hear(known, ((record.key.decode(), record.value) for record in read_to_end(reader)))
    finally:
        reader.close()
    return known


def hear(known: Incidents, told: Iterable[tuple[str, bytes | None]]) -> None:
    """Take what was told. What cannot be read is passed over: the topic keeps it, nobody would watch again."""
    for key, value in told:
        try:
            known.apply(key, value)
        except Malformed:
            log.warning("unreadable record", topic=ALERT)


def acknowledge(bus: BusSettings, acknowledgement: Acknowledgement) -> None:
    """Write down who has taken up an incident. Raises Unavailable."""
    producer = Producer(bus)
    try:
        producer.send(ALERT, *encoded(acknowledgement))
        producer.flush()
    finally:
        producer.close()
