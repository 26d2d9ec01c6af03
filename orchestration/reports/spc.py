"""Control charts: which day differs from the days before by more than the noise they have among themselves.

XmR charts (individuals and moving ranges): limits from the mean moving range of a baseline (Shewhart 1931, Wheeler
1993), and the run rules of Western Electric (1956) and Nelson (1984). Pure: values in order of time, nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import msgspec

# How a mean moving range of two becomes a standard deviation (d2) and its own upper limit (D4).
_D2, _D4 = 1.128, 3.267
LEAST = 10  # values without which limits say nothing

Rule = Literal["WE1", "WE2", "WE3", "WE4", "N3", "MR"]

# What each rule sees, as people say it.
RULES: dict[Rule, tuple[str, str]] = {
    "WE1": ("超出控制限（西部电气规则 1）", "beyond a control limit (Western Electric rule 1)"),
    "WE2": ("连续 3 点中 2 点超出 2σ（西部电气规则 2）", "two of three beyond 2σ (Western Electric rule 2)"),
    "WE3": ("连续 5 点中 4 点超出 1σ（西部电气规则 3）", "four of five beyond 1σ (Western Electric rule 3)"),
    "WE4": ("连续 8 点在中心线同侧（西部电气规则 4）", "eight in a row on one side (Western Electric rule 4)"),
    "N3": ("连续 6 点上升或下降（尼尔森规则 3）", "six in a row rising or falling (Nelson rule 3)"),
    "MR": ("与前一点相差超出极差上限", "a jump beyond the limit of moving ranges"),
}


class Limits(msgspec.Struct, frozen=True):
    """What a baseline lets one expect: its mean, a standard deviation, and the largest usual jump."""

    centre: float
    sigma: float
    jump: float
    n: int

    @property
    def upper(self) -> float:
        """Upper control limit."""
        return self.centre + 3 * self.sigma

    @property
    def lower(self) -> float:
        """Lower control limit."""
        return self.centre - 3 * self.sigma


class Signal(msgspec.Struct, frozen=True):
    """A point that is more than noise: which one, which way, and by which rules."""

    index: int
    is_up: bool
    rules: tuple[Rule, ...]


def limits_of(baseline: Sequence[float]) -> Limits | None:
    """The limits of a baseline; None where it is too short to have any."""
    if len(baseline) < LEAST:
        return None
    centre = sum(baseline) / len(baseline)
    ranges = [abs(now - before) for before, now in pairwise(baseline)]
    mean_range = sum(ranges) / len(ranges)
    return Limits(centre, mean_range / _D2, mean_range * _D4, len(baseline))


def signals(values: Sequence[float], limits: Limits, first: int = 0) -> list[Signal]:
    """The points from number `first` on that complete a rule; earlier ones count as what led there."""
    found = []
    for index in range(first, len(values)):
        up, down = (_rules(values, index, limits, sign) for sign in (1, -1))
        if up or down:
            found.append(Signal(index, bool(up), up or down))
    return found


def _rules(values: Sequence[float], index: int, limits: Limits, sign: int) -> tuple[Rule, ...]:
    """The rules that a point completes on one side; `sign` 1 looks above the centre, -1 below."""
    offsets = [sign * (value - limits.centre) for value in values[: index + 1]]
    found = [rule for rule, many, of, sigmas in _RUNS if _beyond(offsets[-of:], many, of, sigmas * limits.sigma)]
    if _rising(offsets[-6:]):
        found.append("N3")
    if len(offsets) > 1 and offsets[-1] > 0 and offsets[-1] - offsets[-2] > limits.jump:
        found.append("MR")
    return tuple(found)


# How many of the last so many points lie beyond so many standard deviations.
_RUNS: tuple[tuple[Rule, int, int, int], ...] = (("WE1", 1, 1, 3), ("WE2", 2, 3, 2), ("WE3", 4, 5, 1), ("WE4", 8, 8, 0))


def _beyond(last: Sequence[float], many: int, of: int, distance: float) -> bool:
    """Whether so many of the points, and the newest itself, lie beyond a distance."""
    return len(last) == of and last[-1] > distance and sum(each > distance for each in last) >= many


def _rising(last: Sequence[float]) -> bool:
    return len(last) == 6 and all(now > before for before, now in pairwise(last))
