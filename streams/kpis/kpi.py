"""What a KPI entry says. One entry is one KPI: its live value, mart rows, tile, checks and docs all follow from it.

Kinds are closed: Interval, Score, Share (and its Split), Due, Rate, Census, Volume, Peak, Reduction, and Quality for
the four gauges about the data itself.
Source: domain specification section 3.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

Unit = Literal["min", "h", "s", "day", "%", "visits", "tickets", "stops", "×", "‱"]


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """When a value is as it should be. A site may override it."""

    statistic: str  # "value", "mean", "p50", "p90", "share≤600" …
    value: float  # in the KPI's unit
    direction: Literal["≤", "≥", "<", ">"]
    source: str = ""  # code of specification section 11
    alarm: float | None = None  # far over: the number turns vermilion


class Kpi(msgspec.Struct, frozen=True, kw_only=True):
    """What all kinds have. `stage` names the rows that it is an aggregate of."""

    code: str
    group: str  # letter of specification section 3
    zh: str
    en: str
    unit: Unit
    stage: str
    mode: Literal["L", "D", "B"]
    formula_zh: str  # one sentence
    formula_en: str
    dims: tuple[str, ...] = ()  # subset of the stage's dims, beside date and hour
    stages: tuple[str, ...] = ()  # where rows of several stages make one KPI: all of them, `stage` among them
    series: tuple[str, ...] = ("",)  # the first is the KPI; the others are shown apart
    classes: tuple[str, ...] = ()
    exclusions: tuple[str, ...] = ()  # reasons as in StageRow.excluded
    not_applied: tuple[str, ...] = ()  # exclusions for which no field exists
    target: Target | None = None
    source: tuple[str, ...] = ()
    final_after_days: int = 35
    version: int = 1
    needs: tuple[str, ...] = ()  # event types without which it is not measurable here

    is_hourly: ClassVar[bool] = True  # has it a value of an hour too?

    @property
    def over(self) -> tuple[str, ...]:
        """The stages whose rows it is an aggregate of."""
        return self.stages or (self.stage,)

    @property
    def told_in(self) -> str:
        """The unit of its numbers."""
        return self.unit


class Interval(Kpi, frozen=True, kw_only=True, tag=True):
    """Lengths of finished rows; those still waiting beside them."""

    statistics: tuple[str, ...] = ("p50", "p90", "mean")  # the first is the headline
    shares_s: tuple[int, ...] = ()  # publish the share of rows ≤ so many seconds


class Score(Kpi, frozen=True, kw_only=True, tag=True):
    """What rows say in numbers that are no lengths, a share of answers, a count of stops: mean and percentiles."""

    statistics: tuple[str, ...] = ("mean", "p50", "p90")  # the first is the headline


class Share(Kpi, frozen=True, kw_only=True, tag=True):
    """Numerator over denominator, × 100."""

    by_amount: bool = False  # publish the twin by amount too


class Split(Share, frozen=True, kw_only=True, tag=True):
    """How rows fall to the values of one dimension: each value's rows, of all rows, × 100."""

    by: str


class Due(Kpi, frozen=True, kw_only=True, tag=True):
    """Share of rows done by their deadline, × 100: those done, and those still open though it has passed.

    Who is open and still in time is waiting, and not counted yet. Mean and percentiles are how long the finished took.
    """

    lengths_in: Unit = "min"

    @property
    def told_in(self) -> str:
        """Two units: of the share, and of the lengths beside it."""
        return f"{self.unit} | {self.lengths_in}"


class Rate(Kpi, frozen=True, kw_only=True, tag=True):
    """Rows of some stages for every so many of others, which are their measure and not their whole."""

    of: tuple[str, ...]  # which of its stages are the measure; of weighted ones a row counts as often as it says
    per: int = 100


class Peak(Kpi, frozen=True, kw_only=True, tag=True):
    """The rows of a day's busiest hour over those of its usual open hour. Rows say their hour, and as their amount how
    many minutes of the day were open; over several days busiest and usual hours are summed."""

    is_hourly = False


class Reduction(Kpi, frozen=True, kw_only=True, tag=True):
    """By how much a median fell since the site's baseline, × 100, the rows of each path weighted as they were then."""

    is_hourly = False


class Census(Kpi, frozen=True, kw_only=True, tag=True):
    """Who is in a state at the instant shown: how many, or since when the longest."""

    gauge: Literal["count", "oldest"]


class Volume(Kpi, frozen=True, kw_only=True, tag=True):
    """How many rows."""


class Quality(Kpi, frozen=True, kw_only=True, tag=True):
    """About the data itself, over all stages (`stage` = "*") or all events."""

    gauge: Literal["completeness", "negative", "late", "lag"]
