"""The days whose marts were made after they were over: those are published; a day still running is only looked at."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import msgspec

from streams.house import HouseRules
from warehouse.client import Warehouse
from warehouse.periods import Period, periods_of

_BUILT = """
select
    toString(day) as day,
    toUnixTimestamp64Milli(argMax(as_of, computed_at)) as as_of_ms,
    toUnixTimestamp64Milli(max(computed_at)) as built_ms
from mart_builds
where facility_id = {facility:String} and mart_builds.day >= {first:Date} and mart_builds.day <= {last:Date}
group by mart_builds.day
order by mart_builds.day
"""

EARLIEST, LATEST = "1970-01-02", "2148-12-31"  # within what a Date of ClickHouse holds


class BuiltDay(msgspec.Struct, frozen=True):
    """The build of a day that stands: as of when it was judged, and when it was made."""

    day: str
    as_of_ms: int
    built_ms: int


class Covered(msgspec.Struct, frozen=True):
    """Which days of a stretch were published, and which have marts without having been over."""

    days: tuple[BuiltDay, ...]
    left_out: tuple[str, ...]

    @property
    def as_of_ms(self) -> int:
        """As of when the last of them was judged."""
        return max(built.as_of_ms for built in self.days)

    @property
    def made_of(self) -> str:
        """Which builds of which days, as a hash."""
        told = ";".join(f"{built.day}:{built.built_ms}" for built in self.days)
        return hashlib.sha256(told.encode()).hexdigest()[:16]


def is_over(house: HouseRules, day: str, as_of_ms: int) -> bool:
    """Whether a day was over at an instant."""
    return as_of_ms >= house.instant(day, 24 * 60)


def covered(warehouse: Warehouse, house: HouseRules, first: str = EARLIEST, last: str = LATEST) -> Covered:
    """The days of a stretch that have marts."""
    asked = {"facility": house.facility_id, "first": first, "last": last}
    return _sorted_out(house, (BuiltDay(**row) for row in warehouse.rows(_BUILT, asked)))


def by_period(known: Covered) -> dict[Period, Covered]:
    """The same days, by the week, month, quarter and year that each lies in; one without published days is none."""
    days: dict[Period, list[BuiltDay]] = {}
    left_out: dict[Period, list[str]] = {}
    for built in known.days:
        for period in periods_of(built.day):
            days.setdefault(period, []).append(built)
    for day in known.left_out:
        for period in periods_of(day):
            left_out.setdefault(period, []).append(day)
    return {period: Covered(tuple(found), tuple(left_out.get(period, ()))) for period, found in days.items()}


def _sorted_out(house: HouseRules, built: Iterable[BuiltDay]) -> Covered:
    known = tuple(built)
    over = tuple(each for each in known if is_over(house, each.day, each.as_of_ms))
    return Covered(over, tuple(each.day for each in known if each not in over))
