"""Numbers as they are published: inclusive (R-7) percentiles, per cent, units, half-even to 6 decimals.

Source: domain specification 1.2 and 3.0 (3).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

UNIT_MS = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "day": 86_400_000}
# How much of what a row holds makes one of a unit: of a length so many ms, of a score a whole is a billion.
IN_UNIT = {**UNIT_MS, "%": 10_000_000, "stops": 1000}


def quantile(ordered: Sequence[int], percent: int) -> Fraction:
    """The inclusive (R-7) percentile of sorted whole numbers, exact."""
    place = Fraction(percent * (len(ordered) - 1), 100)
    below = int(place)
    low = ordered[below]
    return low + (place - below) * (ordered[min(below + 1, len(ordered) - 1)] - low)


def in_unit(seconds: Fraction, unit_ms: int) -> float:
    """Seconds in a KPI's unit, as published."""
    return rounded(seconds * 1000 / unit_ms)


def ratio(num: int, den: int, per: int = 100) -> float | None:
    """Per cent (or per so many), as published; None of nothing."""
    return rounded(Fraction(per * num, den)) if den else None


def rounded(exact: Fraction) -> float:
    """Half-even to 6 decimals."""
    return float(Fraction(round(exact * 1_000_000), 1_000_000))
