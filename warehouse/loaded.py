"""How far the loader has come in the log: what the warehouse holds of what the log held at a moment."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec

from ingest.bus import CONTROL, BusSettings, consumer, event_topic, reaching
from ingest.errors import Unavailable
from ingest.events import domains
from warehouse.load import GROUP, is_everywhere

# What every shard must hear is on every partition of the control topic, and the loader stores it from this one; of the
# others it stores what lies on one of them only: corrections.
_FIRST = 0
_MOST_LOOKED_AT = 5_000  # a loader that is so far behind is behind, whatever these records are


class _Kind(msgspec.Struct):
    event_type: str = ""


class Backlog:
    """Looks at the log and at the loader's place in it, heartbeats left out. `topic/partition` → offset."""

    def __init__(self, bus: BusSettings) -> None:
        self._bus = bus
        topics = sorted({event_topic(domain) for domain in domains()} - {CONTROL})
        self._reader: Any = consumer(bus, topics, group_id=GROUP)  # of the group, and yet no member: it only asks
        self._control: Any = consumer(bus, [CONTROL], group_id=GROUP)

    def ends(self) -> dict[str, int]:
        """Where the log ends now. Raises Unavailable."""
        with reaching(self._bus):
            ends = self._reader.end_offsets(list(self._reader.assignment()))
            ends |= self._control.end_offsets(list(self._control.assignment()))
        return {f"{place.topic}/{place.partition}": end for place, end in ends.items()}

    def waiting(self, ends: Mapping[str, int]) -> int:
        """How many records before those ends are not stored yet. Raises Unavailable."""
        told = [p for p in self._reader.assignment() if ends.get(f"{p.topic}/{p.partition}")]
        with reaching(self._bus):
            waiting = sum(max(0, ends[f"{p.topic}/{p.partition}"] - (self._reader.committed(p) or 0)) for p in told)
            control = sorted(self._control.assignment(), key=lambda place: place.partition)
            return waiting + sum(self._control_waiting(p, ends.get(f"{p.topic}/{p.partition}", 0)) for p in control)

    def _control_waiting(self, place: Any, end: int) -> int:
        """Of a partition of the control topic those that the loader stores: merges, moves, corrections, ends of
        batches."""
        begin = max(self._control.committed(place) or 0, self._control.beginning_offsets([place])[place])
        if end - begin > _MOST_LOOKED_AT:
            return int(end - begin)
        values = _read_between(self._control, place, begin, end)
        return sum(_is_stored(value, is_first=place.partition == _FIRST) for value in values)

    def close(self) -> None:
        """Hang up."""
        self._reader.close()
        self._control.close()


def events_in(ends: Mapping[str, int]) -> int:
    """How many records the log held at those ends; heartbeats, which come for ever, are not among them."""
    return sum(end for place, end in ends.items() if not place.startswith(f"{CONTROL}/"))


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


def _is_stored(value: bytes, *, is_first: bool) -> bool:
    """Whether the loader stores a record of the control topic: heartbeats never, of what is everywhere one copy."""
    if not is_first and is_everywhere(value):
        return False
    try:
        return msgspec.json.decode(value, type=_Kind).event_type != "feed.heartbeat"
    except msgspec.DecodeError:  # the loader will see what it is
        return True


def _read_between(reader: Any, place: Any, begin: int, end: int, timeout_s: float = 30.0) -> list[bytes]:
    """The values of an assigned partition from one offset to before another, as far as they are still kept.

    Raises Unavailable when they do not come in time."""
    values: list[bytes] = []
    others = reader.assignment() - {place}
    reader.pause(*others)  # their records are none of this partition's
    if begin < end:
        reader.seek(place, begin)
    deadline = time.monotonic() + timeout_s
    while begin < end and reader.position(place) < end:
        if time.monotonic() > deadline:
            raise Unavailable("Kafka did not deliver a part of a topic in time.")
        for record in reader.poll(timeout_ms=200).get(place, ()):
            values += [record.value or b"{}"] if record.offset < end else []
    reader.resume(*others)
    return values
