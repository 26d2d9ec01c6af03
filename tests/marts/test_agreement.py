"""Fold and SQL are written apart and must agree: row by row for every stage, value by value for every KPI.

The random stories are rich in ties, repeats, corrections, retractions, missing ends, midnights and subjects without a
visit, and in reports that move from one order to another.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.events.envelope import Event
from streams.house import house_rules
from streams.kpis import catalogue
from streams.kpis.aggregate import aggregate, of_kpi
from streams.kpis.kpi import Kpi, Reduction
from streams.memory import fold_in_memory
from streams.stages import folded_stages, stages
from streams.stages.stage import StageRow
from tests.marts.random_day import story
from tests.marts.random_passage import passage
from tests.marts.rows import build, rows_of_day
from tests.marts.values import expected, place_of, published, says
from tests.services_warehouse import EmbeddedProcess
from tests.sites import demo_site
from tests.timeline import at
from warehouse.client import Warehouse, connect
from warehouse.mart_queries import cuts, marts, measured
from warehouse.marts import build_day
from warehouse.rows import store

pytestmark = pytest.mark.services

# One of the days is a half-day, on which sessions end at noon; another is no working day.
SITE = demo_site('[calendar]\nhalf_days = ["2025-03-04"]\ndays_off = ["2025-03-03"]')
HOUSE = house_rules(SITE)
DAYS = ("2025-03-02", "2025-03-03", "2025-03-04")
AS_OF = at("26:30")
STORIES = range(700)
PASSAGES = range(200)

# Reductions compare with a baseline, and how late events come is no matter of rows: see test_reported.py.
OVER_ROWS = [k for k in measured() if not isinstance(k, Reduction) and k.code != "late_event_share"]

Key = tuple[str, str, str, str, str]


class Told(NamedTuple):
    """Both sides of the same days."""

    folded: list[StageRow]
    queried: list[StageRow]
    values: list[dict[str, Any]]


@pytest.fixture(scope="module")
def engine(embedded: EmbeddedProcess) -> Iterator[Warehouse]:
    with embedded.lent() as settings:
        connection = connect(settings)
        yield connection
        connection.close()


@pytest.fixture(scope="module")
def told(engine: Warehouse) -> Told:
    stories = [*map(story, STORIES), *map(passage, PASSAGES)]
    folded = [row for events in stories for row in fold_in_memory(events, HOUSE)]
    everything = [event for events in stories for event in events]
    store(engine, everything)
    for day in DAYS:
        build_day(engine, SITE, day, AS_OF)
    return Told(
        folded, [row for day in DAYS for row in rows_of_day(engine, day)], engine.rows("select * from kpi_values")
    )


@pytest.mark.parametrize("stage", [code for code in stages() if code in folded_stages()])
def test_rows_agree_one_by_one(told: Told, stage: str) -> None:
    folded = [row for row in told.folded if row.stage == stage and row.day in DAYS]
    queried = [row for row in told.queried if row.stage == stage]
    assert len(folded) > 10, "the stories tell too little of this stage"
    assert _differences(folded, queried) == []


@pytest.mark.parametrize("kpi", OVER_ROWS, ids=lambda kpi: kpi.code)
def test_values_agree_in_every_cut(told: Told, kpi: Kpi) -> None:
    found = {place_of(row): row for row in told.values if row["kpi"] == kpi.code}
    compared = 0
    for day in DAYS:
        rows = [row for row in told.queried if row.day == day and of_kpi(kpi, row.stage, row.series)]
        by_hour: dict[int | None, list[StageRow]] = {None: rows}
        for row in rows:
            by_hour.setdefault(HOUSE.hour_of(row.at), []).append(row)
        for hour, of_hour in by_hour.items():
            for cut in cuts(kpi.dims) if of_hour and (hour is None or kpi.is_hourly) else []:
                for value in filter(says, aggregate(kpi, of_hour, AS_OF, by=cut)):
                    place = (day, hour, value.series, tuple(sorted(value.dims.items())))
                    assert published(found.pop(place)) == expected(value), place
                    compared += 1
    assert compared > (3 if kpi.is_hourly else 1)
    assert not [row for row in found.values() if row["n"] or row["excluded"] or row["waiting"]], "values of nothing"


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seeds=st.lists(st.integers(1_000, 2**32), min_size=1, max_size=25, unique=True),
    order=st.randoms(use_true_random=False),
    day=st.sampled_from(DAYS),
)
def test_any_order_and_any_repetition(engine: Warehouse, seeds: list[int], order: Any, day: str) -> None:
    folded = [row for seed in seeds for row in fold_in_memory(story(seed), HOUSE) if row.day == day]
    events: list[Event] = [event for seed in seeds for event in story(seed)]
    events += [event for event in events if order.random() < 0.2]
    order.shuffle(events)
    assert _differences(folded, _of_rules(build(engine, SITE, events, day, AS_OF, kpis=()))) == []


def test_every_stage_has_a_mart_and_every_measured_kpi_an_aggregate() -> None:
    assert set(stages()) <= set(marts())
    assert {kpi.code for kpi in measured()} == {kpi.code for kpi in catalogue().values() if kpi.mode != "L"}


def _of_rules(queried: list[StageRow]) -> list[StageRow]:
    """Without what only SQL works out."""
    return [row for row in queried if row.stage in folded_stages()]


def _differences(folded: list[StageRow], queried: list[StageRow]) -> list[tuple[list[StageRow], list[StageRow]]]:
    """Rows on which the sides differ. An end that SQL imputes is one that the fold counts as missing."""
    wanted, found = defaultdict(list), defaultdict(list)
    for row in folded:
        wanted[_key(row)].append(row)
    for row in queried:
        missing = [w for w in wanted[_key(row)] if _imputed(w, row)] if "end_imputed" in row.flags else []
        found[_key(row)].append(missing[0] if missing else row)
    return [
        (wanted[key], found[key])
        for key in sorted(wanted.keys() | found.keys())
        if sorted(wanted[key], key=repr) != sorted(found[key], key=repr)
    ]


def _imputed(missing: StageRow, row: StageRow) -> bool:
    same = (missing.at, missing.started_at, missing.dims) == (row.at, row.started_at, row.dims)
    return same and missing.ended_at is None and missing.open_until is not None and missing.open_until <= AS_OF


def _key(row: StageRow) -> Key:
    return (row.stage, row.scope_id, row.part, row.series, row.day)
