"""Which event types the feeds tell: those of which anything came within two months. Reads only."""

from __future__ import annotations

from datetime import datetime

from ingest.clock import load_clock
from ingest.errors import Misconfigured, Unavailable
from ingest.settings import Site
from streams.kpis import catalogue
from streams.measurable import Arrived, lacking
from warehouse.client import QueryFailed, Warehouse, WarehouseSettings, connect

_ARRIVED = """
select groupUniqArray(toString(event_type)) as event_types, toUnixTimestamp64Milli(min(ingested_at)) as since,
    count() as n
from events
where facility_id = {facility:String} and toDate(occurred_at) between {day:Date} - 60 and {day:Date} + 1
"""


def arrived(warehouse: Warehouse, facility: str, day: str) -> Arrived:
    """What came up to a day, and since when."""
    [found] = warehouse.rows(_ARRIVED, {"facility": facility, "day": day})
    return Arrived(frozenset(found["event_types"]), found["since"] if found["n"] else None)


def not_told(warehouse: Warehouse, site: Site) -> dict[str, tuple[str, ...]]:
    """Of each KPI for which the site's feeds tell too little: what it needs."""
    now = load_clock().now_ms()
    today = datetime.fromtimestamp(now / 1000, site.zone).date().isoformat()
    known = arrived(warehouse, site.hospital.facility_id, today)
    return {kpi.code: needs for kpi in catalogue().values() if (needs := lacking(kpi, known, now))}


def not_told_where_known(site: Site) -> dict[str, tuple[str, ...]]:
    """The same; nothing where no warehouse answers."""
    try:
        return not_told(connect(site.section("warehouse", WarehouseSettings)), site)
    except (Unavailable, Misconfigured, QueryFailed):
        return {}
