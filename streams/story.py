"""A story is what the rules read: the facts of one ticket, visit, order, bill or prescription, winners only, in order.

Ties of time are broken by process rank (the order of `KEPT` in kept.py), then by event id, never by arrival.
Source: domain specification 5.1 and 8, rows 3, 4, 10, 11, 16.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ingest.events.identity import source_rank
from streams.facts import ID_LENGTH, Fact
from streams.house import HouseRules
from streams.kept import RANK

__all__ = ["ID_LENGTH", "Fact", "Story", "VisitHint"]


class VisitHint(msgspec.Struct, frozen=True, array_like=True):
    """What a subject's fold must know of its visit; absolute, so a later one replaces an earlier one. "" = unknown."""

    visit_id: str
    dept: str = ""  # of the registration
    visit_class: str = ""
    patient_group: str = ""
    age_band: str = ""
    visit_kind: str = ""
    booking_type: str = ""
    # Sorted business acts that may close a ticket: (event type, occurred_at, detail); and a refunded registration.
    acts: tuple[tuple[str, int, str], ...] = ()


_NONE: list[Fact] = []


class Story:
    """The winning facts of one scope, in order of time. Rules read it and nothing else."""

    __slots__ = (
        "_all_timed", "_by_type", "_ids", "_last", "_retracted", "frame", "id", "memo", "order", "scope", "visit",
    )  # fmt: skip

    def __init__(
        self, scope: str, scope_id: str, tellings: dict[str, Fact], visit: VisitHint | None, house: HouseRules
    ) -> None:
        self.scope = scope
        self.id = scope_id
        self.visit = visit
        self.frame: Any = None  # scope "visit": its outline, see streams/visit.py
        self.memo: Any = None  # of a rule that reads on from where it ended, as long as the story just goes on
        self._retracted: set[str] = set()
        self._by_type: dict[str, list[Fact]] = {}
        self._all_timed = True
        self.order: list[Fact] = []  # every live fact
        told = [(fact.at, RANK[fact.type], key, fact) for key, fact in tellings.items() if fact.placed]
        self._ids = {key[:ID_LENGTH] for _, _, key, _ in told}
        if len(self._ids) < len(told):  # several sources tell one fact
            told = _best_told(told, house.source_priority)
        told.sort()
        self._last: tuple[int, int, str] = told[-1][:3] if told else (-1, 0, "")
        for _, _, _, fact in told:
            if fact.retracted:
                self._retracted.add(fact.type)
            else:
                self._append(fact)

    def continues_with(self, key: str, fact: Fact) -> bool:
        """Take in what happened next. False when the fact does not simply come last: then the story must be retold."""
        place = (fact.at, RANK[fact.type], key)
        if place <= self._last or fact.retracted or not fact.placed or key[:ID_LENGTH] in self._ids:
            return False
        self._ids.add(key[:ID_LENGTH])
        self._last = place
        self._append(fact)
        return True

    def _append(self, fact: Fact) -> None:
        self.order.append(fact)
        if not fact.timed:
            self._all_timed = False
        known = self._by_type.get(fact.type)
        if known is None:
            self._by_type[fact.type] = [fact]
        else:
            known.append(fact)

    def all(self, event_type: str) -> list[Fact]:
        """Every live fact of a type, also those told with day precision only."""
        return self._by_type.get(event_type, _NONE)

    def told(self, event_type: str) -> Fact | None:
        """The first live fact of a type, whatever its precision: for what it says, not for when."""
        facts = self._by_type.get(event_type)
        return facts[0] if facts else None

    def timed(self, event_type: str) -> list[Fact]:
        """The live facts of a type that may start or end a stage."""
        facts = self._by_type.get(event_type, _NONE)
        return facts if self._all_timed else [fact for fact in facts if fact.timed]

    def first(self, event_type: str) -> Fact | None:
        """T(x): the first live fact that may start or end a stage."""
        for fact in self._by_type.get(event_type, ()):
            if fact.timed:
                return fact
        return None

    def last(self, event_type: str) -> Fact | None:
        """T_last(x)."""
        for fact in reversed(self._by_type.get(event_type, ())):
            if fact.timed:
                return fact
        return None

    def retracted(self, event_type: str) -> bool:
        """True when the last word on a fact of this type is that it never happened."""
        return event_type in self._retracted


_Told = tuple[int, int, str, Fact]


def _best_told(told: list[_Told], priority: tuple[str, ...]) -> list[_Told]:
    """One telling per event id: that of the best source."""
    best: dict[str, _Told] = {}
    for entry in sorted(told, key=lambda entry: source_rank(entry[2][ID_LENGTH:], priority)):
        best.setdefault(entry[2][:ID_LENGTH], entry)
    return list(best.values())
