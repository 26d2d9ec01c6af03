"""What was delivered to whom: every attempt is a row, so that a failed one is seen and a done one is not done again."""

from __future__ import annotations

import msgspec

from warehouse.client import Warehouse
from warehouse.history import Row
from warehouse.mart_queries import stamp

_STANDING = """
select
    report, period, department, delivery, argMax(kind, at) as last_kind, count() as attempts,
    max(delivered) as is_delivered, argMax(why, at) as last_why, toUnixTimestamp64Milli(max(at)) as last_ms
from report_deliveries
where facility_id = {facility:String} and (empty({periods:Array(String)}) or has({periods:Array(String)}, period))
group by report, period, department, delivery
order by last_ms desc, report, department, delivery
limit 500
"""


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt: `why` is empty when it was delivered."""

    report: str
    period: str
    department: str
    delivery: str
    kind: str
    at_ms: int
    why: str = ""


def note(warehouse: Warehouse, facility: str, attempt: Attempt) -> None:
    """Write an attempt down."""
    told = msgspec.structs.asdict(attempt)
    at_ms = told.pop("at_ms")
    row = told | {"facility_id": facility, "at": stamp(at_ms), "delivered": not attempt.why}
    warehouse.insert_json("report_deliveries", msgspec.json.encode(row))


def standing(warehouse: Warehouse, facility: str, periods: tuple[str, ...] = ()) -> list[Row]:
    """How every delivery stands, the newest first: delivered once is delivered."""
    return warehouse.rows(_STANDING, {"facility": facility, "periods": list(periods)})
