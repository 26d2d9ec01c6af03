"""Which published days late data touch: what came into the warehouse after a day's publication, and concerns something
of it, also when its message came to a feed before: a mended mapping has read it again, or the loader was away."""

from __future__ import annotations

import msgspec

from streams.house import HouseRules
from warehouse.client import Warehouse
from warehouse.mart_queries import stamp

# By the ids that an event names: the days whose rows are of one of them, and the day that the event itself tells of.
_TOUCHED = """
with
    published as (
        select day, max(heard_until) as known_until from publications
        where facility_id = {facility:String} and grain = 'day'
        group by day
    ),
    told as (
        select arrayJoin(arrayDistinct(arrayPushBack(links, subject))) as id, occurred_at, loaded_at
        from events
        where facility_id = {facility:String} and loaded_at > {since:DateTime64(3, 'UTC')}
            and not startsWith(event_type, 'feed.')
    ),
    by_id as (
        select id, max(loaded_at) as heard_at from told where id != '' group by id
    ),
    touched as (
        select day, max(by_id.heard_at) as heard_at, uniqExact(by_id.id) as n
        from (
            select distinct day, arrayJoin([scope_id, visit_id]) as id from stage_rows
            where facility_id = {facility:String} and day in (select day from published)
        ) as of_day
        inner join by_id on by_id.id = of_day.id
        inner join published on published.day = of_day.day
        where by_id.heard_at > published.known_until
        group by day
        union all
        select toDate(occurred_at, {zone:String}) as day, max(loaded_at) as heard_at, uniqExact(id) as n
        from told
        inner join published on published.day = toDate(told.occurred_at, {zone:String})
        where loaded_at > published.known_until
        group by day
    )
select toString(day) as day, toUnixTimestamp64Milli(max(heard_at)) as heard_ms, max(n) as subjects
from touched
group by touched.day
order by touched.day
"""


class LateDay(msgspec.Struct, frozen=True):
    """A published day that something heard later touches: when the last of it came, and about how many it is."""

    day: str
    heard_ms: int
    subjects: int


def late_days(warehouse: Warehouse, house: HouseRules, since_ms: int) -> list[LateDay]:
    """The published days to be closed again for what came into the warehouse since a real instant; oldest first."""
    asked = {"facility": house.facility_id, "zone": house.zone, "since": stamp(since_ms)}
    return [LateDay(**row) for row in warehouse.rows(_TOUCHED, asked)]
