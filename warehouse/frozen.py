"""Periods that were reported to others: their values stay as they were, and what is told later stands beside them."""

from __future__ import annotations

import msgspec

from ingest.errors import Misconfigured
from streams.house import HouseRules
from warehouse.client import Warehouse
from warehouse.closed_days import covered
from warehouse.day_lock import DayLock
from warehouse.mart_queries import stamp
from warehouse.periods import Grain, Period

_FROZEN = """
select
    toString(grain) as grain, toString(first) as first, toString(last) as last,
    toUnixTimestamp64Milli(frozen_at) as frozen_ms, days, note
from frozen_periods
where facility_id = {facility:String}
order by frozen_periods.first, frozen_periods.last, frozen_at
limit 1 by grain, first
"""
_BUILT = """
select argMax(days, computed_at) as n_days, argMax(made_of, computed_at) as standing_of
from period_builds
where facility_id = {facility:String} and grain = {grain:String} and first = {first:Date}
"""


class Frozen(msgspec.Struct, frozen=True, kw_only=True):
    """A frozen period: since when, of how many published days it was made, and why somebody froze it."""

    grain: Grain
    first: str
    last: str
    frozen_ms: int
    days: int
    note: str

    @property
    def period(self) -> Period:
        """Which period it is."""
        return Period(self.grain, self.first, self.last)


def frozen_periods(warehouse: Warehouse, facility: str) -> dict[Period, Frozen]:
    """The frozen periods, oldest first; who froze one first froze it."""
    found = [msgspec.convert(row, Frozen) for row in warehouse.rows(_FROZEN, {"facility": facility})]
    return {each.period: each for each in found}


def freeze(
    warehouse: Warehouse, house: HouseRules, period: Period, note: str, now_ms: int, incomplete: bool = False
) -> Frozen:
    """Let a period's values be what they are for good. Raises Misconfigured saying why they cannot be yet."""
    with DayLock(warehouse, house.facility_id, period.name):
        if known := frozen_periods(warehouse, house.facility_id).get(period):
            return known
        days, made_of = _whole(warehouse, house, period, incomplete)
        row = {
            "facility_id": house.facility_id,
            "grain": period.grain,
            "first": period.first,
            "last": period.last,
            "frozen_at": stamp(now_ms),
            "made_of": made_of,
            "days": days,
            "note": note,
        }
        warehouse.insert_json("frozen_periods", msgspec.json.encode(row))
    return Frozen(grain=period.grain, first=period.first, last=period.last, frozen_ms=now_ms, days=days, note=note)


def _whole(warehouse: Warehouse, house: HouseRules, period: Period, incomplete: bool) -> tuple[int, str]:
    """Of how many days a period's mart was made, and of which builds."""
    asked = {"facility": house.facility_id, "grain": period.grain, "first": period.first}
    [built] = warehouse.rows(_BUILT, asked)
    now = covered(warehouse, house, period.first, period.last)
    if not built["n_days"]:
        raise Misconfigured(f"{period.name} has no values: close its days with `hispulse backfill` first.")
    if built["standing_of"] != now.made_of:
        raise Misconfigured(f"{period.name}: days were published since it was made; run `hispulse mart periods` first.")
    if (missing := period.days - len(now.days)) and not incomplete:
        raise Misconfigured(
            f"{period.name}: {missing} of its {period.days} days were never published; "
            "close them with `hispulse backfill`, or freeze it as it is with --incomplete."
        )
    return int(built["n_days"]), str(built["standing_of"])
