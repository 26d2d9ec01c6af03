"""What came of an action: a place before and after it, beside another, judged by the control chart. Pure."""

from __future__ import annotations

from typing import Literal

import msgspec

from orchestration.reports.control import Course
from orchestration.reports.facts import Hospital
from orchestration.reports.figures import Figure, Point, better_down
from orchestration.reports.matters import is_worth_saying
from orchestration.reports.spc import Signal
from streams.kpis.kpi import Kpi

ENOUGH_AFTER = 8  # days with the action, as many as a run on one side needs

Effect = Literal["better", "worse", "changed", "none", "unknown"]


class Stretch(msgspec.Struct, frozen=True):
    """A place before and after the action: over all rows, not of days' values."""

    before: Figure
    after: Figure

    @property
    def by(self) -> float | None:
        """How much the value changed."""
        if self.before.value is None or self.after.value is None:
            return None
        return round(self.after.value - self.before.value, 6)


class Improvement(msgspec.Struct, frozen=True, kw_only=True):
    """All that the report says, before it is put into words. The department "" is the whole hospital."""

    hospital: Hospital
    dept: str
    against: str
    action_on: str
    action: str = ""
    goal: float | None = None
    course: Course
    other: tuple[Point, ...]  # the comparison's days
    own: Stretch
    compared: Stretch
    is_working_day: bool = True

    @property
    def kpi(self) -> Kpi:
        """Which KPI it is about."""
        return self.course.kpi

    @property
    def signals(self) -> list[Signal]:
        """The days after the action that are more than noise, in the direction in which the value moved."""
        found, by = self.course.judgement, self.own.by or 0.0
        return [signal for signal in found[1] if signal.is_up == (by > 0)] if found else []

    @property
    def effect(self) -> Effect:
        """What came of the action, judged by the control chart and by whether anybody would feel it."""
        by, before = self.own.by, self.own.before.value
        if self.course.judgement is None or by is None or before is None:
            return "unknown"
        if not self.signals or not is_worth_saying(self.kpi, by, before):
            return "none"
        down = better_down(self.kpi, self.course.target)
        if down is None:
            return "changed"
        return "better" if (by < 0) == down else "worse"

    @property
    def net(self) -> float | None:
        """The change beyond that of the comparison in the same time."""
        own, other = self.own.by, self.compared.by
        return None if own is None or other is None else round(own - other, 6)
