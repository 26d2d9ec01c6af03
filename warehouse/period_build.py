"""Days' marts one after the other: each tells how it went, and what failed is known at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

import msgspec

from ingest.errors import Misconfigured, Unavailable
from warehouse.client import QueryFailed
from warehouse.marts import DayReport


class Failed(msgspec.Struct, frozen=True):
    """A day that could not be built: it is as it was before."""

    day: str
    why: str


def days_between(first: str, last: str) -> list[str]:
    """The days of a period, both ends among them. Raises Misconfigured when it ends before it begins."""
    begins, ends = date.fromisoformat(first), date.fromisoformat(last)
    if ends < begins:
        raise Misconfigured(f"The period from {first} to {last} ends before it begins: exchange --from and --to.")
    return [(begins + timedelta(days=n)).isoformat() for n in range((ends - begins).days + 1)]


def build_days(
    days: Sequence[str], build: Callable[[str], DayReport], tell: Callable[[DayReport | Failed], None]
) -> list[Failed]:
    """Build each day and tell how it went; the days that failed. A failure of one is no reason to leave out others."""
    failed: list[Failed] = []
    for day in days:
        told: DayReport | Failed
        try:
            told = build(day)
        except (QueryFailed, Unavailable) as error:
            told = Failed(day, str(error))
            failed.append(told)
        tell(told)
    return failed
