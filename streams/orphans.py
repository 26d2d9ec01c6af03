"""What an orphan is, a subject for which no visit was found within a day: who told of it, and of what kind it is."""

from __future__ import annotations

from collections import Counter

from streams.facts import ID_LENGTH
from streams.fold import ScopeState


def orphan_kind(scope: ScopeState) -> str:
    """Who told most of a subject, and what it is: `LIS^DEMO|order`."""
    sources = Counter(key[ID_LENGTH:] for key in scope.tellings)
    source = min(sources, key=lambda each: (-sources[each], each), default="")
    return f"{source}|{scope.scope}"
