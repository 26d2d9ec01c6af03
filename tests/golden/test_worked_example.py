"""The worked example of the specification: its values, for any order and any repetition of its events."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.events.envelope import Event
from streams.house import HouseRules
from streams.kpis import catalogue
from streams.kpis.aggregate import aggregate
from streams.memory import fold_in_memory
from streams.stages.stage import StageRow
from tests import worked_example as example
from tests.timeline import at

HOUSE = HouseRules(facility_id="H001", source_priority=("HIS^DEMO", "QUEUE^DEMO", "LIS^DEMO"))
EVENTS = example.events()
VARIANTS = {
    "as told": [],
    "correction": [example.correction()],
    "retraction_of_miss": [example.retraction_of_miss()],
    "merge": [example.merge()],
}


def expected(variant: str) -> dict[example.Key, dict[str, Any]]:
    return {**example.EXPECTED, **example.EXPECTED_AFTER.get(variant, {})}


def values(rows: list[StageRow], key: example.Key) -> dict[str, Any]:
    kpi, series, where = key
    found = aggregate(catalogue()[kpi], rows, example.AS_OF, where=dict(where))
    return next(msgspec.structs.asdict(value) for value in found if value.series == series)


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_values_of_the_worked_example(variant: str) -> None:
    rows = fold_in_memory([*EVENTS, *VARIANTS[variant]], HOUSE)
    for key, wanted in expected(variant).items():
        got = values(rows, key)
        assert {name: got[name] for name in wanted} == wanted, key


@pytest.mark.parametrize("variant", VARIANTS)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_order_and_any_repetition_gives_the_same_rows(variant: str, data: st.DataObject) -> None:
    told = [*EVENTS, *VARIANTS[variant]]
    order = data.draw(st.permutations(told))
    again = data.draw(st.lists(st.sampled_from(told), max_size=20))
    assert encoded([*order, *again]) == encoded(told)


def encoded(events: list[Event]) -> bytes:
    return msgspec.msgpack.encode(fold_in_memory(events, HOUSE))


def row(rows: list[StageRow], stage: str, scope_id: str, part: str = "") -> StageRow:
    (found,) = [r for r in rows if (r.stage, r.scope_id, r.part) == (stage, scope_id, part)]
    return found


def test_the_wall_shows_the_consultation_without_an_end_as_end_missing() -> None:
    rows = fold_in_memory(EVENTS, HOUSE)
    unended = row(rows, "consult_duration", "V2", "1")
    assert (unended.started_at, unended.ended_at, unended.open_until) == (at("10:41"), None, at("19:30"))
    duration = values(rows, ("consult_duration", "", ()))
    assert duration["excluded"] == {"missing_end": 1}
    assert duration["completeness"] == pytest.approx(200 / 3, abs=1e-6)
    assert values(rows, ("visit_los", "", ()))["excluded"] == {"missing_end": 1}


def test_the_lost_and_the_given_up_are_no_waits() -> None:
    rows = fold_in_memory(EVENTS, HOUSE)
    assert {r.scope_id for r in rows if r.stage == "appt_wait"} == {"V1", "V4"}  # V2 has no slot, V3 no visit
    assert row(rows, "appt_wait", "V4").excluded == "refunded"
    assert row(rows, "consult_wait", "V4").excluded == "refunded"
    assert {r.scope_id for r in rows if r.stage == "visit_los"} == {"V1", "V2"}


def test_the_health_check_is_in_no_outpatient_measure() -> None:
    rows = fold_in_memory(EVENTS, HOUSE)
    assert {r.stage for r in rows if r.scope_id == "V5"} == {"refund_registration"}


def test_tickets_close_by_their_business_acts() -> None:
    rows = fold_in_memory(EVENTS, HOUSE)
    clinic, pharmacy = row(rows, "ticket_open", "T1"), row(rows, "ticket_open", "T3")
    assert (clinic.ended_at, clinic.flags) == (at("09:14"), ("served_imputed",))
    assert (pharmacy.ended_at, pharmacy.flags) == (at("11:10"), ("served_imputed",))
    assert row(rows, "window_wait", "T3").excluded == "served_imputed"


def test_a_retraction_before_its_assertion_says_the_same() -> None:
    late = [example.retraction_of_miss(), *EVENTS]
    assert encoded(late) == encoded([*EVENTS, example.retraction_of_miss()])
