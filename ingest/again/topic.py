"""Reads a topic again: all of it to what was its end when asked, however long that is, or single records by place."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from ingest.bus import BusSettings, consumer, reaching
from ingest.errors import Unavailable

Progress = Callable[[int, int], None]  # records done, and how many there are

_SILENT_S = 60.0  # a broker that gives nothing for so long is away
_FAR = 2_000  # records; what lies further ahead is sought, not read up to
_FETCH: dict[str, Any] = {"max_poll_records": 10_000, "max_partition_fetch_bytes": 8 << 20, "fetch_max_bytes": 64 << 20}


class Place(NamedTuple):
    """Where a record lies in a topic."""

    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.partition}-{self.offset}"


class Found(NamedTuple):
    """A record and where it lies."""

    topic: str
    place: Place
    value: bytes


def nobody(done: int, total: int) -> None:
    """Progress that nobody looks at."""


def all_of(
    bus: BusSettings, names: list[str], progress: Progress = nobody, since_ms: int | None = None
) -> Iterator[Found]:
    """Every record of topics, from those appended at `since_ms` on. Raises Unavailable."""
    reader = consumer(bus, names, bare=True, **_FETCH)
    try:
        with reaching(bus):
            places = list(reader.assignment())
            ends, starts = reader.end_offsets(places), reader.beginning_offsets(places)
            if since_ms is not None:
                for place, at in reader.offsets_for_times(dict.fromkeys(places, since_ms)).items():
                    starts[place] = max(starts[place], at.offset if at else ends[place])
        for place in places:
            reader.seek(place, starts[place])
        total = sum(ends[place] - starts[place] for place in places)
        while any(reader.position(place) < ends[place] for place in places):
            for place, records in _polled(bus, reader):
                for record in records:
                    if record.offset < ends[place]:
                        yield Found(place.topic, Place(place.partition, record.offset), record.value or b"")
            progress(sum(min(reader.position(place), ends[place]) - starts[place] for place in places), total)
    finally:
        reader.close()


def at_places(bus: BusSettings, name: str, wanted: Iterable[Place]) -> Iterator[Found]:
    """The records of a topic at these places; what the topic no longer keeps is left out. Raises Unavailable."""
    by_partition: dict[int, list[int]] = {}
    for place in sorted(set(wanted)):
        by_partition.setdefault(place.partition, []).append(place.offset)
    if not by_partition:
        return
    reader = consumer(bus, [name], partitions=sorted(by_partition), bare=True)
    try:
        with reaching(bus):
            parts = list(reader.assignment())
            ends, starts = reader.end_offsets(parts), reader.beginning_offsets(parts)
        open_ = {p: deque(o for o in by_partition[p.partition] if starts[p] <= o < ends[p]) for p in parts}
        for part, offsets in open_.items():
            _go_on(reader, part, offsets)
        while any(open_.values()):
            for part, records in _polled(bus, reader):
                for record in records:
                    if open_[part] and record.offset >= open_[part][0]:
                        while open_[part] and open_[part][0] <= record.offset:
                            at = open_[part].popleft()
                        if at == record.offset:
                            yield Found(name, Place(part.partition, at), record.value or b"")
                if not open_[part] or open_[part][0] > records[-1].offset + _FAR:
                    _go_on(reader, part, open_[part])
    finally:
        reader.close()


def _go_on(reader: Any, part: Any, offsets: deque[int]) -> None:
    """To the next place that is wanted, or no further."""
    if offsets:
        reader.seek(part, offsets[0])
    else:
        reader.pause(part)


def _polled(bus: BusSettings, reader: Any) -> list[tuple[Any, list[Any]]]:
    """What comes next. Raises Unavailable when nothing does."""
    until = time.monotonic() + _SILENT_S
    while True:
        with reaching(bus):
            polled = reader.poll(timeout_ms=500)
        if polled:
            return list(polled.items())
        if time.monotonic() > until:
            raise Unavailable(f"Kafka at {bus.bootstrap} gave no record for {_SILENT_S:g} s.")
