"""A tile for every live measure of the catalogue: the whole hospital, one number each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from board.cells_now import checks_of, heard_at, percentiles, state_of
from board.rollup import Rollup, Where
from board.view import View
from board.wall import Counts, Tile, Trouble
from streams.cells import SLOT_MS, Partial
from streams.groups import DIM, Gap, gaps, told_by_group
from streams.kpis import catalogue
from streams.kpis.aggregate import Value, value_of
from streams.kpis.kpi import Census, Due, Interval, Kpi, Quality
from streams.kpis.merging import merge, overdue
from streams.kpis.numbers import UNIT_MS, ratio
from streams.lag import bucket_ms
from streams.measurable import lacking, titles
from streams.passing import Passing, passing
from streams.stages import gauged, split_of, stages
from streams.targets import severity

if TYPE_CHECKING:
    from board.snapshot import Moment


def tiles(rollup: Rollup, view: View, moment: Moment) -> tuple[Tile, ...]:
    """A tile for every live measure of the catalogue: whoever adds a KPI has one."""
    live = [kpi for kpi in catalogue().values() if kpi.mode != "D"]
    return tuple(_of_events(kpi, view, moment) or _tile(kpi, rollup, view, moment) for kpi in live)


def _of_events(kpi: Kpi, view: View, moment: Moment) -> Tile | None:
    """The tile of a gauge that is made of what came, and not of rows."""
    if not isinstance(kpi, Quality) or kpi.gauge not in ("lag", "late"):
        return None
    return _lag(kpi, view, moment) if kpi.gauge == "lag" else _late(kpi, view, moment)


def _late(kpi: Kpi, view: View, moment: Moment) -> Tile:
    """How much of what came today was late."""
    came, target = moment.came, view.targets.get(kpi.code)
    n = came.n + came.batch
    value = ratio(came.late, came.n)
    return Tile(
        kpi=kpi.code,
        zh=kpi.zh,
        en=kpi.en,
        unit=kpi.unit,
        counts="rows",
        value=value,
        target=target.value if target else None,
        direction=target.direction if target else "",
        finished=came.n,
        excluded=came.batch,
        severity=severity(target, {"value": value}),
        state="fresh" if n else "empty",
        trouble=None if n else Trouble(says="no_patients"),
    )


def _lag(kpi: Kpi, view: View, moment: Moment) -> Tile:
    """How late the feeds are."""
    n, target = sum(moment.lag_buckets.values()), view.targets.get(kpi.code)
    p50, p95 = (lag_percentile(moment.lag_buckets, percent) for percent in (50, 95))
    return Tile(
        kpi=kpi.code,
        zh=kpi.zh,
        en=kpi.en,
        unit=kpi.unit,
        value=p95,
        target=target.value if target else None,
        direction=target.direction if target else "",
        finished=n,
        severity=severity(target, {"p95": p95, "p50": p50, "value": p95}),
        state="fresh" if n else "empty",
        trouble=None if n else Trouble(says="no_patients"),
    )


def lag_percentile(buckets: dict[int, int], percent: int) -> float | None:
    """The upper end, in seconds, of the first bucket below which so many lie."""
    wanted, seen = sum(buckets.values()) * percent / 100, 0
    for bucket in sorted(buckets):
        seen += buckets[bucket]
        if seen >= wanted:
            return bucket_ms(bucket) / 1000
    return None


def parts_of(kpi: Kpi, where: Where, rollup: Rollup, hour: int | None = None) -> dict[str, Partial]:
    """A KPI's partials by stage, as `value_of` wants them."""
    if isinstance(kpi, Quality):
        return {stage: rollup.total(stage, {}, _every_series(stage), hour) for stage in gauged()}
    return {stage: rollup.total(stage, where, kpi.series[:1], hour) for stage in kpi.over}


def _every_series(stage: str) -> tuple[str, ...]:
    return tuple({series for kpi in catalogue().values() if stage in kpi.over for series in kpi.series} | {""})


def _tile(kpi: Kpi, rollup: Rollup, view: View, moment: Moment) -> Tile:
    parts = parts_of(kpi, {}, rollup)
    value = value_of(kpi, parts, moment.at)
    target = view.targets.get(kpi.code)
    shown, second = headline(kpi, value, parts, moment.at)
    state, trouble = state_of(kpi, moment)
    if state == "fresh" and not any(part.rows for part in parts.values()):
        state, trouble = "empty", Trouble(says="no_patients")
    if needs := lacking(kpi, moment.arrived, moment.at):
        value, shown, second = Value(kpi=kpi.code), None, None
        state, trouble = "empty", Trouble(says="not_measurable", feed=titles(needs))
    told = {"value": shown, "p50": shown, "p90": second, "mean": value.mean, **value.shares}
    return Tile(
        kpi=kpi.code,
        zh=kpi.zh,
        en=kpi.en,
        unit=kpi.unit,
        counts=_counts(kpi),
        value=shown,
        second=second,
        target=target.value if target else None,
        direction=target.direction if target else "",
        finished=value.n,
        waiting=value.waiting,
        excluded=sum(value.excluded.values()),
        severity=severity(target, told) if state == "fresh" else 0,
        state=state,
        trouble=trouble,
        heard_at=heard_at(kpi, moment) if kpi.needs else None,
        checks=checks_of(kpi, moment),
    )


def splits_of(kpi: Kpi, where: Where, rollup: Rollup, at: int) -> tuple[Passing, Passing] | None:
    """What its lengths are made of, where a split says so: of what is over today, and in the last hour."""
    split = split_of(kpi.stage)
    if split is None or not where.keys() <= {"dept"}:
        return None
    by_dept = rollup.tallies(split.code)
    wanted = where["dept"].split(",") if where else [*by_dept]
    tallies = [each for dept in wanted for each in by_dept.get(dept, ())]
    return passing(tallies, at), passing(tallies, at, at // SLOT_MS - 11)


def gaps_of(kpi: Kpi, where: Where, rollup: Rollup) -> tuple[Gap, ...]:
    """Patient groups beside everybody else, of a length that is known by them."""
    return tuple(gaps(kpi, rollup.lengths_by(kpi.stage, DIM, where))) if told_by_group(kpi) else ()


def _counts(kpi: Kpi) -> Counts:
    match kpi:
        case Interval():
            return "lengths"
        case Census():
            return "waiting"
        case Due():
            return "due"
        case _:
            return "rows"


def headline(kpi: Kpi, value: Value, parts: dict[str, Partial], at: int) -> tuple[float | None, float | None]:
    """What a tile shows: of lengths median and nine in ten with those who wait, of everything else the value."""
    if not isinstance(kpi, Interval):
        return value.value, None
    stage = kpi.stage
    total = merge(overdue(part, stages()[stage].unfinished, at) for part in parts.values())
    p50, p90, _ = percentiles(total, at)
    unit = UNIT_MS[kpi.unit]
    return (None if p50 is None else p50 / unit), (None if p90 is None else p90 / unit)
