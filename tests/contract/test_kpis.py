"""What every stage and every KPI promises, checked over the catalogues."""

from __future__ import annotations

import re
from typing import get_type_hints

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.events import catalogue as events
from streams.fold import ScopeState, observe, refold, rows_of
from streams.holding import Holding, freeze, thaw
from streams.house import HouseRules
from streams.kept import KEPT, NAMED, Says
from streams.kpis import catalogue
from streams.kpis.aggregate import aggregate
from streams.kpis.kpi import Kpi, Quality
from streams.stages import Rule, appointments, declared, every_rule, folded_stages, reported, stages
from streams.stages.stage import INCOMPLETE, REAL_BUT_EXCLUDED, Stage, StageRow
from streams.story import Story
from tests import days

KPIS = list(catalogue().values())
HOUSE = HouseRules(facility_id="H001", source_priority=("HIS^DEMO", "QUEUE^DEMO", "LIS^DEMO"))


@pytest.mark.parametrize("kpi", KPIS, ids=lambda kpi: kpi.code)
def test_a_kpi_stands_on_stages_that_exist(kpi: Kpi) -> None:
    if isinstance(kpi, Quality):
        assert kpi.stage == "*"
        return
    assert kpi.stage in kpi.over
    for stage in kpi.over:
        assert set(kpi.dims) <= set(stages()[stage].dims)


@pytest.mark.parametrize("kpi", KPIS, ids=lambda kpi: kpi.code)
def test_a_kpi_says_what_it_is_in_both_languages(kpi: Kpi) -> None:
    assert re.search("[一-鿿]", kpi.zh) and re.search("[一-鿿]", kpi.formula_zh)
    assert kpi.en and kpi.formula_en and not re.search("[一-鿿]", kpi.en + kpi.formula_en)
    assert kpi.formula_zh.endswith("。") and kpi.formula_en.endswith(".")
    assert set(kpi.needs) <= set(events())
    assert kpi.source


@pytest.mark.parametrize("kpi", KPIS, ids=lambda kpi: kpi.code)
def test_what_a_kpi_needs_its_stages_read(kpi: Kpi) -> None:
    rules = [rule for rule in every_rule() if any(stage.code in kpi.over for stage in rule.stages)]
    read = frozenset[str]().union(*(rule.reads for rule in rules))
    if folded_stages().issuperset(kpi.over):
        assert set(kpi.needs) <= read


def test_codes_are_unique() -> None:
    assert len(folded_stages()) == sum(len(rule.stages) for rule in every_rule())
    assert len(declared()) == len(folded_stages()) + len(reported.STAGES) + len(appointments.STAGES)
    assert len(KPIS) == len({kpi.code for kpi in KPIS})


@pytest.mark.parametrize("stage", declared(), ids=lambda stage: stage.code)
def test_a_stage_is_some_kpis_stage(stage: Stage) -> None:
    # A split says what a length is made of: a measure of its own, and no KPI's.
    assert any(stage.code in kpi.over for kpi in KPIS) == (stage.kind != "split")
    assert stage.zh and stage.en
    assert len(set(stage.dims)) == len(stage.dims)


@pytest.mark.parametrize("rule", every_rule(), ids=lambda rule: rule.name)
def test_a_rule_reads_events_that_exist(rule: Rule) -> None:
    assert rule.reads <= set(KEPT)
    for stage in rule.stages:
        assert stage.scope == rule.scope


@pytest.mark.parametrize("event_type", KEPT)
def test_a_fact_keeps_fields_that_its_event_has(event_type: str) -> None:
    for name in KEPT[event_type]:
        assert name in get_type_hints(Says)
        assert NAMED.get((event_type, name), name) in events()[event_type].__struct_fields__


class WatchedStory(Story):
    """Remembers which event types were looked at."""

    __slots__ = ("seen",)

    def __init__(self, *args: object) -> None:
        self.seen: set[str] = set()
        super().__init__(*args)  # type: ignore[arg-type]  # as they came


for _name in ("all", "told", "timed", "first", "last", "retracted"):

    def _watched(self: WatchedStory, event_type: str, _name: str = _name) -> object:
        self.seen.add(event_type)
        return getattr(Story, _name)(self, event_type)

    setattr(WatchedStory, _name, _watched)


