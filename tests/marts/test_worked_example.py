"""The worked example of the specification, section 10, in SQL: every value, in any order, told twice, as revised."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from ingest.events.envelope import Event
from ingest.settings import load_site
from tests import worked_example as example
from tests.marts.rows import build
from tests.timeline import DAY, at
from warehouse.client import Warehouse
from warehouse.history import values_of_day

pytestmark = pytest.mark.services

VARIANTS: dict[str, Callable[[], Event]] = {
    "correction": example.correction,
    "retraction_of_miss": example.retraction_of_miss,
    "merge": example.merge,
}


def _check(warehouse: Warehouse, expected: dict[example.Key, dict[str, object]]) -> None:
    for (kpi, series, where), wanted in expected.items():
        found = [v for v in values_of_day(warehouse, "H001", kpi, DAY, dict(where)) if v["series"] == series]
        assert len(found) == 1, (kpi, series, where)
        for name, value in wanted.items():
            told = found[0][name]
            assert told == value, (kpi, series, where, name)


@pytest.mark.parametrize("seed", range(2))
def test_every_value_in_any_order_and_told_twice(warehouse: Warehouse, seed: int) -> None:
    events = example.events() + example.events()[::3]
    random.Random(seed).shuffle(events)
    build(warehouse, load_site("demo"), events, DAY, example.AS_OF)
    _check(warehouse, example.EXPECTED)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_revision_changes_what_it_must_and_nothing_else(warehouse: Warehouse, variant: str) -> None:
    events = [VARIANTS[variant](), *example.events()]
    build(warehouse, load_site("demo"), events, DAY, example.AS_OF)
    _check(warehouse, {**example.EXPECTED, **example.EXPECTED_AFTER[variant]})


def test_an_end_that_nobody_told_is_imputed_and_counts_nowhere(warehouse: Warehouse) -> None:
    site = load_site("demo")
    for events, minutes in ((example.events(), 11), ([*example.events(), example.correction()], 31)):
        rows = build(warehouse, site, events, DAY, example.AS_OF, kpis=())
        (imputed,) = [row for row in rows if row.stage == "consult_duration" and row.excluded]
        assert (imputed.scope_id, imputed.excluded, imputed.millis) == ("V2", "end_imputed", minutes * 60_000)


def test_while_the_consultation_may_last_nothing_is_imputed(warehouse: Warehouse) -> None:
    before_session_end = at("17:00")
    rows = build(warehouse, load_site("demo"), example.events(), DAY, before_session_end, kpis=())
    (open_row,) = [row for row in rows if row.stage == "consult_duration" and row.scope_id == "V2"]
    assert (open_row.ended_at, open_row.excluded) == (None, "")
