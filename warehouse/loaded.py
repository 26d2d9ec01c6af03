"""How far the loader has come in the log: what the warehouse holds of what the log held at a moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ingest.bus import CONTROL, BusSettings, consumer, event_topic, reaching
from ingest.events import domains
from warehouse.load import GROUP


class Backlog:
    """Looks at the log and at the loader's place in it, heartbeats left out. `topic/partition` → offset."""

    def __init__(self, bus: BusSettings) -> None:
        self._bus = bus
        topics = sorted({event_topic(domain) for domain in domains()} - {CONTROL})
        self._reader: Any = consumer(bus, topics, group_id=GROUP)  # of the group, and yet no member: it only asks

    def ends(self) -> dict[str, int]:
        """Where the log ends now. Raises Unavailable."""
        with reaching(self._bus):
            ends = self._reader.end_offsets(list(self._reader.assignment()))
        return {f"{place.topic}/{place.partition}": end for place, end in ends.items()}

    def waiting(self, ends: Mapping[str, int]) -> int:
        """How many records before those ends are not stored yet. Raises Unavailable."""
        told = [p for p in self._reader.assignment() if ends.get(f"{p.topic}/{p.partition}")]
        with reaching(self._bus):
            return sum(max(0, ends[f"{p.topic}/{p.partition}"] - (self._reader.committed(p) or 0)) for p in told)

    def close(self) -> None:
        """Hang up."""
        self._reader.close()


def ends_of_log(bus: BusSettings) -> dict[str, int]:
    """Where the log ends now. Raises Unavailable."""
    with _looking(bus) as backlog:
        return backlog.ends()


def waiting_before(bus: BusSettings, ends: Mapping[str, int]) -> int:
    """How many records before those ends the loader has not stored yet. Raises Unavailable."""
    with _looking(bus) as backlog:
        return backlog.waiting(ends)


@contextmanager
def _looking(bus: BusSettings) -> Iterator[Backlog]:
    backlog = Backlog(bus)
    try:
        yield backlog
    finally:
        backlog.close()
