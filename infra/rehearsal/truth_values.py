"""From rows to the numbers that must come out: one set of figures for each KPI, series and cut."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Any

import msgspec

from infra.rehearsal.truth import Row
from streams.kpis.kpi import Census, Due, Interval, Kpi, Peak, Quality, Rate, Reduction, Score, Share, Volume
from streams.stages import stages

_UNIT_MS = {"min": 60_000, "h": 3_600_000, "s": 1000, "day": 86_400_000, "%": 10_000_000, "stops": 1000}
# An end that nobody told is imputed from other visits in SQL only; live it is still missing: one and the same gap.
_SAME_GAP = {"end_imputed": "missing_end"}
_REAL = {"negative", "ceiling"}
_GAPS = {"missing_start", "missing_end", "missing_full_settlement", "end_imputed", "start_imputed", "served_imputed"}


class Figures(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is compared. None where a KPI's kind has no such figure."""

    n: int = 0
    mean: float | None = None
    p50: float | None = None
    p90: float | None = None
    sum_ms: int = 0
    shares: dict[str, float] = {}
    num: int | None = None
    den: int | None = None
    amount_num: str | None = None
    amount_den: str | None = None
    waiting: int = 0
    oldest_since: int | None = None
    excluded: dict[str, int] = {}


def figures(kpi: Kpi, rows: Sequence[Row], at: int) -> Figures:
    """The figures of a KPI over its rows, judged at an instant."""
    if isinstance(kpi, Interval | Score):
        return _interval(kpi, rows, at)
    if isinstance(kpi, Share):
        return _share(kpi, rows)
    if isinstance(kpi, Due):
        return _due(kpi, rows, at)
    if isinstance(kpi, Volume):
        return Figures(n=len(rows))
    if isinstance(kpi, Peak):
        return _peak(rows)
    if isinstance(kpi, Reduction):  # the rehearsal hospital has no baseline
        return Figures()
    if isinstance(kpi, Rate):
        return _rate(kpi, rows)
    if isinstance(kpi, Quality):
        return _quality(kpi, rows, at)
    assert isinstance(kpi, Census)
    open_now = [row.start for row in rows if row.end is None and row.until is not None and row.until > at]
    began = [start for start in open_now if start is not None]
    return Figures(n=len(began), oldest_since=min(began, default=None))


def same_gaps(excluded: Mapping[str, int]) -> dict[str, int]:
    """Exclusions, with an end that SQL imputes and one that live misses as the same."""
    found: Counter[str] = Counter()
    for reason, n in excluded.items():
        found[_SAME_GAP.get(reason, reason)] += n
    return dict(found)


def _judged(row: Row, at: int) -> str:
    """Why a row does not count at an instant: a reason, "waiting", or "" when it does."""
    if row.reason:
        return row.reason
    if row.end is not None and row.millis is not None:
        return ""
    return "waiting" if row.until is not None and row.until > at else stages()[row.stage].unfinished


