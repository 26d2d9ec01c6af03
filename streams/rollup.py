"""Cells rolled up along one dimension, remembering what each pack came to: only packs that changed are read again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from streams.cells import Pack, Partial
from streams.kpis.aggregate import named_dims
from streams.kpis.merging import merge
from streams.latest import Shown


class Asked(NamedTuple):
    """Which cells, and by what: series None = any; slots `first` ≤ slot < `end` lie in the window."""

    series: str | None
    dim: str  # "" = all as one
    where: tuple[tuple[str, str], ...]
    first: int
    end: int


class Rolled(NamedTuple):
    """The cells in the window as one, and who waits outside it: (since, open until)."""

    inside: Partial
    outside: list[tuple[int, int]]


Groups = dict[str, Rolled]  # value of the dimension → what its cells come to


class RollUp:
    """Rolls up packs of one stage at a time."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, Asked], tuple[Pack, Groups]] = {}

    def of(self, stage: str, packs: Iterable[tuple[str, Shown]], asked: Asked) -> Groups:
        """All these packs of a stage as one, by group."""
        found: dict[str, list[Rolled]] = {}
        for key, shown in packs:
            for group, rolled in self._of_pack(stage, key, shown, asked).items():
                found.setdefault(group, []).append(rolled)
        return {
            group: Rolled(merge(r.inside for r in many), [w for r in many for w in r.outside])
            for group, many in found.items()
        }

    def forget(self, live: set[str]) -> None:
        """Drop what is remembered of packs that are gone."""
        self._known = {key: kept for key, kept in self._known.items() if key[0] in live}

    def _of_pack(self, stage: str, key: str, shown: Shown, asked: Asked) -> Groups:
        starts = shown.hour * 12
        clipped = asked._replace(
            first=min(max(asked.first, starts), starts + 12), end=min(max(asked.end, starts), starts + 12)
        )
        known = self._known.get((key, clipped))
        if known is None or known[0] is not shown.pack:
            known = self._known[(key, clipped)] = (shown.pack, _roll(stage, shown.pack, clipped))
        return known[1]


def _roll(stage: str, pack: Pack, asked: Asked) -> Groups:
    found: dict[str, tuple[list[Partial], list[tuple[int, int]]]] = {}
    for cell, part in pack.cells:
        if asked.series is not None and cell.series != asked.series:
            continue
        group = ""
        if asked.dim or asked.where:
            named = named_dims(stage, cell.dims)
            if any(named.get(name) != value for name, value in asked.where) or (asked.dim and asked.dim not in named):
                continue
            group = named[asked.dim] if asked.dim else ""
        inside, outside = found.setdefault(group, ([], []))
        if asked.first <= cell.slot < asked.end:
            inside.append(part)
        else:
            outside.extend(part.waiting)
    return {group: Rolled(merge(inside), outside) for group, (inside, outside) in found.items()}
