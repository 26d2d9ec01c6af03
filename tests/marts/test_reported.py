"""What only SQL works out, against an independent reading of a rehearsed day on which everything goes wrong."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from itertools import groupby
from random import Random
from typing import Any, NamedTuple

import pytest
from msgspec.structs import replace as replaced

from infra.rehearsal.day import simulate
from infra.rehearsal.facts import Told
from infra.rehearsal.faults import FAULTS
from infra.rehearsal.feeds import tell
from infra.rehearsal.sizes import SIZES
from infra.rehearsal.truth import Row, house_of, world_of
from infra.rehearsal.truth_rows import truth_rows
from ingest.bus import partition_of
from ingest.events import domain_of, domains
from ingest.events.envelope import Event, kind_of, subject_of
from ingest.interpret.teller import Source
from ingest.privacy import Pseudonyms, SiteKey
from ingest.settings import load_site
from ingest.topics import event_topic
from streams.arrivals import judged_minute
from streams.book import CellBook
from streams.cells import Pack, ShardRecord, encode_record
from streams.house import house_rules
from streams.kpis import catalogue
from streams.kpis.aggregate import aggregate
from streams.live import LiveValues
from streams.marks import Marks
from streams.stages import folded_stages, stages
from streams.stages.stage import StageRow
from streams.state import Meta
from tests.marts.rows import build, rows_of_day
from tests.rehearsed import events_of
from tests.services_warehouse import EmbeddedProcess
from tests.timeline import DAY, at
from warehouse.client import connect
from warehouse.marts import build_day
from warehouse.period_values import values_over

pytestmark = pytest.mark.services

SITE = load_site("demo")
PSEUDONYMS = Pseudonyms(SiteKey(b"r" * 32))
EARLIER = "2025-01-22"
REDUCTION, LATE = catalogue()["visit_flow_reduction"], catalogue()["late_event_share"]
OF_CONTROL = {kind_of(kind) for kind in domains()["control"]}
QUIET = replace(SIZES["clinic"], outpatients=34, emergencies=0, beds=0)
ONLY_REPORTED = sorted(stages().keys() - folded_stages())


class Both(NamedTuple):
    """A day's rows as SQL has them and as they must be, those of a day before, and what SQL says of the way since."""

    queried: list[StageRow]
    true: list[Row]
    earlier: list[StageRow]
    since_then: dict[str | None, list[dict[str, Any]]]
    events: list[Event]
    late: list[dict[str, Any]]


@pytest.fixture(scope="module")
def both(embedded: EmbeddedProcess) -> Both:
    """A day's rows as SQL has them and as they must be, weeks after a day on which some of its patients came too."""
    source = Source(facility_id="H001", pseudonyms=PSEUDONYMS, zone=SITE.zone, codes=SITE.codes)
    words: list[Told] = []
    events: list[Event] = []
    for size, on in ((QUIET, EARLIER), (SIZES["clinic"], DAY)):
        day = simulate(size, 11, date.fromisoformat(on), SITE.zone)
        told = tell(day, 11, FAULTS)
        words += told
        events += events_of(told, day, source)
    Random(5).shuffle(events)
    with embedded.lent() as settings:
        connection = connect(settings)
        queried = build(connection, SITE, events, DAY, at("26:30"), kpis=())
        build_day(connection, SITE, EARLIER, at("26:30"), kpis=())
        earlier = rows_of_day(connection, EARLIER)
        house = replaced(house_rules(SITE), baseline=(EARLIER, EARLIER))
        since_then = {by: values_over(connection, house, REDUCTION, DAY, DAY, by)[1] for by in (None, *REDUCTION.dims)}
        _, late = values_over(connection, house, LATE, DAY, DAY, "source_system")
        connection.close()
    return Both(
        queried, truth_rows(world_of(words, house_of(SITE, PSEUDONYMS.staff))), earlier, since_then, events, late
    )


