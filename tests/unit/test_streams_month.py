"""A month in one shard on a real disk: what is past the horizon leaves, and nothing grows.

What comes after the horizon is counted with its day, for the mart to restate, and not folded.
"""

from __future__ import annotations

import gc
from pathlib import Path
from typing import NamedTuple

import msgspec
import psutil
import pytest

from ingest.events.envelope import Event
from streams.book import CellBook
from streams.house import HouseRules
from streams.memory import told
from streams.publish import Publisher
from streams.shard import Shard
from streams.state import RocksStore
from tests import nightly
from tests.outpatients import MINUTE, MORNING, moved, outpatient

pytestmark = pytest.mark.nightly

HOUSE = HouseRules(facility_id="H001", source_priority=("HIS^DEMO", "QUEUE^DEMO"))
HOUR = 60 * MINUTE
DAY = 24 * HOUR
HORIZON = 48 * HOUR
PATIENTS = 6  # a day


class Size(NamedTuple):
    """What a day leaves behind at its end."""

    kept: int  # ids in the store
    packs: int  # live on the topic
    moves: int
    resident: int  # bytes of this process


class Month:
    """One shard that lives through days of outpatients, swept every hour as the worker sweeps."""

    def __init__(self, path: Path) -> None:
        self.store, self.book = RocksStore(path), CellBook()
        self.shard = Shard(HOUSE, self.store, self.book, epoch=1, room=100)
        self.shard.meta.complete = True
        self.publisher = Publisher(0, {}, {})

    def live(self, day: int) -> Size:
        """A day, hour by hour; at noon a correction of what happened five days ago."""
        events = _of_day(day)
        late = [_again(event, day) for event in _of_day(day - 5)[:3]] if day >= 5 else []
        for hour in range(24):
            now = MORNING + day * DAY + (hour + 1) * HOUR
            heard = [event for event in events if now - HOUR <= event.occurred_at < now]
            self._hour([*heard, *(late if hour == 4 else [])], now)
        gc.collect()
        resident = psutil.Process().memory_info().rss
        return Size(sum(1 for _ in self.store.items()), len(self.book.names()), len(self.shard.meta.moves), resident)

    def _hour(self, events: list[Event], now: int) -> None:
        for event in events:
            for topic, value in told(event):
                self.shard.take(topic, [value], now - HORIZON, now)
        while says := self.shard.settle():
            for say in says:
                self.shard.take(say.topic, [say.value], now - HORIZON, now)
        self.shard.drop_before(now - HORIZON)
        self.publisher.flush(self.shard, self.book, now)
        self.shard.store_changes()


def _of_day(day: int) -> list[Event]:
    """Outpatients of a day, and two of them turn out to be one."""
    first, start = 1_000 * day, MORNING + day * DAY
    told = [e for n in range(PATIENTS) for e in outpatient(first + n, start + n * 20 * MINUTE, linked=n % 2 == 0)]
    return [*told, moved(first, first + 1, start + 6 * HOUR)]


def _again(event: Event, day: int) -> Event:
    later = MORNING + day * DAY
    return msgspec.structs.replace(event, revision=f"9{event.revision[1:]}", sent_at=later, ingested_at=later)


def test_a_month_leaves_no_more_behind_than_its_last_days(tmp_path: Path) -> None:
    days = nightly.days(8)
    month = Month(tmp_path / "shard-000")
    sizes = [month.live(day) for day in range(days)]
    third, *_, last = sizes[3:]
    assert (last.kept, last.moves) == (third.kept, third.moves)
    assert last.packs < 1.3 * third.packs  # patients differ, and so do the hours in which something happens
    assert last.resident < 1.1 * third.resident
    assert sum(month.shard.meta.late.values()) == 3 * (days - 5)
    assert len(month.shard.meta.late) == days - 5
    month.store.close()
