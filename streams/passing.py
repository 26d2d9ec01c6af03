"""Where the time of many visits goes: their splits added up, and what holds the slowest tenth of them.

A split is no KPI: it says what a length is made of. Live it is read from the cells of `visit_time`, of a day from its
rows in the mart; both come to the same `Passing`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from streams.cells import CellKey, Partial
from streams.kpis.numbers import quantile
from streams.parts import PARTS, read

FEW = 5  # of fewer visits nobody says what holds them


class Been(NamedTuple):
    """One visit that took its time."""

    slot: int  # five minutes, of its end
    seconds: int
    millis: Sequence[int]  # by part


class Inside(NamedTuple):
    """One visit that goes on: what it is in, since when, and how long one believes it."""

    part: str
    since: int
    until: int


class Tally(NamedTuple):
    """The visits of a department."""

    been: list[Been]
    inside: list[Inside]


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One part of the time of some visits."""

    part: str
    millis: int  # of all of them
    slowest_millis: int  # of the slowest tenth
    inside: int = 0  # how many are in it now
    oldest_since: int | None = None


class Passing(msgspec.Struct, frozen=True, kw_only=True):
    """Where the time of some visits went, part by part in the order of `PARTS`, without those that nobody was in."""

    visits: int = 0
    millis: int = 0
    slowest: int = 0  # visits as long as the ninetieth percentile, or longer
    slowest_millis: int = 0
    p90_s: float | None = None
    parts: tuple[Part, ...] = ()

    @property
    def holds(self) -> Part | None:
        """What most of the time of the slowest tenth goes to; None of too few visits."""
        if self.visits < FEW:
            return None
        return max(self.parts, key=lambda part: part.slowest_millis, default=None)

    @property
    def inside(self) -> int:
        """How many visits are known to go on."""
        return sum(part.inside for part in self.parts)


def tally(cells: Iterable[tuple[CellKey, Partial]]) -> dict[str, Tally]:
    """The visits in cells of `visit_time`, by department."""
    found: dict[str, Tally] = {}
    for cell, part in cells:
        dept, told = cell.dims
        here = found.setdefault(dept, Tally([], []))
        if cell.series:
            here.inside.extend(Inside(told, since, until) for since, until in part.waiting)
        elif part.seconds:
            millis = read(told)
            here.been.extend(Been(cell.slot, seconds, millis) for seconds in part.seconds)
    return found


def passing(tallies: Iterable[Tally], at: int, first_slot: int = 0) -> Passing:
    """What visits come to at an instant: those that ended in `first_slot` or later, and those that go on."""
    many = list(tallies)
    been = [each for here in many for each in here.been if each.slot >= first_slot]
    inside = [each for here in many for each in here.inside if each.until > at]
    whole, p90 = _sums(been), None
    slowest: list[Been] = []
    if been:
        p90 = quantile(sorted(each.seconds for each in been), 90)
        slowest = [each for each in been if each.seconds >= p90]
    slow = _sums(slowest)
    parts = (_part(n, part, whole, slow, inside) for n, part in enumerate(PARTS))
    return Passing(
        visits=len(been),
        millis=sum(whole),
        slowest=len(slowest),
        slowest_millis=sum(slow),
        p90_s=None if p90 is None else float(p90),
        parts=tuple(part for part in parts if part.millis or part.inside),
    )


def _sums(been: Sequence[Been]) -> Sequence[int]:
    return [sum(each) for each in zip(*(visit.millis for visit in been), strict=True)] or [0] * len(PARTS)


def _part(n: int, part: str, whole: Sequence[int], slow: Sequence[int], inside: Sequence[Inside]) -> Part:
    here = [each.since for each in inside if each.part == part]
    return Part(
        part=part,
        millis=whole[n],
        slowest_millis=slow[n],
        inside=len(here),
        oldest_since=min(here, default=None),
    )