@pytest.mark.parametrize("stage", ONLY_REPORTED)
def test_the_report_is_what_really_was_told(both: Both, stage: str) -> None:
    found = Counter(_queried(row) for row in both.queried if row.stage == stage)
    wanted = Counter(_true(row) for row in both.true if row.stage == stage and row.day == DAY)
    assert found, "the day tells nothing of this stage"
    assert sorted(found - wanted) == sorted(wanted - found) == []


@pytest.mark.parametrize("by", [None, *REDUCTION.dims])
def test_the_way_since_a_baseline(both: Both, by: str | None) -> None:
    wanted = aggregate(REDUCTION, both.queried, at("26:30"), by=[by] if by else [], baseline=both.earlier)
    found = [(value["dims"], value["n"], value["value"]) for value in both.since_then[by]]
    assert found == [(value.dims, value.n, value.value) for value in wanted if value.n]
    assert any(value for _, _, value in found)


def test_how_many_events_came_late(both: Both) -> None:
    """One five minutes after the other as they came: who was told more than ten minutes later things before is late."""
    first: dict[tuple[str, str, str], Event] = {}
    for event in sorted(both.events, key=lambda e: e.ingested_at):
        if kind_of(event) not in OF_CONTROL:
            first.setdefault((event.event_id, event.source_system, event.revision), event)
    counted: dict[str, list[int]] = {}
    for source in {event.source_system for event in first.values()}:
        own = [event for event in first.values() if event.source_system == source]
        latest = 0
        for slot, came in groupby(own, key=lambda e: e.ingested_at // 300_000):
            together = list(came)
            if house_rules(SITE).local_day(slot * 300_000) == DAY:
                late, n = counted.setdefault(source, [0, 0])
                n_late = sum(judged_minute(event.occurred_at, slot) < latest // 60_000 - 10 for event in together)
                counted[source] = [late + n_late, n + len(together)]
            latest = max(latest, *(e.occurred_at for e in together if e.occurred_at <= e.ingested_at + 600_000))
    assert {row["dims"]["source_system"]: [row["num"], row["den"]] for row in both.late} == counted
    assert sum(late for late, _ in counted.values()) > 10


def test_the_wall_says_the_same_of_late_events(both: Both) -> None:
    """Three shards hear what came, each a part of it, a third of it twice."""
    shards = [Marks(house_rules(SITE), Meta()) for _ in range(3)]
    for event in [*sorted(both.events, key=lambda e: e.ingested_at), *both.events[::3]]:
        number = partition_of(subject_of(event), len(shards))
        shards[number].hear(event_topic(domain_of(kind_of(event))), event)
    live = LiveValues(house_rules(SITE), len(shards))
    for number, marks in enumerate(shards):
        book = CellBook()
        book.tell(marks.arrivals.news())
        packs = {f"{number}|{name}|1": cells for name, cells in book.everything()}
        for key, cells in packs.items():
            live.apply(key, encode_record(Pack(shard=number, epoch=1, flush=1, cells=cells)))
        closing = ShardRecord(shard=number, epoch=1, flush=1, caught_up=True, offsets={}, packs=list(packs))
        live.apply(str(number), encode_record(closing))
    found = live.measure_by(LATE.code, "source_system", at("26:30"), day=DAY)
    assert {source: (value.n, value.num, value.value, value.excluded) for source, value in found.items()} == {
        row["dims"]["source_system"]: (row["n"], row["num"], row["value"], row["excluded"]) for row in both.late
    }


def _queried(row: StageRow) -> tuple[Any, ...]:
    dims = dict(zip(stages()[row.stage].dims, row.dims, strict=True))
    return (row.series, row.at, tuple(sorted(dims.items())), row.millis, row.open_until or 0, row.excluded, row.num)


def _true(row: Row) -> tuple[Any, ...]:
    return (row.series, row.at, tuple(sorted(row.dims.items())), row.millis, row.until or 0, row.reason, row.hit)
