"""From rows to the number: what every KPI kind makes of its rows, the same for the wall, the report and `try`.

Rows first become a `Partial` (streams/cells.py), and a partial becomes a `Value`; live values merge partials from many
shards and take the same second step. Lengths are whole seconds (floor) in percentiles and shares, milliseconds in
means. Percentiles are inclusive (R-7). Published numbers are rounded half-even to 6 decimals.
Source: domain specification 1.1, 1.2, 3.0 (3), (10).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

import msgspec

from streams.book import is_over, partial_of
from streams.cells import Partial
from streams.kpis.derived import Named, peak, reduction, split
from streams.kpis.kpi import Census, Due, Interval, Kpi, Peak, Quality, Rate, Reduction, Score, Share, Split, Volume
from streams.kpis.merging import judged, late, merge
from streams.kpis.numbers import IN_UNIT, UNIT_MS, in_unit, quantile, ratio, rounded
from streams.kpis.rates import counted, rate
from streams.stages import gauged, stages
from streams.stages.stage import INCOMPLETE, REAL_BUT_EXCLUDED, StageRow


class Value(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One KPI over some rows. Statistics are in the KPI's unit (of what is due, in that of its lengths); None = there
    is nothing to say."""

    kpi: str
    series: str = ""
    dims: dict[str, str] = {}
    n: int = 0  # finished rows; shares, dues and gauges: the denominator; volumes and censuses: the count
    value: float | None = None  # the headline statistic
    mean: float | None = None
    p50: float | None = None
    p90: float | None = None
    sum_ms: int = 0
    shares: dict[str, float] = {}  # "share≤600" → %
    num: int | None = None
    den: int | None = None
    amount_num: str | None = None
    amount_den: str | None = None
    excluded: dict[str, int] = {}
    waiting: int = 0
    overdue: int = 0  # dues: of the denominator, those that are still open
    oldest_since: int | None = None
    completeness: float | None = None


def aggregate(
    kpi: Kpi,
    rows: Iterable[StageRow],
    as_of: int,
    by: Sequence[str] = (),
    where: dict[str, str] | None = None,
    baseline: Iterable[StageRow] = (),
) -> list[Value]:
    """The values of a KPI over rows as judged at an instant: one per series and combination of `by` that has rows.

    `baseline`: the rows with which a reduction compares."""
    groups, before = _grouped(kpi, rows, by, where), _grouped(kpi, baseline, by, where)
    if not by:
        groups.setdefault((kpi.series[0], ()), [])
    values = []
    for place, found in sorted(groups.items()):
        dims = dict(zip(by, place[1], strict=True))
        value = value_of(kpi, by_stage(found), as_of, series=place[0], dims=dims)
        if isinstance(kpi, Peak):
            value = peak(value, _with_names(found))
        elif isinstance(kpi, Reduction):
            value = reduction(value, _with_names(found), _with_names(before.get(place, ())))
        values.append(value)
    return split(kpi, values) if isinstance(kpi, Split) else values


def _grouped(
    kpi: Kpi, rows: Iterable[StageRow], by: Sequence[str], where: dict[str, str] | None
) -> dict[tuple[str, tuple[str, ...]], list[StageRow]]:
    groups: dict[tuple[str, tuple[str, ...]], list[StageRow]] = {}
    for row in rows:
        if not of_kpi(kpi, row.stage, row.series) or is_over(row):
            continue
        named = named_dims(row.stage, row.dims)
        if where and any(named.get(name) != value for name, value in where.items()):
            continue
        if all(name in named for name in by):
            groups.setdefault((_series(kpi, row.series), tuple(named[name] for name in by)), []).append(row)
    return groups


def _with_names(rows: Iterable[StageRow]) -> list[Named]:
    return [(row, named_dims(row.stage, row.dims)) for row in rows]


def of_kpi(kpi: Kpi, stage: str, series: str) -> bool:
    """Is a row (or cell) of this stage and series part of this KPI?"""
    if isinstance(kpi, Quality):
        return kpi.gauge in ("completeness", "negative") and stage in gauged()
    return stage in kpi.over and series in kpi.series


def named_dims(stage: str, dims: tuple[str, ...]) -> dict[str, str]:
    """Dimension → value; the stage itself is one."""
    return {"stage": stage, **dict(zip(stages()[stage].dims, dims, strict=True))}


def _series(kpi: Kpi, series: str) -> str:
    return "" if isinstance(kpi, Quality) else series


def by_stage(rows: Iterable[StageRow]) -> dict[str, Partial]:
    """Rows as one partial per stage (what an overdue row counts as is the stage's to say)."""
    split: dict[str, list[StageRow]] = {}
    for row in rows:
        split.setdefault(row.stage, []).append(row)
    return {stage: partial_of(found) for stage, found in split.items()}


