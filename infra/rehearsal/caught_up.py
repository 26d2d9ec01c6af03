"""Waits until everything that was told has gone through: into the warehouse, and through the stream's last word."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from infra.rehearsal.facts import Told
from infra.rehearsal.truth_identity import identity
from ingest.bus import BusSettings, consumer, read_to_end
from ingest.errors import Unavailable
from ingest.topics import CONTROL, KPI
from streams.cells import ShardRecord, decode_record
from streams.house import HouseRules
from streams.live import LiveValues
from warehouse.client import Warehouse
from warehouse.loaded import ends_of_log, waiting_before

_LOOK_S = 0.5
_QUIET_LOOKS = 3  # so often in a row nobody may be behind: what shards say to each other comes to rest

_STORED = """
select source_system, uniqExact(event_id) as n from events
where facility_id = {facility:String} and event_type not like 'feed.%' and event_type != 'record.corrected'
group by source_system
"""


def expected(told: Sequence[Told]) -> dict[str, int]:
    """How many facts each source told of, right or wrong."""
    facts = {(t.source, identity(t)) for t in told}
    return dict(Counter(source for source, _ in facts))


def wait_for_warehouse(
    warehouse: Warehouse,
    facility: str,
    bus: BusSettings,
    wanted: dict[str, int],
    patience_s: int,
    progress: Callable[[int, int], None],
) -> None:
    """Until the warehouse has as many facts of each source as were told, and all else that the log holds by then: a
    correction is no fact of its own. Raises Unavailable naming the source."""
    deadline = time.monotonic() + patience_s
    while True:
        stored = {row["source_system"]: row["n"] for row in warehouse.rows(_STORED, {"facility": facility})}
        progress(sum(min(stored.get(source, 0), n) for source, n in wanted.items()), sum(wanted.values()))
        behind = [f"{s}: {stored.get(s, 0)} of {n}" for s, n in wanted.items() if stored.get(s, 0) < n]
        if not behind and not (waiting := waiting_before(bus, ends_of_log(bus))):
            return
        if time.monotonic() > deadline:
            what = ", ".join(behind) or f"{waiting} records wait for the loader"
            raise Unavailable(f"Not all that was told reached the warehouse in {patience_s} s ({what}).")
        time.sleep(_LOOK_S)


def live_values(bus: BusSettings, house: HouseRules, patience_s: int) -> LiveValues:
    """The live values once the stream's last word covers every topic to its end. Raises Unavailable."""
    deadline, quiet = time.monotonic() + patience_s, 0
    live, last = LiveValues(house, bus.partitions), dict[int, ShardRecord]()
    reader = consumer(bus, [KPI])
    try:
        while quiet < _QUIET_LOOKS:
            for record in read_to_end(reader):
                key = record.key.decode()
                live.apply(key, record.value)
                if record.value is not None and isinstance(said := decode_record(key, record.value), ShardRecord):
                    last[int(key)] = said
            behind = _behind(bus, last)
            quiet = quiet + 1 if not behind and not live.catching_up else 0
            if time.monotonic() > deadline:
                what = ", ".join(behind[:3]) or "it says that it is still catching up"
                raise Unavailable(f"The stream has not caught up in {patience_s} s ({what}).")
            time.sleep(_LOOK_S)
    finally:
        reader.close()
    return live


def _behind(bus: BusSettings, last: dict[int, ShardRecord]) -> list[str]:
    """Which partitions hold more than their shard has read. Heartbeats never rest, so the control topic is left out."""
    if len(last) < bus.partitions:
        return [f"{bus.partitions - len(last)} shards without a word"]
    topics = sorted({topic for record in last.values() for topic in record.offsets} - {CONTROL})
    probe: Any = consumer(bus, topics)
    try:
        ends = probe.end_offsets(list(probe.assignment()))
    finally:
        probe.close()
    return [
        f"{place.topic}/{place.partition}"
        for place, end in ends.items()
        if end > last[place.partition].offsets.get(place.topic, 0)
    ]
