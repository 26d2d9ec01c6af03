"""When a rule fails: the event that makes it fail is found and set aside, its stages are broken, the rest goes on."""

from __future__ import annotations

from streams.fold import ScopeState, refold
from streams.house import HouseRules
from streams.stages import rules
from streams.story import Fact, Story


def set_aside(scope: ScopeState, house: HouseRules, aside: dict[str, Fact]) -> list[str]:
    """Move the tellings on which a rule fails from the scope into `aside`; returns the codes of the broken stages.

    The tellings are halved until the one remains that makes the difference, and again while others fail. What is
    found follows from the tellings alone, not from their order of arrival.
    """
    broken: set[str] = set()
    while failing := _failing(scope, house, scope.tellings):
        broken |= failing
        culprit = _culprit(scope, house)
        if culprit is None:  # it fails on nothing at all: the rules themselves are at fault
            aside.update((key, scope.take_out(key)) for key in list(scope.tellings))
            scope.by_rule, scope.rows, scope.touched = {}, [], set()
            return sorted(broken)
        aside[culprit] = scope.take_out(culprit)
    scope.touched = None
    refold(scope, house)
    return sorted(broken)


def _failing(scope: ScopeState, house: HouseRules, tellings: dict[str, Fact]) -> set[str]:
    """The stages whose rule fails on these tellings; "visit" where the visit's own hint does."""
    story = Story(scope.scope, scope.id, tellings, None if scope.scope == "visit" else scope.visit, house)
    failing: set[str] = set()
    for rule in rules(scope.scope):
        try:
            list(rule.rows(story, house))
        except Exception:
            failing |= {stage.code for stage in rule.stages}
    if not failing:
        trial = ScopeState(scope.scope, scope.id, dict(tellings), scope.visit)
        try:
            refold(trial, house)
        except Exception:
            failing = {stage.code for rule in rules(scope.scope) for stage in rule.stages}
    return failing


def _culprit(scope: ScopeState, house: HouseRules) -> str | None:
    """The telling with which the first so many tellings begin to fail; None if even none at all fail.

    The most usual come first: where it takes several to make a rule fail, the one of the oddest time is at fault, and
    not the registration beside it.
    """
    keys = _usual_first(scope.tellings)
    if not keys or _failing(scope, house, {}):
        return None
    good, bad = 0, len(keys)
    while bad - good > 1:
        middle = (good + bad) // 2
        if _failing(scope, house, {key: scope.tellings[key] for key in keys[:middle]}):
            bad = middle
        else:
            good = middle
    return keys[bad - 1]


def _usual_first(tellings: dict[str, Fact]) -> list[str]:
    """By how far they are from the middle one in time, then by key."""
    times = sorted(fact.at for fact in tellings.values())
    middle = times[len(times) // 2] if times else 0
    return sorted(tellings, key=lambda key: (abs(tellings[key].at - middle), key))
