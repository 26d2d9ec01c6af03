"""A whole day with all faults on: the fold's rows are the rows that an independent reading of what was told gives."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from infra.rehearsal.day import simulate
from infra.rehearsal.facts import Day
from infra.rehearsal.faults import FAULTS
from infra.rehearsal.feeds import tell
from infra.rehearsal.sizes import SIZES
from infra.rehearsal.truth import Row, house_of, world_of
from infra.rehearsal.truth_rows import truth_rows
from ingest.interpret.teller import Source
from ingest.privacy import Pseudonyms, SiteKey
from ingest.settings import load_site
from streams.house import house_rules
from streams.memory import NoBook, fold_in_memory, told
from streams.shard import Shard
from streams.stages import folded_stages, stages
from streams.stages.stage import StageRow
from streams.state import MemoryStore
from tests.rehearsed import events_of

SITE = load_site("demo")
PSEUDONYMS = Pseudonyms(SiteKey(b"r" * 32))
SOURCE = Source(facility_id="H001", pseudonyms=PSEUDONYMS, zone=SITE.zone, codes=SITE.codes)


@pytest.fixture(scope="module")
def day() -> Day:
    return simulate(SIZES["clinic"], 11, date(2025, 3, 3), SITE.zone)


@pytest.mark.parametrize("faults", [(), FAULTS], ids=["no faults", "all faults"])
def test_fold_equals_truth_row_by_row(day: Day, faults: tuple[str, ...]) -> None:
    words = tell(day, 11, faults)
    events = events_of(words, day, SOURCE)
    Random(3).shuffle(events)
    folded = Counter(map(_folded, fold_in_memory(events, house_rules(SITE))))
    true_rows = truth_rows(world_of(words, house_of(SITE, PSEUDONYMS.staff)))
    true = Counter(_true(row) for row in true_rows if row.stage in folded_stages())
    assert sorted(folded - true) == sorted(true - folded) == []


def test_a_booking_made_before_the_live_horizon_still_gives_its_slot(day: Day) -> None:
    booked = [row for row in live_rows(day) if row.stage == "appt_wait"]
    assert [f for f in day.facts if f.kind == "appointment.booked" and f.at < live_horizon(day)]
    assert booked and not [row for row in booked if row.excluded == "no_slot"]


def test_whoever_was_admitted_before_the_live_horizon_is_an_inpatient_still(day: Day) -> None:
    long_there = {f.visit for f in day.facts if f.kind == "inpatient.admitted" and f.at < live_horizon(day)}
    tested = [f for f in day.facts if f.kind == "order.placed" and f.visit in long_there]
    classes = Counter(_named(row)["patient_class"] for row in live_rows(day) if "patient_class" in _named(row))
    assert tested and classes["inpatient"] >= len(tested)
    assert classes["?"] == 0


def live_horizon(day: Day) -> int:
    return day.midnight - 48 * 3600 * 1000


def live_rows(day: Day) -> list[StageRow]:
    """What a worker makes of a day's events that forgets what is over since two days."""
    shard = Shard(house_rules(SITE), MemoryStore(), NoBook(), room=1 << 60)
    shard.meta.complete = True
    for event in events_of(tell(day, 11, ()), day, SOURCE):
        for topic, value in told(event):
            shard.take(topic, [value], live_horizon(day), day.midnight)
    while says := shard.settle():
        for say in says:
            shard.take(say.topic, [say.value], live_horizon(day), day.midnight)
    return list(shard.rows())


def _named(row: StageRow) -> dict[str, str]:
    return dict(zip(stages()[row.stage].dims, row.dims, strict=True))


def _folded(row: StageRow) -> tuple[Any, ...]:
    return (row.stage, row.series, row.day, row.at, tuple(sorted(_named(row).items())), row.millis, row.open_until or 0,
            row.excluded, row.num, Decimal(row.amount or 0), Decimal(row.amount_num or 0))  # fmt: skip


def _true(row: Row) -> tuple[Any, ...]:
    return (row.stage, row.series, row.day, row.at, tuple(sorted(row.dims.items())), row.millis, row.until or 0,
            row.reason, row.hit, Decimal(row.amount or 0), Decimal(row.amount_hit or 0))  # fmt: skip
