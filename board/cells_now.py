"""One number of the wall as it stands: counted, judged against its target, and told apart by its four states."""

from __future__ import annotations

from typing import TYPE_CHECKING

from board.columns import Column, Source
from board.rollup import Rollup, has_dept
from board.view import View
from board.wall import Cell, FailedCheck, State, Trouble
from board.words import local
from ingest.events import domain_of
from streams.cells import Partial
from streams.hours import has_closed, has_opened
from streams.kpis import catalogue
from streams.kpis.kpi import Kpi, Target
from streams.kpis.merging import overdue
from streams.kpis.numbers import UNIT_MS
from streams.stages import stages
from streams.targets import limit_ms, severity
from streams.waiting import all_with_waiting

if TYPE_CHECKING:
    from board.snapshot import Moment

HOURS_SHOWN = 14


def cell_of(column: Column, dept: str, rollup: Rollup, view: View, moment: Moment) -> Cell:
    """A column's cell for a department ("" = the hospital): the first of its measures that has something to show."""
    fitting = [s for s in column.sources if _fits(s, dept, view)]
    if not fitting:
        source = column.sources[0]
        return _empty(column, dept, source, Trouble(says="counted_once"))
    for source in fitting:
        part = _part(source, dept, rollup, moment)
        if part.rows:
            return _cell(column, dept, source, part, rollup, view, moment)
    if dept and _knows_no_department(fitting[0], rollup):
        return _empty(column, dept, fitting[0], Trouble(says="counted_once"))
    return _without_rows(column, dept, fitting[0], view, moment)


def _knows_no_department(source: Source, rollup: Rollup) -> bool:
    """Whether people are there, and nobody knows for which department: at the registration window, say."""
    stage, where = catalogue()[source.kpi].stage, dict(source.where)
    n = rollup.total(stage, where).rows
    return n > 0 and rollup.total(stage, where | {"dept": "?"}).rows == n


def _fits(source: Source, dept: str, view: View) -> bool:
    stage = catalogue()[source.kpi].stage
    if source.emergency:
        return not dept or dept in view.emergency
    return not dept or has_dept(stage)


def _where(source: Source, dept: str) -> dict[str, str]:
    named = dict(source.where)
    return named | {"dept": dept} if dept and not source.emergency else named


def _part(source: Source, dept: str, rollup: Rollup, moment: Moment, hour: int | None = None) -> Partial:
    stage = catalogue()[source.kpi].stage
    found = rollup.total(stage, _where(source, dept), hour=hour)
    return overdue(found, stages()[stage].unfinished, moment.at)


def _cell(column: Column, dept: str, source: Source, part: Partial, rollup: Rollup, view: View, moment: Moment) -> Cell:
    kpi, target = catalogue()[source.kpi], view.targets.get(source.kpi) if source.judged else None
    limit = limit_ms(kpi, target)
    lengths = percentiles(part, moment.at)
    n = len(part.seconds)
    state, trouble = state_of(kpi, moment)
    mean = part.sum_ms / n if n else None
    return Cell(
        column=column.code,
        dept=dept,
        kpi=kpi.code,
        where=source.where,
        state=state,
        trouble=trouble,
        waiting=len(part.waiting),
        oldest_since=part.waiting[0][0] if part.waiting else None,
        finished=n,
        p50_ms=lengths[0],
        p90_ms=lengths[1],
        at_least=lengths[2],
        mean_ms=mean,
        excluded=tuple(part.excluded.items()),
        trend=_known_trend(column, dept, moment) or trend(source, dept, rollup, view, moment),
        target_ms=limit,
        over=0 if limit is None else sum(1 for since, _ in part.waiting if moment.at - since > limit),
        severity=_judged(kpi, target, lengths, mean) if state == "fresh" else 0,
        heard_at=heard_at(kpi, moment),
        checks=() if dept else checks_of(kpi, moment),  # a check is of the hospital's number
    )


