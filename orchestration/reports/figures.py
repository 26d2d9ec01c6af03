"""Figures as reports tell them: a value with its n, what it should be, and whether it may be believed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec

from streams.kpis.kpi import Interval, Kpi, Score, Target
from streams.targets import severity

Pair = tuple[str, str]  # Chinese, English
Level = Literal["withhold", "warn", "note"]

FEW = 5  # a figure of fewer says little, and nothing is concluded from it
COMPLETE = 95.0  # per cent of stages with both ends told, below which a figure is shown with a warning


class Doubt(msgspec.Struct, frozen=True):
    """Why a figure is to be taken with care: what a check found, as people say it."""

    level: Level
    said: Pair
    observed: str = ""


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A value of a KPI: of the whole hospital, or of one part of it by one dimension."""

    kpi: Kpi
    dim: str = ""  # "" = the whole hospital
    part: str = ""
    n: int
    value: float | None
    mean: float | None = None
    p50: float | None = None
    p90: float | None = None
    shares: dict[str, float] = {}
    num: int | None = None
    den: int | None = None
    excluded: dict[str, int] = {}
    waiting: int = 0
    completeness: float | None = None
    target: Target | None = None
    doubts: tuple[Doubt, ...] = ()

    @property
    def statistic(self) -> str:
        """Which statistic its value is."""
        return self.kpi.statistics[0] if isinstance(self.kpi, Interval | Score) else ""

    @property
    def aimed(self) -> float | None:
        """The number that the target speaks of."""
        return self.statistics.get(self.target.statistic) if self.target else None

    @property
    def severity(self) -> int:
        """0 as it should be or without a target, 1 over target, 2 far over."""
        return severity(self.target, self.statistics)

    @property
    def statistics(self) -> dict[str, float | None]:
        """Its numbers by name, as targets name them."""
        return {"value": self.value, "mean": self.mean, "p50": self.p50, "p90": self.p90, **self.shares}

    @property
    def is_few(self) -> bool:
        """Whether too little was counted to conclude anything."""
        return self.n < FEW


class Point(msgspec.Struct, frozen=True):
    """A value of a day or a period before."""

    day: str
    value: float
    n: int


History = Mapping[tuple[str, str], Sequence[Point]]  # (KPI, part of the dimension) → points, oldest first


def better_down(kpi: Kpi, target: Target | None) -> bool | None:
    """Whether less is better; None where nobody says so. A length is better short, but for that of a consultation."""
    if target is not None:
        return target.direction in ("≤", "<")
    if kpi.code in _NEITHER:
        return None
    return True if isinstance(kpi, Interval) else None


_NEITHER = {"consult_duration"}  # patients are to have enough time: specification 2 (67)


def figure_of(row: Mapping[str, Any], kpi: Kpi, target: Target | None, doubts: Sequence[Doubt]) -> Figure:
    """A row of the mart as a figure."""
    [(dim, part)] = row["dims"].items() or [("", "")]
    complete = row["completeness"]
    found = list(doubts)
    if complete is not None and complete < COMPLETE and not any("completeness" in doubt.said[1] for doubt in doubts):
        found.append(Doubt("warn", ("环节时间戳完整率不足 95%", "stage completeness below 95 %"), f"{complete:.1f}%"))
    told = {name: row[name] for name in _TOLD}
    return Figure(kpi=kpi, dim=dim, part=part, target=target, doubts=tuple(found), **told)


_TOLD = (
    "n", "value", "mean", "p50", "p90", "shares", "num", "den", "excluded", "waiting", "completeness",
)  # fmt: skip


def points_of(rows: Iterable[Mapping[str, Any]], catalogue: Mapping[str, Kpi]) -> dict[tuple[str, str], list[Point]]:
    """Rows of the mart's history as points, each KPI's own series only."""
    found: dict[tuple[str, str], list[Point]] = {}
    for row in rows:
        kpi = catalogue.get(row["kpi"])
        if kpi is not None and row["series"] == kpi.series[0]:
            found.setdefault((row["kpi"], row["of"]), []).append(Point(row["on_day"], row["value"], row["n"]))
    return found