def _states(drawn: days.Day) -> list[ScopeState]:
    states: dict[tuple[str, str], ScopeState] = {}
    for scope, scope_id, told in drawn:
        observe(states.setdefault((scope, scope_id), ScopeState(scope, scope_id)), told)
    return list(states.values())


@pytest.mark.parametrize("rule", every_rule(), ids=lambda rule: rule.name)
@settings(max_examples=30, deadline=None)
@given(drawn=days.days())
def test_a_rule_looks_at_nothing_it_does_not_declare(rule: Rule, drawn: days.Day) -> None:
    for state in _states(drawn):
        if state.scope == rule.scope:
            story = WatchedStory(state.scope, state.id, state.tellings, state.visit, HOUSE)
            list(rule.rows(story, HOUSE))
            assert story.seen <= rule.reads


@settings(max_examples=60, deadline=None)
@given(drawn=days.days())
def test_every_row_is_well_formed(drawn: days.Day) -> None:
    for state in _states(drawn):
        rows = rows_of(state, HOUSE)
        # a number may be missing where another source gives one: then part alone does not tell rows apart
        assert len({(r.stage, r.part, r.series, r.started_at, r.ended_at) for r in rows}) == len(rows)
        for row in rows:
            _well_formed(row, state.id)


def _well_formed(row: StageRow, scope_id: str) -> None:
    stage = stages()[row.stage]
    assert row.scope_id == scope_id
    assert len(row.dims) == len(stage.dims) and all(row.dims)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", row.day)
    assert list(row.flags) == sorted(row.flags)
    assert all(series_is_known(row, kpi) for kpi in KPIS if row.stage in kpi.over)
    if row.excluded and stage.kind != "state":
        assert any(row.excluded in kpi.exclusions for kpi in KPIS if row.stage in kpi.over), row.excluded
    if stage.kind == "interval":
        is_open = row.ended_at is None and not row.excluded
        assert (row.open_until is not None) == is_open
        assert (row.millis is not None) or is_open or row.excluded
        if not row.excluded and row.millis is not None:
            assert row.millis >= 0
        if row.excluded in REAL_BUT_EXCLUDED:
            assert row.started_at is not None and row.ended_at is not None
    if stage.kind == "share":
        assert row.num is not None


def series_is_known(row: StageRow, kpi: Kpi) -> bool:
    return row.series in kpi.series


@pytest.mark.parametrize("stage", declared(), ids=lambda stage: stage.code)
def test_what_an_overdue_row_counts_as_is_an_exclusion_of_its_kpi(stage: Stage) -> None:
    if stage.kind != "interval":
        return
    kpis = [kpi for kpi in KPIS if stage.code in kpi.over]
    assert all(stage.unfinished in kpi.exclusions for kpi in kpis)


@settings(max_examples=60, deadline=None)
@given(drawn=days.days(), data=st.data())
def test_any_order_repetition_and_split_gives_the_same_rows(drawn: days.Day, data: st.DataObject) -> None:
    shuffled = [*data.draw(st.permutations(drawn)), *data.draw(st.lists(st.sampled_from(drawn), max_size=10))]
    assert _rows(shuffled) == _rows(drawn)


def _rows(told: days.Day) -> bytes:
    states = sorted(_states(told), key=lambda state: (state.scope, state.id))
    return msgspec.msgpack.encode([(state.scope, state.id, rows_of(state, HOUSE)) for state in states])


@settings(max_examples=60, deadline=None)
@given(drawn=days.days())
def test_refolding_after_every_telling_comes_to_the_same_rows(drawn: days.Day) -> None:
    states: dict[tuple[str, str], ScopeState] = {}
    for scope, scope_id, told in drawn:
        state = states.setdefault((scope, scope_id), ScopeState(scope, scope_id))
        if observe(state, told):
            refold(state, HOUSE)
            assert state.rows == rows_of(state, HOUSE)
            kept = freeze(Holding(state))
            assert freeze(thaw(kept)) == kept


@settings(max_examples=40, deadline=None)
@given(drawn=days.days())
def test_every_kpi_is_a_number_or_nothing(drawn: days.Day) -> None:
    rows = [row for state in _states(drawn) for row in rows_of(state, HOUSE)]
    for kpi in KPIS:
        if isinstance(kpi, Quality) and kpi.gauge == "lag":
            continue
        for value in aggregate(kpi, rows, days.END):
            assert value.value is None or value.value >= 0
            assert set(value.excluded) <= set(kpi.exclusions) | INCOMPLETE