def percentiles(part: Partial, at: int) -> tuple[float | None, float | None, bool]:
    """Median and nine in ten in ms, those still waiting included; whether the latter is only a lower bound."""
    ages = [max(0, at - since) // 1000 for since, _ in part.waiting]
    found = all_with_waiting(part.seconds, ages, (50, 90))
    if not found:
        return None, None, False
    p50, p90 = found
    return float(p50.seconds) * 1000, float(p90.seconds) * 1000, p90.at_least


def _judged(
    kpi: Kpi, target: Target | None, lengths: tuple[float | None, float | None, bool], mean: float | None
) -> int:
    unit = UNIT_MS.get(kpi.unit, 60_000)
    told = {"p50": lengths[0], "p90": lengths[1], "mean": mean, "value": lengths[0]}
    return severity(target, {name: None if ms is None else ms / unit for name, ms in told.items()})


def _known_trend(column: Column, dept: str, moment: Moment) -> tuple[float | None, ...]:
    return moment.trends.get((column.code, dept), ())


def trend(source: Source, dept: str, rollup: Rollup, view: View, moment: Moment) -> tuple[float | None, ...]:
    """The median of every hour so far; in the present one with those who wait."""
    now = local(moment.at, view.zone).hour
    first = max(now - HOURS_SHOWN + 1, min(now, int(view.hospital.open_hours[0][:2])))
    points: list[float | None] = []
    for hour in range(first, now + 1):
        part = _part(source, dept, rollup, moment, hour)
        if hour < now:
            part = Partial(seconds=part.seconds)
        points.append(percentiles(part, moment.at)[0])
    return tuple(points)


def state_of(kpi: Kpi, moment: Moment) -> tuple[State, Trouble | None]:
    """Which of the four states a measure is in, apart from emptiness, and why."""
    if moment.broken.intersection(kpi.over):
        return "broken", Trouble(says="rule")
    if moment.trouble is not None:
        return "stale", moment.trouble
    return stale(kpi, moment) or ("fresh", None)


def domains_of(kpi: Kpi) -> frozenset[str]:
    """The domains of events that a measure needs."""
    return frozenset(domain_of(kind) for kind in kpi.needs)


def stale(kpi: Kpi, moment: Moment) -> tuple[State, Trouble] | None:
    """Whether a feed is gone that tells what this measure needs: which, and since when."""
    domains = domains_of(kpi)
    for feed in moment.feeds:
        told = moment.told.get(feed.source_system)
        since = feed.link_since if feed.link == "down" else feed.silent_since
        if since is not None and told is not None and domains & told.domains:
            return "stale", Trouble(says="feed", feed=feed.called, since=since)
    return None


def heard_at(kpi: Kpi, moment: Moment) -> int | None:
    """When something that this measure needs was last heard."""
    domains = domains_of(kpi)
    return max((told.heard_at for told in moment.told.values() if domains & told.domains), default=None)


def checks_of(kpi: Kpi, moment: Moment) -> tuple[FailedCheck, ...]:
    """The checks that failed for a measure."""
    return tuple(check for check in moment.checks if check.kpi == kpi.code)


def _without_rows(column: Column, dept: str, source: Source, view: View, moment: Moment) -> Cell:
    kpi = catalogue()[source.kpi]
    state, trouble = state_of(kpi, moment)
    if state in ("broken", "stale"):
        return Cell(
            column=column.code, dept=dept, kpi=kpi.code, where=source.where, state=state, trouble=trouble,
            target_ms=limit_ms(kpi, view.targets.get(kpi.code)), heard_at=heard_at(kpi, moment),
        )  # fmt: skip
    hours = view.hours(dept, moment.day)
    says = "no_patients"
    if not has_opened(hours, moment.at, view.zone):
        says = "not_open"
    elif has_closed(hours, moment.at, view.zone):
        says = "closed"
    return _empty(column, dept, source, Trouble(says=says))


def _empty(column: Column, dept: str, source: Source, why: Trouble) -> Cell:
    return Cell(column=column.code, dept=dept, kpi=source.kpi, where=source.where, state="empty", trouble=why)
