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
from streams.memory import fold_in_memory
from streams.stages import stages
from streams.stages.stage import StageRow

SITE = load_site("demo")
PSEUDONYMS = Pseudonyms(SiteKey(b"r" * 32))
SOURCE = Source(facility_id="H001", pseudonyms=PSEUDONYMS, zone=SITE.zone, codes=SITE.codes)


@pytest.fixture(scope="module")
def day() -> Day:
    return simulate(SIZES["clinic"], 11, date(2025, 3, 3), SITE.zone)


@pytest.mark.parametrize("faults", [(), FAULTS], ids=["no faults", "all faults"])
def test_fold_equals_truth_row_by_row(day: Day, faults: tuple[str, ...]) -> None:
    told = tell(day, 11, faults)
    events = events_of(told, day)
    Random(3).shuffle(events)
    folded = Counter(map(_folded, fold_in_memory(events, house_rules(SITE))))
    true = Counter(map(_true, truth_rows(world_of(told, house_of(SITE, PSEUDONYMS.staff)))))
    assert sorted(folded - true) == sorted(true - folded) == []


def events_of(told: list[Told], day: Day) -> list[Event]:
    """What the connectors make of a day."""
    heard = [
        event for wire in messages(told, day.people) for event in interpret_message(wire.body, SOURCE, wire.told_at)
    ]
    return heard + [_ed_event(number, t) for number, t in enumerate(told) if t.source == ED]


def _ed_event(number: int, told: Told) -> Event:
    """A column of the emergency department's view, as its connector tells it."""
    telling = Telling(facility_id="H001", source_system=ED, ingested_at=told.told_at, row_version=str(number))
    visit = PSEUDONYMS.of("visit", "H001", "", told.visit)
    return assemble(catalogue()[told.kind], telling, Instant(told.at, "second", 480), visit_id=visit, **told.fields)


def _folded(row: StageRow) -> tuple[Any, ...]:
    dims = dict(zip(stages()[row.stage].dims, row.dims, strict=True))
    return (row.stage, row.series, row.day, row.at, tuple(sorted(dims.items())), row.millis, row.open_until or 0,
            row.excluded, row.num, Decimal(row.amount or 0), Decimal(row.amount_num or 0))  # fmt: skip


def _true(row: Row) -> tuple[Any, ...]:
    return (row.stage, row.series, row.day, row.at, tuple(sorted(row.dims.items())), row.millis, row.until or 0,
            row.reason, row.hit, Decimal(row.amount or 0), Decimal(row.amount_hit or 0))  # fmt: skip
