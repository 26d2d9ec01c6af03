"""How far the clocks of two sources are apart, by facts of which one comes before the other: a call before the visit.

Of two such facts from two sources the time between is the true one, never negative, plus what the later source's clock
is ahead. So the least of many is a bound from above; facts in the other direction bound it from below. The truth lies
between the two, and only where nought does not is a clock certainly wrong. Occurred times are never changed by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from ingest.settings import Site
from streams.house import house_rules
from warehouse.client import Warehouse
from warehouse.mart_queries import stamp

LEAST = 20  # of fewer pairs nothing is said
_DAY_MS = 24 * 3_600_000
# (what comes before, what comes after, told of one and the same …)
CAUSES: tuple[tuple[str, str, str], ...] = (
    ("registration.created", "patient.checked_in", "visit"),
    ("registration.created", "queue.joined", "visit"),
    ("patient.checked_in", "queue.joined", "visit"),
    ("queue.joined", "consultation.started", "visit"),
    ("queue.called", "consultation.started", "visit"),
    ("ed.arrived", "triage.completed", "visit"),
    ("consultation.started", "order.placed", "visit"),
    ("consultation.started", "prescription.submitted", "visit"),
    ("order.placed", "specimen.collected", "subject"),
    ("order.placed", "specimen.received", "subject"),
    ("order.placed", "exam.started", "subject"),
    ("specimen.collected", "specimen.received", "subject"),
    ("specimen.received", "report.issued", "subject"),
    ("exam.started", "report.issued", "subject"),
    ("critical_value.raised", "critical_value.acknowledged", "subject"),
    ("bill.created", "bill.paid", "subject"),
    ("prescription.submitted", "prescription.reviewed", "subject"),
    ("prescription.reviewed", "dispensing.prepared", "subject"),
    ("dispensing.prepared", "dispensing.dispensed", "subject"),
)


class ClockOffset(msgspec.Struct, frozen=True, kw_only=True):
    """How far the second source's clock is ahead of the first's: between two bounds, as far as there are any."""

    first: str
    second: str
    at_least_s: float | None = None
    at_most_s: float | None = None
    pairs: int = 0
    by: tuple[str, ...] = ()  # the kinds of facts that gave the bounds

    @property
    def estimate_s(self) -> float | None:
        """The middle, where both bounds are known."""
        if self.at_least_s is None or self.at_most_s is None:
            return None
        return (self.at_least_s + self.at_most_s) / 2

    @property
    def bounds(self) -> str:
        """The bounds in seconds, as people read them."""
        if self.at_least_s is not None and self.at_most_s is not None:
            return f"{self.at_least_s:+.0f} ~ {self.at_most_s:+.0f}"
        return f"≥ {self.at_least_s:+.0f}" if self.at_least_s is not None else f"≤ {self.at_most_s:+.0f}"

    @property
    def is_off(self) -> bool:
        """Whether the two clocks cannot be the same: nought lies outside the bounds by more than a second."""
        ahead = self.at_least_s is not None and self.at_least_s > 1.0
        return ahead or (self.at_most_s is not None and self.at_most_s < -1.0)

    @property
    def least_off_s(self) -> float:
        """By how much they are apart at least; 0 when they may be the same."""
        return max(self.at_least_s or 0.0, -(self.at_most_s or 0.0), 0.0) if self.is_off else 0.0


@cache
def _query() -> str:
    return Path(__file__).with_suffix(".sql").read_text("utf-8")


def clock_offsets(warehouse: Warehouse, site: Site, day: str) -> list[ClockOffset]:
    """The offsets of all sources that share facts on a day, the worst first."""
    house = house_rules(site)
    since = house.instant(day, 0)
    types = sorted({name for before, after, _ in CAUSES for name in (before, after)})
    asked: dict[str, Any] = {"facility": house.facility_id, "types": types, "pairs": list(CAUSES), "least": LEAST}
    asked |= {"since": stamp(since), "until": stamp(since + _DAY_MS)}
    return combined(warehouse.rows(_query(), asked))


def combined(rows: Iterable[dict[str, Any]]) -> list[ClockOffset]:
    """Bounds of the same two sources taken together."""
    by_pair: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        by_pair.setdefault((min(row["earlier"], row["later"]), max(row["earlier"], row["later"])), []).append(row)
    found = [_of_two(*pair, told) for pair, told in by_pair.items()]
    return sorted(found, key=lambda each: (-each.least_off_s, each.first, each.second))


def _of_two(first: str, second: str, rows: Sequence[dict[str, Any]]) -> ClockOffset:
    above = min((row for row in rows if row["later"] == second), key=_least, default=None)
    below = min((row for row in rows if row["later"] == first), key=_least, default=None)
    told = [row for row in (below, above) if row is not None]
    return ClockOffset(
        first=first,
        second=second,
        at_least_s=None if below is None else -below["least_ms"] / 1000,
        at_most_s=None if above is None else above["least_ms"] / 1000,
        pairs=sum(row["n"] for row in rows),
        by=tuple(f"{row['before']} → {row['after']}" for row in told),
    )


def _least(row: dict[str, Any]) -> float:
    return float(row["least_ms"])
