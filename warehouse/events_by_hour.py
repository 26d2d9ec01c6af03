"""How many events of a day the warehouse has been told of, hour by hour."""

from __future__ import annotations

from streams.house import HouseRules
from warehouse.client import Warehouse
from warehouse.mart_queries import stamp

_COUNTED = """
select toHour(occurred_at, {zone:String}) as hour, uniqExact(event_id) as n from events
where facility_id = {facility:String} and occurred_at >= {begins:DateTime64(3, 'UTC')}
    and occurred_at < {ends:DateTime64(3, 'UTC')} and domain != 'control'
group by hour
"""


def events_by_hour(warehouse: Warehouse, house: HouseRules, day: str) -> tuple[float, ...]:
    """24 numbers, one for each local hour; however often a fact was told, it counts once."""
    asked = {"facility": house.facility_id, "zone": house.zone}
    asked |= {"begins": stamp(house.instant(day, 0)), "ends": stamp(house.instant(day, 24 * 60))}
    found = {row["hour"]: float(row["n"]) for row in warehouse.rows(_COUNTED, asked)}
    return tuple(found.get(hour, 0.0) for hour in range(24))
