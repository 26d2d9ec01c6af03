"""State = fold(events): any order and any duplication of the same events gives the same state and rows, byte for byte.

A scope is one ticket, order, bill, prescription or visit. Its state keeps, per event and source, the last telling;
rows are a pure function of that. The worker and `fold_in_memory` both drive `observe`, then `refold`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from operator import attrgetter
from typing import NamedTuple

from ingest.events import catalogue
from ingest.events.envelope import Event
from ingest.journey import Placement
from streams.facts import ID_LENGTH, AnyFact, Fact, Kept, fact_of, kept
from streams.house import HouseRules
from streams.stages import rules
from streams.stages.stage import Scope, StageRow
from streams.story import Story, VisitHint
from streams.visit import HINT_READS, visit_hint

# The event's subject field → the scope in which it folds.
SCOPE_OF_SUBJECT: dict[str, Scope] = {
    "ticket_id": "ticket",
    "order_id": "order",
    "bill_id": "bill",
    "prescription_id": "prescription",
    "call_id": "call",
    "complaint_id": "complaint",
    "inquiry_id": "inquiry",
    "suggestion_id": "suggestion",
    "survey_id": "survey",
    "session_id": "session",
    "followup_id": "followup",
    "visit_id": "visit",
}
# They may name a visit, and need none.
OF_NO_VISIT: frozenset[Scope] = frozenset(
    {"call", "complaint", "inquiry", "suggestion", "survey", "session", "followup"}
)


class ScopeState:
    """What is known of one scope. `rows` and `visit` (for scope "visit": its own hint) are as of the last refold."""

    __slots__ = ("_story", "by_rule", "id", "rows", "scope", "tellings", "touched", "visit")

    def __init__(
        self,
        scope: Scope,
        id: str,
        tellings: dict[str, Fact] | None = None,
        visit: VisitHint | None = None,
    ) -> None:
        self.scope = scope
        self.id = id
        self.tellings: dict[str, Fact] = tellings if tellings is not None else {}
        self.visit = visit
        self.rows: list[StageRow] = []
        self.by_rule: dict[str, list[StageRow]] = {}
        self.touched: set[str] | None = None  # event types since the last refold; None = everything
        self._story: Story | None = None  # of the tellings as they are, once it has been told

    def put(self, key: str, fact: Fact) -> None:
        """A telling is now this."""
        if self._story is not None and (key in self.tellings or not self._story.continues_with(key, fact)):
            self._story = None
        self.tellings[key] = fact
        if self.touched is not None:
            self.touched.add(fact.type)

    def take_out(self, key: str) -> Fact:
        """A telling is gone."""
        self._story = self.touched = None
        return self.tellings.pop(key)

    def story(self, house: HouseRules) -> Story:
        """The winners, as the rules read them."""
        if self._story is None:
            self._story = Story(self.scope, self.id, self.tellings, self.visit, house)
        self._story.visit, self._story.frame = self.visit, None
        return self._story


class Refolded(NamedTuple):
    """What a refold changed."""

    old: list[StageRow]
    new: list[StageRow]
    hint: VisitHint | None  # scope "visit": the new hint where it differs from the last one


def scope_of(event: Event) -> Scope | None:
    """The scope in which an event folds under its own subject; None where it has none (or folds from the journey)."""
    scope = SCOPE_OF_SUBJECT.get(event.subject)
    return None if scope == "visit" else scope


def observe(state: ScopeState, told: Event | Placement) -> bool:
    """Take in one telling. True when it changed what the rules can see; false for repeats and for what none reads."""
    if isinstance(told, Placement):
        event, placed, link = told.event, told.placed, told.link
    else:
        event, placed, link = told, True, ""
    how = _kept_in(state.scope).get(type(event))
    if how is None:
        return False
    key = event.event_id[:ID_LENGTH] + event.source_system
    known = state.tellings.get(key)
    if known is not None:
        if event.revision < known.revision:
            return False
        if event.revision == known.revision and (link, not placed) <= (known.link, not known.placed):
            return False
    state.put(key, fact_of(event, how, placed, link))
    return True


def take_hint(state: ScopeState, hint: VisitHint | None) -> bool:
    """Tell a subject's scope what it must know of its visit (None: linked to none). True when that changed."""
    if state.visit == hint:
        return False
    state.visit = hint
    state.touched = None
    return True


def rows_of(state: ScopeState, house: HouseRules) -> list[StageRow]:
    """All stage rows of a scope, rule by rule, sorted; from nothing but its tellings and its hint."""
    story = state.story(house)
    return [row for rule in rules(state.scope) for row in _in_order(rule.rows(story, house))]


def refold(state: ScopeState, house: HouseRules) -> Refolded:
    """Bring `state.rows` (and a visit's hint) up to date; only rules that read what was touched run again."""
    story, touched, old = state.story(house), state.touched, state.rows
    rows: list[StageRow] = []
    for rule in rules(state.scope):
        if touched is None or not touched.isdisjoint(rule.reads):
            state.by_rule[rule.name] = _in_order(rule.rows(story, house))
        rows += state.by_rule[rule.name]
    state.rows = rows
    hint = None
    if state.scope == "visit" and (touched is None or not touched.isdisjoint(HINT_READS)):
        hint = visit_hint(story, house)
        hint, state.visit = (hint if hint != state.visit else None), hint
    state.touched = set()
    return Refolded(old, state.rows, hint)


def _in_order(rows: Iterable[StageRow]) -> list[StageRow]:
    found = list(rows)
    if len(found) > 1:
        found.sort(key=_place)
    return found


_place = attrgetter("stage", "part", "series")


Core = tuple[Scope, str, dict[str, AnyFact], VisitHint | None]


def core_of(state: ScopeState) -> Core:
    """What must be kept of a state; rows are left out: they follow."""
    return (state.scope, state.id, state.tellings, state.visit)


@cache
def _kept_in(scope: Scope) -> dict[type[Event], Kept]:
    """The event types that some rule of a scope reads; the others need not be kept."""
    reads = frozenset[str]().union(*(rule.reads for rule in rules(scope)), HINT_READS if scope == "visit" else ())
    return {catalogue()[event_type]: kept(event_type) for event_type in reads}
