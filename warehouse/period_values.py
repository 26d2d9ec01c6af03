"""What the marts say of a stretch of days: of a week, month, quarter or year, or of any days, worked out on asking."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from ingest.clock import real_now_ms
from streams.house import HouseRules
from streams.kpis.kpi import Kpi
from warehouse.client import Warehouse
from warehouse.closed_days import Covered, covered
from warehouse.history import Row, values_of
from warehouse.mart_queries import kpi_parameters, kpi_query, of_values, over_days
from warehouse.periods import Period

_BUILT = """
select argMax(days, computed_at) as n_days, argMax(made_of, computed_at) as standing_of
from period_builds
where facility_id = {facility:String} and grain = {grain:String} and first = {first:Date}
"""


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """How complete the mart of a period is: of its days those it was made of, and whether it is still what they say."""

    days: int
    published_days: int
    missing: tuple[str, ...] = ()
    is_outdated: bool = False


def values_of_period(
    warehouse: Warehouse, house: HouseRules, kpi: Kpi, period: Period, by: str | None
) -> tuple[Coverage, list[Row]]:
    """The values of a period as its mart has them, and how complete it is."""
    found = warehouse.rows(_BUILT, {"facility": house.facility_id, "grain": period.grain, "first": period.first})[0]
    now = covered(warehouse, house, period.first, period.last)
    published = {built.day for built in now.days}
    coverage = Coverage(
        days=period.days,
        published_days=found["n_days"],
        missing=tuple(day for day in period.each_day() if day not in published),
        is_outdated=bool(now.days) and found["standing_of"] != now.made_of,
    )
    rows = values_of(warehouse, "period_values", house.facility_id, kpi.code, period.grain, period.first, by=by)
    return coverage, rows


def values_over(
    warehouse: Warehouse, house: HouseRules, kpi: Kpi, first: str, last: str, by: str | None,
    without: Sequence[str] = (),
) -> tuple[Covered, list[Row]]:  # fmt: skip
    """The values over the rows of all published days of a stretch (but those `without`), and which days those are."""
    days = covered(warehouse, house, first, last)
    if not days.days:
        return days, []
    asked: dict[str, Any] = of_values(house, days.as_of_ms, real_now_ms()) | kpi_parameters(kpi)
    asked |= over_days("stage_rows", "days", first, last, (*days.left_out, *without)) | {
        "cuts_of": [[[by] if by else []]]
    }
    rows = warehouse.rows(f"select * from (\n{kpi_query(kpi)}\n) order by series, toString(dims)", asked)
    return days, [{name: value for name, value in row.items() if name not in _OF_THE_BUILD} for row in rows]


_OF_THE_BUILD = {"facility_id", "kpi", "grain", "day", "hour", "computed_at", "as_of"}