def value_of(
    kpi: Kpi, parts: dict[str, Partial], as_of: int, *, series: str = "", dims: dict[str, str] | None = None
) -> Value:
    """What partials, one per stage, come to at an instant."""
    total = merge(judged(part, stages()[stage], as_of) for stage, part in parts.items())
    real = _real(total)
    complete_of = real + sum(n for reason, n in total.excluded.items() if reason in INCOMPLETE)
    common = Value(
        kpi=kpi.code,
        series=series,
        dims=dims or {},
        excluded=dict(sorted(total.excluded.items())),
        waiting=len(total.waiting),
        oldest_since=total.waiting[0][0] if total.waiting else None,
        completeness=ratio(real, complete_of),
    )
    match kpi:
        case Interval() | Score():
            return _interval(kpi, common, total)
        case Share():
            return _share(kpi, common, total)
        case Due():
            return _due(kpi, common, total, sum(late(part, as_of) for part in parts.values()))
        case Rate():
            return rate(kpi, common, parts)
        case Census():
            return _census(kpi, common, as_of)
        case Volume():
            return _volume(common, total)
        case Peak():
            return msgspec.structs.replace(common, completeness=None)
        case Reduction() | Quality(gauge="late" | "lag"):  # not made of rows alone
            return Value(kpi=kpi.code, series=series, dims=dims or {})
        case Quality(gauge="negative"):
            return _gauge(common, total.excluded.get("negative", 0), real)
        case Quality():
            return _gauge(common, real, complete_of)
    raise NotImplementedError(kpi.code)


def _real(total: Partial) -> int:
    """Rows with both ends truly told: those that count, and those excluded for what their ends say."""
    kept = len(total.seconds) + total.trials + len(total.distinct)
    return kept + sum(n for reason, n in total.excluded.items() if reason in REAL_BUT_EXCLUDED)


def _interval(kpi: Interval | Score, common: Value, total: Partial) -> Value:
    n = len(total.seconds)
    if not n:
        return common
    statistics = _lengths(total, kpi.unit)
    limits_s = kpi.shares_s if isinstance(kpi, Interval) else ()
    within = {f"share≤{s}": sum(1 for length in total.seconds if length <= s) for s in limits_s}
    return msgspec.structs.replace(
        common,
        n=n,
        value=statistics[kpi.statistics[0]],
        sum_ms=total.sum_ms,
        shares={name: rounded(Fraction(100 * hits, n)) for name, hits in within.items()},
        **statistics,
    )


def _lengths(total: Partial, unit: str) -> dict[str, float]:
    in_ms = IN_UNIT[unit]
    return {
        "mean": rounded(Fraction(total.sum_ms, len(total.seconds) * in_ms)),
        "p50": in_unit(quantile(total.seconds, 50), in_ms),
        "p90": in_unit(quantile(total.seconds, 90), in_ms),
    }


def _due(kpi: Due, common: Value, total: Partial, late: int) -> Value:
    den = len(total.seconds) + total.trials
    common = msgspec.structs.replace(
        common, n=den, value=ratio(total.hits, den), num=total.hits, den=den, overdue=late, sum_ms=total.sum_ms
    )
    return msgspec.structs.replace(common, **_lengths(total, kpi.lengths_in)) if total.seconds else common


def _share(kpi: Share, common: Value, total: Partial) -> Value:
    num = total.hits + sum(total.distinct.values())
    den = total.trials + len(total.distinct)
    amounts = {"amount_num": total.amount_hits, "amount_den": total.amount_trials}
    return msgspec.structs.replace(
        common, n=den, value=ratio(num, den), num=num, den=den, **(amounts if kpi.by_amount else {})
    )


def _census(kpi: Census, common: Value, as_of: int) -> Value:
    value: float | None = float(common.waiting)
    if kpi.gauge == "oldest":
        since = common.oldest_since
        value = None if since is None else in_unit(Fraction(max(0, as_of - since) // 1000), UNIT_MS[kpi.unit])
    return msgspec.structs.replace(common, n=common.waiting, value=value, excluded={}, completeness=None)


def _volume(common: Value, total: Partial) -> Value:
    n = counted(total)
    return msgspec.structs.replace(common, n=n, value=float(n), completeness=None)


def _gauge(common: Value, num: int, den: int) -> Value:
    return msgspec.structs.replace(
        common, n=den, value=ratio(num, den), num=num, den=den,
        excluded={}, waiting=0, oldest_since=None, completeness=None,
    )  # fmt: skip
