"""A whole day with all faults on: the fold's rows are the rows that an independent reading of what was told gives."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from infra.rehearsal.day import simulate
from infra.rehearsal.facts import Day, Told
from infra.rehearsal.faults import FAULTS
from infra.rehearsal.feeds import ED, tell
from infra.rehearsal.messages import messages
from infra.rehearsal.sizes import SIZES
from infra.rehearsal.truth import Row, house_of, world_of
from infra.rehearsal.truth_rows import truth_rows
from ingest.events import catalogue
from ingest.events.envelope import Event, Instant, Telling, assemble
from ingest.interpret.messages import interpret_message
from ingest.interpret.teller import Source
from ingest.privacy import Pseudonyms, SiteKey
from ingest.settings import load_site
from streams.house import house_rules
from streams.memory import NoBook, fold_in_memory, told
from streams.shard import Shard
from streams.stages import stages
from streams.stages.stage import StageRow
from streams.state import MemoryStore

SITE = load_site("demo")
PSEUDONYMS = Pseudonyms(SiteKey(b"r" * 32))
SOURCE = Source(facility_id="H001", pseudonyms=PSEUDONYMS, zone=SITE.zone, codes=SITE.codes)


@pytest.fixture(scope="module")
def day() -> Day:
    return simulate(SIZES["clinic"], 11, date(2025, 3, 3), SITE.zone)


@pytest.mark.parametrize("faults", [(), FAULTS], ids=["no faults", "all faults"])
def test_fold_equals_truth_row_by_row(day: Day, faults: tuple[str, ...]) -> None:
    words = tell(day, 11, faults)
    events = events_of(words, day)
    Random(3).shuffle(events)
    folded = Counter(map(_folded, fold_in_memory(events, house_rules(SITE))))
    true = Counter(map(_true, truth_rows(world_of(words, house_of(SITE, PSEUDONYMS.staff)))))
    assert sorted(folded - true) == sorted(true - folded) == []


def test_a_booking_made_before_the_live_horizon_still_gives_its_slot(day: Day) -> None:
    events = events_of(tell(day, 11, ()), day)
    two_days_ago = day.midnight - 48 * 3600 * 1000
    shard = Shard(house_rules(SITE), MemoryStore(), NoBook(), room=1 << 60)
    shard.meta.complete = True
    for event in events:
        for topic, value in told(event):
            shard.take(topic, [value], two_days_ago, day.midnight)
    while says := shard.settle():
        for say in says:
            shard.take(say.topic, [say.value], two_days_ago, day.midnight)
    booked = [row for row in shard.rows() if row.stage == "appt_wait"]
    assert min(e.occurred_at for e in events) < two_days_ago
    assert booked and not [row for row in booked if row.excluded == "no_slot"]


def events_of(words: list[Told], day: Day) -> list[Event]:
    """What the connectors make of a day."""
    heard = [
        event for wire in messages(words, day.people) for event in interpret_message(wire.body, SOURCE, wire.told_at)
    ]
    return heard + [_ed_event(number, t) for number, t in enumerate(words) if t.source == ED]


def _ed_event(number: int, word: Told) -> Event:
    """A column of the emergency department's view, as its connector tells it."""
    telling = Telling(facility_id="H001", source_system=ED, ingested_at=word.told_at, row_version=str(number))
    visit = PSEUDONYMS.of("visit", "H001", "", word.visit)
    return assemble(catalogue()[word.kind], telling, Instant(word.at, "second", 480), visit_id=visit, **word.fields)


def _folded(row: StageRow) -> tuple[Any, ...]:
    dims = dict(zip(stages()[row.stage].dims, row.dims, strict=True))
    return (row.stage, row.series, row.day, row.at, tuple(sorted(dims.items())), row.millis, row.open_until or 0,
            row.excluded, row.num, Decimal(row.amount or 0), Decimal(row.amount_num or 0))  # fmt: skip


def _true(row: Row) -> tuple[Any, ...]:
    return (row.stage, row.series, row.day, row.at, tuple(sorted(row.dims.items())), row.millis, row.until or 0,
            row.reason, row.hit, Decimal(row.amount or 0), Decimal(row.amount_hit or 0))  # fmt: skip
