"""What only SQL works out, against an independent reading of a rehearsed day on which everything goes wrong."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from infra.rehearsal.day import simulate
from infra.rehearsal.facts import Told
from infra.rehearsal.faults import FAULTS
from infra.rehearsal.feeds import tell
from infra.rehearsal.sizes import SIZES
from infra.rehearsal.truth import Row, house_of, world_of
from infra.rehearsal.truth_rows import truth_rows
from ingest.events.envelope import Event
from ingest.interpret.teller import Source
from ingest.privacy import Pseudonyms, SiteKey
from ingest.settings import load_site
from streams.stages import folded_stages, stages
from streams.stages.stage import StageRow
from tests.marts.rows import build
from tests.rehearsed import events_of
from tests.services_warehouse import EmbeddedProcess
from tests.timeline import DAY, at
from warehouse.client import connect

pytestmark = pytest.mark.services

SITE = load_site("demo")
PSEUDONYMS = Pseudonyms(SiteKey(b"r" * 32))
QUIET = replace(SIZES["clinic"], outpatients=34, emergencies=0, beds=0)
ONLY_REPORTED = sorted(stages().keys() - folded_stages())


@pytest.fixture(scope="module")
def both(embedded: EmbeddedProcess) -> tuple[list[StageRow], list[Row]]:
    """A day's rows as SQL has them and as they must be, weeks after a day on which some of its patients came too."""
    source = Source(facility_id="H001", pseudonyms=PSEUDONYMS, zone=SITE.zone, codes=SITE.codes)
    words: list[Told] = []
    events: list[Event] = []
    for size, days_before in ((QUIET, 40), (SIZES["clinic"], 0)):
        day = simulate(size, 11, date.fromisoformat(DAY) - timedelta(days=days_before), SITE.zone)
        told = tell(day, 11, FAULTS)
        words += told
        events += events_of(told, day, source)
    Random(5).shuffle(events)
    with embedded.lent() as settings:
        connection = connect(settings)
        queried = build(connection, SITE, events, DAY, at("26:30"), kpis=())
        connection.close()
    return queried, truth_rows(world_of(words, house_of(SITE, PSEUDONYMS.staff)))


@pytest.mark.parametrize("stage", ONLY_REPORTED)
def test_the_report_is_what_really_was_told(both: tuple[list[StageRow], list[Row]], stage: str) -> None:
    queried, true = both
    found = Counter(_queried(row) for row in queried if row.stage == stage)
    wanted = Counter(_true(row) for row in true if row.stage == stage and row.day == DAY)
    assert found, "the day tells nothing of this stage"
    assert sorted(found - wanted) == sorted(wanted - found) == []


def _queried(row: StageRow) -> tuple[Any, ...]:
    dims = dict(zip(stages()[row.stage].dims, row.dims, strict=True))
    return (row.series, row.at, tuple(sorted(dims.items())), row.millis, row.open_until or 0, row.excluded, row.num)


def _true(row: Row) -> tuple[Any, ...]:
    return (row.series, row.at, tuple(sorted(row.dims.items())), row.millis, row.until or 0, row.reason, row.hit)