def _interval(kpi: Interval | Score, rows: Iterable[Row], at: int) -> Figures:
    judged = [(row, _judged(row, at)) for row in rows]
    lengths = [row.millis for row, why in judged if not why and row.millis is not None]
    excluded = Counter(why for _, why in judged if why not in ("", "waiting"))
    told, waiting = same_gaps(excluded), sum(why == "waiting" for _, why in judged)
    if not lengths:
        return Figures(waiting=waiting, excluded=told)
    whole = [length // 1000 for length in lengths]
    limits = kpi.shares_s if isinstance(kpi, Interval) else ()
    return Figures(
        n=len(lengths),
        **_of_lengths(lengths, kpi.unit),
        sum_ms=sum(lengths),
        shares={f"share≤{s}": rounded(Fraction(100 * sum(w <= s for w in whole), len(whole))) for s in limits},
        waiting=waiting,
        excluded=told,
    )


def _of_lengths(lengths: Sequence[int], unit: str) -> dict[str, Any]:
    in_ms, whole = _UNIT_MS[unit], sorted(length // 1000 for length in lengths)
    return {
        "mean": rounded(Fraction(sum(lengths), len(lengths) * in_ms)),
        "p50": rounded(percentile(whole, 50) * 1000 / in_ms),
        "p90": rounded(percentile(whole, 90) * 1000 / in_ms),
    }


def _due(kpi: Due, rows: Sequence[Row], at: int) -> Figures:
    """Decided are those whose end is known, and those whose time has run out."""
    counting = [row for row in rows if not row.reason]
    decided = [row for row in counting if row.hit is not None]
    late = [row for row in counting if row.hit is None and row.until is not None and row.until <= at]
    hits = sum(bool(row.hit) for row in decided) + sum(stages()[row.stage].overdue_counts for row in late)
    lengths = [row.millis for row in decided if row.millis is not None]
    den = len(decided) + len(late)
    return Figures(
        n=den,
        num=hits,
        den=den,
        **(_of_lengths(lengths, kpi.lengths_in) if lengths else {}),
        sum_ms=sum(lengths),
        waiting=len(counting) - den,
        excluded=same_gaps(Counter(row.reason for row in rows if row.reason)),
    )


def _rate(kpi: Rate, rows: Sequence[Row]) -> Figures:
    """Rows for every so many of others, which may count more than once."""
    counting = [row for row in rows if not row.reason]
    measure = sum(int(r.amount or 0) if stages()[r.stage].weighted else 1 for r in counting if r.stage in kpi.of)
    excluded = dict(Counter(row.reason for row in rows if row.reason))
    return Figures(n=measure, num=sum(r.stage not in kpi.of for r in counting), den=measure, excluded=excluded)


def _peak(rows: Sequence[Row]) -> Figures:
    """The busiest hour of a day."""
    hours = Counter(row.dims["hour"] for row in rows if not row.reason)
    excluded = dict(Counter(row.reason for row in rows if row.reason))
    return Figures(n=sum(hours.values()), num=max(hours.values(), default=None), excluded=excluded)


def _quality(kpi: Quality, rows: Iterable[Row], at: int) -> Figures:
    judged = Counter(_judged(row, at) for row in rows)
    real = judged[""] + sum(judged[why] for why in _REAL)
    if kpi.gauge == "negative":
        return Figures(n=real, num=judged["negative"], den=real)
    den = real + sum(judged[why] for why in _GAPS)
    return Figures(n=den, num=real, den=den)


def _share(kpi: Share, rows: Iterable[Row]) -> Figures:
    counting = [row for row in rows if not row.reason]
    excluded = Counter(row.reason for row in rows if row.reason)
    all_of = {row.once or (row.stage, row.whom, row.part) for row in counting}
    hits = [row for row in counting if row.hit]
    return Figures(
        n=len(all_of),
        num=len({row.once or (row.stage, row.whom, row.part) for row in hits}),
        den=len(all_of),
        amount_num=money(row.amount_hit or row.amount for row in hits) if kpi.by_amount else None,
        amount_den=money(row.amount for row in counting) if kpi.by_amount else None,
        excluded=dict(excluded),
    )


def percentile(whole: Sequence[int], percent: int) -> Fraction:
    """The inclusive percentile (R-7) of sorted lengths."""
    place = Fraction(percent * (len(whole) - 1), 100)
    below = int(place)
    above = min(below + 1, len(whole) - 1)
    return whole[below] + (place - below) * (whole[above] - whole[below])


def rounded(value: Fraction) -> float:
    """Half-even, six decimals."""
    scaled = value * 10**6
    return float(Decimal(round(scaled)).scaleb(-6))


def money(amounts: Iterable[str]) -> str:
    """A sum of decimal texts, four decimals."""
    return str(sum((Decimal(a) for a in amounts if a), Decimal()).quantize(Decimal("0.0001"), ROUND_HALF_EVEN))
