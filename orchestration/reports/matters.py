"""What matters: what broke its target, what changed by more than noise, where patients waited longest. Pure.

Figures of fewer than five open no report, and the gauges about the data speak in the part on trust.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from orchestration.reports.figures import Figure, History, Point, better_down
from orchestration.reports.spc import LEAST, Limits, Signal, limits_of, signals
from streams.kpis.kpi import Kpi

GAUGES = "Q"  # the group of KPIs about the data itself
MOST_PARTS = 3
_WAITS = {  # which waits are compared, and by which dimension places are told apart
    "consult_wait": "dept",
    "window_wait": "service_point_type",
    "exam_wait_on_site": "modality",
    "pharm_pickup_wait": "",
    "ed_door_to_doctor": "",
    "bed_wait_time": "",
}
_HOURS = {"s": 1 / 3600, "min": 1 / 60, "h": 1.0, "day": 24.0}


class Broke(msgspec.Struct, frozen=True):
    """A target that was not kept: by the whole, or by parts of it."""

    figure: Figure
    parts: tuple[Figure, ...]


class Changed(msgspec.Struct, frozen=True):
    """A figure that differs from the ones before by more than they do among themselves."""

    figure: Figure
    limits: Limits
    signal: Signal
    is_better: bool | None  # None where nobody says which way is better

    @property
    def distance(self) -> float:
        """How many standard deviations it lies from the centre."""
        offset = abs((self.figure.value or 0.0) - self.limits.centre)
        return offset / self.limits.sigma if self.limits.sigma else float("inf") if offset else 0.0


def excess(figure: Figure) -> float:
    """How far a figure is from its target: 1 on it, 2 twice as bad."""
    target, aimed = figure.target, figure.aimed
    if target is None or aimed is None:
        return 0.0
    if target.direction in ("≤", "<"):
        return aimed / target.value if target.value else float("inf") if aimed else 1.0
    if figure.kpi.unit == "%" and target.value < 100:
        return (100 - aimed) / (100 - target.value)
    return target.value / aimed if aimed else float("inf")


def broken(figures: Iterable[Figure], dim: str = "dept") -> list[Broke]:
    """What broke its target, the farthest first; also where the whole kept it and a part is far over."""
    known = [figure for figure in figures if not figure.is_few and figure.kpi.group != GAUGES]
    wholes = [figure for figure in known if not figure.dim]
    found = []
    for whole in wholes or known:  # those of one department stand for themselves
        parts = [f for f in known if f.kpi.code == whole.kpi.code and f.dim == dim and f.severity > 0 and f != whole]
        if not whole.severity:
            parts = [part for part in parts if part.severity > 1]
        worst = sorted(parts, key=lambda part: (-excess(part), part.part))[:MOST_PARTS]
        if whole.severity or worst:
            found.append(Broke(whole, tuple(worst)))
    return sorted(found, key=lambda broke: (-broke.figure.severity, -excess(broke.figure), broke.figure.kpi.code))


def changed(figures: Iterable[Figure], history: History) -> list[Changed]:
    """The figures of a day that are more than noise after the days before it, the farthest first."""
    found = []
    for figure in figures:
        before = history.get((figure.kpi.code, figure.part), ())
        if figure.value is None or figure.is_few or figure.kpi.group == GAUGES:
            continue
        if (judged := judge([*before, Point("", figure.value, figure.n)], len(before))) and judged[1]:
            limits, [signal, *_] = judged
            if is_worth_saying(figure.kpi, figure.value - limits.centre, limits.centre):
                found.append(Changed(figure, limits, signal, _is_better(figure, signal)))
    return sorted(found, key=lambda change: (_ORDER[change.is_better], -change.distance, change.figure.kpi.code))


_ORDER = {False: 0, None: 1, True: 2}  # what got worse comes first


def is_worth_saying(kpi: Kpi, by: float, centre: float) -> bool:
    """Whether anybody would feel a change: a minute, a quarter of an hour, a point of a share; else a twentieth."""
    return abs(by) >= _FELT.get(kpi.unit, abs(centre) / 20)


_FELT = {"s": 5.0, "min": 1.0, "h": 0.25, "day": 0.25, "%": 1.0}


def judge(points: Sequence[Point], first: int) -> tuple[Limits, list[Signal]] | None:
    """Limits from the points before number `first`, and which from there on are signals; None of too few before."""
    values = [point.value for point in points]
    limits = limits_of(values[:first]) if first >= LEAST else None
    return (limits, signals(values, limits, first)) if limits else None


def waited(figures: Iterable[Figure], most: int = 5) -> list[Figure]:
    """Where nine in ten patients waited up to the longest, the longest first."""
    waits = [f for f in figures if _WAITS.get(f.kpi.code) == f.dim and not f.is_few and f.p90 is not None]
    return sorted(waits, key=lambda f: (-(f.p90 or 0.0) * _HOURS[f.kpi.unit], f.kpi.code, f.part))[:most]


def _is_better(figure: Figure, signal: Signal) -> bool | None:
    down = better_down(figure.kpi, figure.target)
    return None if down is None else signal.is_up != down
