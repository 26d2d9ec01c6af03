"""The marts' own SQL over all days of a log at once: public logs span years, and a day's build costs seconds.

A build looks at its day and the weeks around it; here those windows are opened, everything told belongs to the one
build, and rows of every day are kept. Which rows come out is the SQL's affair, as in a build of one day.
"""

from __future__ import annotations

import re

from ingest.clock import real_now_ms
from ingest.settings import Site
from streams.house import house_rules
from streams.stages import stages
from warehouse.client import Warehouse
from warehouse.mart_queries import RELATIONS, parameters, query, stamp

_WINDOW = re.compile(r"interval \d+ day")
_ONE_DAY = "where row_day = {day:Date}"
_ANY_NUMBER_OF_DAYS = "\nsettings max_partitions_per_insert_block = 0"


def publish_all_days(warehouse: Warehouse, site: Site) -> int:
    """Stage rows of every day that the warehouse knows of, where readers look for them. Returns how many."""
    now_ms = real_now_ms()
    day = warehouse.rows("select toString(toDate(min(occurred_at))) as day from events")[0]["day"]
    params = parameters(house_rules(site), day, now_ms, now_ms)
    names = {relation: f"all_days_{relation}" for relation in RELATIONS}
    _take_everything(warehouse, day)
    try:
        for step in (*RELATIONS, *stages(), "stage_rows"):
            warehouse.command(_opened(step), {**params, **names})
    finally:
        for name in names.values():
            warehouse.command("drop table if exists {name:Identifier} sync", {"name": name})
    warehouse.command(f"insert into stage_rows select * from stage_rows_building{_ANY_NUMBER_OF_DAYS}")
    warehouse.command("truncate table stage_rows_building")
    told = {"facility": site.hospital.facility_id, "at": stamp(now_ms)}
    warehouse.command(
        "insert into mart_builds select {facility:String}, day, {at:DateTime64(3, 'UTC')}, {at:DateTime64(3, 'UTC')},"
        " 0, count(), 0, 0 from stage_rows group by day",
        told,
    )
    return int(warehouse.rows("select count() as n from stage_rows")[0]["n"])


def _take_everything(warehouse: Warehouse, day: str) -> None:
    """Every fact belongs to the build, in its last revision: each has one source here."""
    columns = warehouse.rows(
        "select name from system.columns where database = currentDatabase() and table = 'day_events'"
        " and name in (select name from system.columns where database = currentDatabase() and table = 'events')"
    )
    named = ", ".join(row["name"] for row in columns)
    warehouse.command(
        f"insert into day_events (build_day, {named}) select {{day:Date}}, {named} from"
        " (select * from events order by event_id, revision desc, ingested_at limit 1 by event_id) where op = 'assert'",
        {"day": day},
    )


def _opened(step: str) -> str:
    text = _WINDOW.sub("interval 9999 day", query(step))
    if step == "stage_rows":
        assert text.count(_ONE_DAY) == 1
        text = text.replace(_ONE_DAY, "where true") + _ANY_NUMBER_OF_DAYS
    return text
