"""What an orphan is, a subject for which no visit was found within a day: who told of it, and of what kind it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from streams.facts import ID_LENGTH
from streams.fold import ScopeState
from streams.holding import Holding, thaw
from streams.state import Store


class Kinds:
    """Of which kind the orphans of a shard are. There may be many: each is read once, and again when it has changed."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def forget(self, name: str) -> None:
        """It has changed."""
        self._known.pop(name, None)

    def count(self, lost: Iterable[str], held: Mapping[str, Holding], store: Store) -> dict[str, int]:
        """How many of each kind; what is only in the store stays there."""
        known = self._known
        self._known = {name: known[name] if name in known else _kind(held.get(name), store, name) for name in lost}
        return dict(Counter(kind for kind in self._known.values() if kind))


def _kind(held: Holding | None, store: Store, name: str) -> str:
    if held is None and (kept := store.get(name)) is not None:
        held = thaw(kept)
    return orphan_kind(held.scope) if held is not None and held.scope is not None else ""


def orphan_kind(scope: ScopeState) -> str:
    """Who told most of a subject, and what it is: `LIS^DEMO|order`."""
    sources = Counter(key[ID_LENGTH:] for key in scope.tellings)
    source = min(sources, key=lambda each: (-sources[each], each), default="")
    return f"{source}|{scope.scope}"
