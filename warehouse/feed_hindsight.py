"""The feeds' own rule in hindsight: what was heard minute by minute, and the incidents that it would have raised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import NamedTuple

from ingest.feeds import FeedSettings
from ingest.settings import Site
from streams.alerts.incident import Incident
from streams.alerts.past_feeds import Minute, PastFeeds
from streams.alerts.readings import watched
from streams.alerts.rule import Rule
from streams.house import HouseRules
from warehouse.client import Warehouse

_LAST_BEFORE = """
select source_system, toUnixTimestamp64Milli(max(ingested_at)) as heard_at from events
where facility_id = {facility:String} and domain != 'control'
    and ingested_at < fromUnixTimestamp64Milli({begins:Int64}, 'UTC')
group by source_system order by source_system
"""


class Listened(NamedTuple):
    """The rule of the feeds, and the feeds, as they are or as they might be."""

    rule: Rule
    feeds: Mapping[str, FeedSettings]


@cache
def _query() -> str:
    return (Path(__file__).parent / "heard_by_minute.sql").read_text("utf-8")


def raised_by_feeds(
    warehouse: Warehouse, site: Site, ways: Mapping[str, Listened], first: str, last: str, now: int
) -> tuple[int, dict[str, list[Incident]]]:
    """On how many days from `first` to `last` any source was heard, and what each way would have raised until `now`."""
    of = watched(site)
    before = [Minute(**row) for row in warehouse.rows(_LAST_BEFORE, _asked(of.house, first))]
    courses = {name: PastFeeds(of, way.rule, way.feeds, before) for name, way in ways.items()}
    days_heard = 0
    for day in _days(first, last):
        minutes = [Minute(**row) for row in warehouse.rows(_query(), _asked(of.house, day))]
        days_heard += bool(minutes)
        for course in courses.values():
            course.live_through(day, minutes, now)
    return days_heard, {name: course.incidents for name, course in courses.items()}


def _asked(house: HouseRules, day: str) -> dict[str, object]:
    return {"facility": house.facility_id, "begins": house.instant(day, 0), "ends": house.instant(day, 24 * 60)}


def _days(first: str, last: str) -> Iterator[str]:
    day = date.fromisoformat(first)
    while day <= date.fromisoformat(last):
        yield day.isoformat()
        day += timedelta(days=1)
