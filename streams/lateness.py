"""How many events came late, from what all shards published of their arrivals (streams/arrivals.py)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from itertools import accumulate
from typing import NamedTuple

from streams.arrivals import MINUTE_MS
from streams.cells import CellKey, Partial

BOUND_MINUTES = 10


class Came(NamedTuple):
    """Of all that came: how many count, how many of these were late, and how many were told in a batch."""

    n: int = 0
    late: int = 0
    batch: int = 0

    def plus(self, other: Came) -> Came:
        """Both together."""
        return Came(self.n + other.n, self.late + other.late, self.batch + other.batch)


def lates(
    cells: Iterable[tuple[CellKey, Partial]], day: str, first: int, end: int, dim: str, where: dict[str, str]
) -> dict[str, Came]:
    """What came on a day in slots `first` ≤ slot < `end`, by the value of a dimension ("" = all as one).

    What a source had told before is looked for on that day and the day before.
    """
    days = (day, (date.fromisoformat(day) - timedelta(days=1)).isoformat())
    near = [(key, part) for key, part in cells if key.day in days]
    before = _told_before(near)
    found: dict[str, Came] = {} if dim else {"": Came()}
    for key, part in near:
        named = dict(zip(("source_system", "event_type"), key.dims, strict=True))
        if key.day == day and first <= key.slot < end and where.items() <= named.items():
            group = named[dim] if dim else ""
            found[group] = found.get(group, Came()).plus(_came(part, before[key.dims[0]][key.slot]))
    return found


def _told_before(cells: Iterable[tuple[CellKey, Partial]]) -> dict[str, dict[int, int]]:
    """Source → slot → the minute of the latest that it had told when the slot began; 0: nothing."""
    latest: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for key, part in cells:
        of_source = latest[key.dims[0]]
        of_source[key.slot] = max(of_source[key.slot], part.latest)
    return {source: _each_before(dict(sorted(slots.items()))) for source, slots in latest.items()}


def _each_before(slots: dict[int, int]) -> dict[int, int]:
    before = accumulate([0, *slots.values()], max)
    return {slot: latest // MINUTE_MS for slot, latest in zip(slots, before, strict=False)}


def _came(part: Partial, told_before: int) -> Came:
    batch = part.excluded.get("batch", 0)
    late = sum(n for minute, n in part.told.items() if minute < told_before - BOUND_MINUTES)
    return Came(part.rows - batch, late, batch)
