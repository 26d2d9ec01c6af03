"""Whether the warehouse holds all that the log held at a moment: how far the loader has come in it."""

from __future__ import annotations

from ingest.bus import CONTROL, BusSettings, consumer, event_topic
from ingest.events import domains
from warehouse.load import GROUP


def ends_of_log(bus: BusSettings) -> dict[str, int]:
    """`topic/partition` → where the log ends now, of everything that is loaded but heartbeats. Raises Unavailable."""
    reader = consumer(bus, _topics())
    try:
        ends = reader.end_offsets(list(reader.assignment()))
    finally:
        reader.close()
    return {f"{place.topic}/{place.partition}": end for place, end in ends.items()}


def has_loaded(bus: BusSettings, ends: dict[str, int]) -> bool:
    """Whether the loader has stored everything before those ends. Raises Unavailable."""
    reader = consumer(bus, _topics(), group_id=GROUP)  # of its group, and yet no member: it only asks
    try:
        come = {f"{p.topic}/{p.partition}": reader.committed(p) or 0 for p in reader.assignment()}
    finally:
        reader.close()
    return all(come.get(place, 0) >= end for place, end in ends.items())


def _topics() -> list[str]:
    return sorted({event_topic(domain) for domain in domains()} - {CONTROL})
