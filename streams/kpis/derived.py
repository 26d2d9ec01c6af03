"""What is not a sum of its rows: a part of a whole, the busiest hour, and the way since a baseline.

Source: domain specification section 3, arrival_peak_ratio, and 3.0 (17), (19).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import msgspec

from streams.kpis.kpi import Split
from streams.kpis.numbers import quantile, ratio, rounded

if TYPE_CHECKING:
    from streams.kpis.aggregate import Value
    from streams.stages.stage import StageRow

Named = tuple["StageRow", Mapping[str, str]]  # a row, and its dimensions by name


def split(kpi: Split, values: Sequence[Value]) -> list[Value]:
    """Each value's part of the whole that it is a part of: that of all values of the same rest."""
    whole: Counter[tuple[str, tuple[tuple[str, str], ...]]] = Counter()
    for value in values:
        whole[_rest(kpi, value)] += value.num or 0
    return [
        msgspec.structs.replace(value, n=(den := whole[_rest(kpi, value)]), den=den, value=ratio(value.num or 0, den))
        for value in values
    ]


def _rest(kpi: Split, value: Value) -> tuple[str, tuple[tuple[str, str], ...]]:
    return value.series, tuple(sorted((name, is_) for name, is_ in value.dims.items() if name != kpi.by))


def peak(common: Value, rows: Iterable[Named]) -> Value:
    """The busiest hour over the usual one."""
    hours: dict[str, Counter[str]] = defaultdict(Counter)
    usual, n = Fraction(), 0
    for row, named in rows:
        if not row.excluded:
            hours[row.day][named["hour"]] += 1
            usual += Fraction(60, int(row.amount))
            n += 1
    if not n:
        return common
    busiest = sum(max(day.values()) for day in hours.values())
    return msgspec.structs.replace(common, n=n, num=busiest, value=rounded(busiest / usual))


def reduction(common: Value, now: Iterable[Named], then: Iterable[Named]) -> Value:
    """How much shorter the median of the same mix of paths has become."""
    paths_now, paths_then = _by_path(now), _by_path(then)
    both = paths_now.keys() & paths_then.keys()
    after = sum((len(paths_then[path]) * quantile(paths_now[path], 50) for path in both), Fraction())
    before = sum((len(paths_then[path]) * quantile(paths_then[path], 50) for path in both), Fraction())
    n = sum(len(paths_now[path]) for path in both)
    return msgspec.structs.replace(common, n=n, value=rounded(100 - 100 * after / before) if before else None)


def _by_path(rows: Iterable[Named]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for row, named in rows:
        if not row.excluded and row.ended_at is not None and row.millis is not None:
            found[named["path"]].append(row.millis // 1000)
    return {path: sorted(lengths) for path, lengths in found.items()}
