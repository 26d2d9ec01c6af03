"""Patient groups and their gap to everybody else: do the old, the young and those with priority really wait less?

A group is what the registration says of a visit (else the emergency arrival, else the admission). `priority` is every
group but the ordinary one, as one. Cells of fewer than five are not told: suppressed here, where they are made to be
shown, and nowhere in the data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from streams.kpis.kpi import Interval, Kpi
from streams.kpis.numbers import UNIT_MS, in_unit, quantile

DIM = "patient_group"
LEAST = 5  # of fewer nothing but that they are few is shown
NAMES: dict[str, tuple[str, str]] = {
    "priority": ("全部优先人群", "all with priority"),
    "elderly": ("老年人", "elderly"),
    "child": ("儿童", "children"),
    "disabled": ("残疾人", "disabled"),
    "urgent": ("危重", "urgent"),
    "pregnant": ("孕产妇", "pregnant"),
    "veteran": ("军人", "veterans"),
    "normal": ("普通", "ordinary"),
}
_ORDINARY = ("normal", "?")


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """A group beside everybody else, in the KPI's unit; None: of too few, or of nobody."""

    group: str
    n: int | None  # finished; None = some, and fewer than LEAST
    value: float | None = None  # median
    p90: float | None = None
    others_n: int | None = None
    others: float | None = None  # their median
    by: float | None = None  # how much longer the group waits than the others; negative: less long


def told_by_group(kpi: Kpi) -> bool:
    """Whether a KPI is a length that is known by patient group."""
    return isinstance(kpi, Interval) and DIM in kpi.dims


def gaps(kpi: Kpi, seconds: Mapping[str, Sequence[int]]) -> list[Gap]:
    """Every group that somebody was in beside everybody else; `seconds` are the finished lengths by group."""
    groups = {group: sorted(lengths) for group, lengths in seconds.items() if lengths}
    special = {group for group in groups if group not in _ORDINARY}
    found = [_gap(kpi, "priority", special, groups)] if special else []
    return found + [_gap(kpi, group, {group}, groups) for group in NAMES if group in groups and group != "priority"]


def _gap(kpi: Kpi, group: str, those: set[str], groups: Mapping[str, Sequence[int]]) -> Gap:
    own = sorted(length for name in those for length in groups.get(name, ()))
    others = sorted(length for name, lengths in groups.items() if name not in those for length in lengths)
    value, beside = _median(kpi, own), _median(kpi, others)
    return Gap(
        group=group,
        n=shown(len(own)),
        value=value,
        p90=_percentile(kpi, own, 90),
        others_n=shown(len(others)),
        others=beside,
        by=None if value is None or beside is None else round(value - beside, 6),
    )


def shown(n: int) -> int | None:
    """A number of people as it may be shown: None for a few."""
    return None if 0 < n < LEAST else n


def _median(kpi: Kpi, ordered: Sequence[int]) -> float | None:
    return _percentile(kpi, ordered, 50)


def _percentile(kpi: Kpi, ordered: Sequence[int], percent: int) -> float | None:
    return in_unit(quantile(ordered, percent), UNIT_MS[kpi.unit]) if len(ordered) >= LEAST else None
