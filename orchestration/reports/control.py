"""Control charts of reports: a KPI's days, their limits, and in words which of them are more than noise. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from orchestration.reports.document import Chart, Item, Mark
from orchestration.reports.figures import Point, better_down
from orchestration.reports.matters import is_worth_saying, judge
from orchestration.reports.sentences import bounds, rules_text, usual
from orchestration.reports.spc import LEAST, Limits, Rule, Signal
from orchestration.reports.words import say
from orchestration.reports.writing import Language, amount, listed, short_day, statistic, title, unit
from streams.kpis.kpi import Interval, Kpi, Score, Target

_MOST_DAYS = 6  # named in a sentence


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """The days of a KPI in one place: those before, which set the limits, and those that are judged by them."""

    kpi: Kpi
    target: Target | None
    before: tuple[Point, ...]
    judged: tuple[Point, ...]

    @property
    def points(self) -> tuple[Point, ...]:
        """All of its days."""
        return (*self.before, *self.judged)

    @property
    def judgement(self) -> tuple[Limits, list[Signal]] | None:
        """The limits, and which judged days are more than noise; None of too few days before."""
        return judge(self.points, len(self.before))


def control_chart(
    course: Course, name: str, judged_name: str, lang: Language, other: Sequence[Point] = (), goal: float | None = None
) -> Chart:
    """The chart of a course; without enough days before it has no limits and says so."""
    kpi, found = course.kpi, course.judgement
    limits, signals = found if found else (None, [])
    lower, upper = bounds(kpi, limits) if limits else (None, None)
    main = kpi.statistics[0] if isinstance(kpi, Interval | Score) else ""
    aim = course.target.value if course.target and course.target.statistic in (main, "value") else None
    beside = {point.day: point.value for point in other}
    return Chart(
        title=f"{title(kpi, lang)} · {name}" if name else title(kpi, lang),
        unit=" ".join(part for part in (statistic(main, lang), unit(kpi, lang)) if part),
        name=name or title(kpi, lang),
        labels=tuple(short_day(point.day) for point in course.points),
        values=tuple(point.value for point in course.points),
        counts=tuple(point.n for point in course.points),
        centre=limits.centre if limits else None,
        upper=upper,
        lower=lower,
        target=aim if goal is None else goal,
        signals=tuple(signal.index for signal in signals),
        judged_from=len(course.before),
        judged_name=judged_name,
        other=tuple(beside.get(point.day) for point in course.points) if other else (),
        note="" if limits else say(lang, "too_short", n=len(course.before), least=LEAST),
    )


def course_item(course: Course, lang: Language, kind: str) -> Item | None:
    """Which judged days are more than noise, and which way; None when none is."""
    if not (found := course.judgement) or not found[1]:
        return None
    limits, signals = found[0], [s for s in found[1] if _is_felt(course, s, found[0])]
    if not signals:
        return None
    newest = signals[-1]
    alike = [signal for signal in signals if signal.is_up == newest.is_up]
    days = [short_day(course.points[signal.index].day) for signal in alike]
    way = say(lang, "up" if newest.is_up else "down")
    down = better_down(course.kpi, course.target)
    mark: Mark = "" if down is None else "better" if newest.is_up != down else "worse"
    said = say(lang, "days_off", title=title(course.kpi, lang), way=way, days=listed(days[-_MOST_DAYS:], lang),
               value=amount(course.points[newest.index].value, course.kpi, lang))  # fmt: skip
    behind = say(lang, "both", one=usual(course.kpi, limits, kind, lang), other=rules_text(_rules(alike), lang))
    return Item(said, behind, mark)


def _is_felt(course: Course, signal: Signal, limits: Limits) -> bool:
    return is_worth_saying(course.kpi, course.points[signal.index].value - limits.centre, limits.centre)


def _rules(signals: Sequence[Signal]) -> list[Rule]:
    return [rule for signal in signals for rule in signal.rules]
