"""Percentiles of waits that count those still waiting: Kaplan–Meier, so that a stalled queue looks bad, not empty.

A finished wait is a length; one who still waits is known to wait at least so long (censored). The survival curve S(t)
is the share that waits longer than t; the p-th percentile is the first length at which S falls to 1 − p, and where it
stays exactly there, the middle between that length and the next (where nobody is known to have taken longer, at least
that length). With nobody waiting it is the plain inclusive (R-7)
percentile, so it equals the published one. Method: Kaplan and Meier, 1958.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from streams.kpis.numbers import quantile

_EXACT = 1e-9


class Percentile(NamedTuple):
    """A length in seconds; `at_least` when so many still wait that only a lower bound is known."""

    seconds: float
    at_least: bool = False


def with_waiting(finished: Sequence[int], waiting: Sequence[int], percent: int) -> Percentile | None:
    """The percentile of finished lengths and of the ages of those still waiting, in whole seconds. None of nobody."""
    found = all_with_waiting(finished, waiting, (percent,))
    return found[0] if found else None


def all_with_waiting(finished: Sequence[int], waiting: Sequence[int], percents: Sequence[int]) -> list[Percentile]:
    """Several percentiles, for the price of one. None at all of nobody."""
    if not waiting:
        ordered = sorted(finished)
        return [Percentile(float(quantile(ordered, percent))) for percent in percents] if ordered else []
    curve = survival(finished, waiting)
    longest = float(max(*waiting, *finished, 0))
    return [_where_it_falls(curve, 1 - percent / 100, longest) for percent in percents]


def _where_it_falls(curve: list[tuple[int, float]], wanted: float, longest: float) -> Percentile:
    place = bisect_left(curve, -wanted - _EXACT, key=lambda point: -point[1])
    if place == len(curve):
        return Percentile(longest, at_least=True)
    length, left = curve[place]
    if left < wanted - _EXACT:
        return Percentile(float(length))
    if place + 1 == len(curve):  # all others still wait: it is between this length and whatever they will come to
        return Percentile(float(length), at_least=longest > length)
    return Percentile((length + curve[place + 1][0]) / 2)


def survival(finished: Sequence[int], waiting: Sequence[int]) -> list[tuple[int, float]]:
    """(length, share that waits longer), at every length at which somebody finished."""
    done, still = Counter(finished), Counter(waiting)
    at_risk, left = len(finished) + len(waiting), 1.0
    curve: list[tuple[int, float]] = []
    for length in sorted(done.keys() | still.keys()):
        if done[length]:
            left *= 1 - done[length] / at_risk
            curve.append((length, left))
        at_risk -= done[length] + still[length]  # who still waits at this very length was at risk in it
    return curve
