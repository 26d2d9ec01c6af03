"""How many stage rows some days were built with: what is usual for days of a kind."""

from __future__ import annotations

from collections.abc import Sequence

from warehouse.client import Warehouse

_ROWS = """
select argMax(stage_rows, computed_at) as n from mart_builds
where facility_id = {facility:String} and has({days:Array(Date)}, day)
group by day
"""


def rows_of_days(warehouse: Warehouse, facility: str, days: Sequence[str]) -> list[int]:
    """Of those of the days that were built."""
    return [int(row["n"]) for row in warehouse.rows(_ROWS, {"facility": facility, "days": list(days)})]
