"""Joining: a visit turns out to be another, whose story then tells what both were told.

What a visit was told itself and what each joined visit handed it are kept apart: a joined visit takes back only what it
gave, whatever has come meanwhile, and in whichever order.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from streams.facts import AnyFact, Fact
from streams.fold import ScopeState


class Joining(msgspec.Struct, array_like=True):
    """Of every telling that some joined visit handed over: what each of them last said, and what we were told."""

    given: dict[str, dict[str, AnyFact]] = {}  # telling → visit that handed it → as last handed
    own: dict[str, AnyFact] = {}  # telling → as told here


def take(joining: Joining, scope: ScopeState, about: str, facts: dict[str, Fact]) -> None:
    """Facts that a joined visit hands over or takes back."""
    for key, fact in facts.items():
        if key not in joining.given:
            joining.given[key] = {}
            if key in scope.tellings:
                joining.own[key] = scope.tellings[key]
        given = joining.given[key]
        if about not in given or _weight(fact) > _weight(given[about]):
            given[about] = fact
            _settle(joining, scope, key)


def told_here(joining: Joining, scope: ScopeState, key: str, tell: Callable[[], bool]) -> bool:
    """Let a telling be observed as if no joined visit had handed it. True when what the rules see has changed."""
    if key not in joining.given:
        return tell()
    shown = scope.tellings.get(key)
    own = joining.own.get(key)
    if own is None:
        if shown is not None:
            scope.take_out(key)
    else:
        scope.put(key, own)
    tell()
    if key in scope.tellings:
        joining.own[key] = scope.tellings[key]
    _settle(joining, scope, key)
    return scope.tellings.get(key) != shown


def _settle(joining: Joining, scope: ScopeState, key: str) -> None:
    """Of all that say it, the newest who has it in the visit counts; if none has, it is not there."""
    said = [*joining.given[key].values(), *([joining.own[key]] if key in joining.own else [])]
    best = max(said, key=lambda fact: (fact.placed, fact.revision, fact.link))
    if scope.tellings.get(key) != best:
        scope.put(key, best)


def _weight(fact: Fact) -> tuple[str, str, bool]:
    return (fact.revision, fact.link, not fact.placed)
