"""Two checks of our own: whether a day has about as many rows as its like, and whether the newest day is there.

Dagster's freshness policies look at when an asset was last made, whatever the day; these look at the days themselves.
They warn, and withhold nothing: a quiet day may be true.
"""

from statistics import median
from typing import Any

import dagster as dg

from expectations.comparable import LEAST, WEEKS
from ingest.clock import load_clock
from orchestration.assets import POOL, PUBLISHED, ROWS
from orchestration.days import last_closed_day
from orchestration.resources import Hospital
from streams.house import house_rules
from warehouse.beside import Beside
from warehouse.closed_days import covered
from warehouse.rows_of_days import rows_of_days

NEWEST = dg.AssetCheckKey(PUBLISHED, "newest_day")
_SHARE = (0.5, 2.0)


def volume_checks() -> list[dg.AssetChecksDefinition]:
    """Both checks."""
    return [_volume_check(), _newest_check()]


def freshness_job() -> Any:
    """The job that looks whether the newest day is there, whatever else ran; Dagster has no public type for it."""
    return dg.define_asset_job("look_for_the_newest_day", selection=dg.AssetSelection.checks(NEWEST))


def freshness_schedule(job: Any, zone: str) -> dg.ScheduleDefinition:
    """At half past eight: by then the day before should have been published."""
    return dg.ScheduleDefinition(
        name="look_each_morning_for_the_newest_day", job=job, cron_schedule="30 8 * * *", execution_timezone=zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )  # fmt: skip


def _volume_check() -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=ROWS, name="volume", pool=POOL, description="数据量与同类日相当 · About as many rows as its like"
    )
    def volume(context: dg.AssetCheckExecutionContext, hospital: Hospital) -> dg.AssetCheckResult:
        house, day = house_rules(hospital.site), context.partition_key
        rows = sum(count or 0 for count in Beside(hospital.warehouse, house, day).rows_by_hour())
        like = house.calendar.like(day, WEEKS)
        known = rows_of_days(hospital.warehouse, house.facility_id, like)
        usual = median(known) if len(known) >= LEAST else None
        is_usual = usual is None or _SHARE[0] * usual <= rows <= _SHARE[1] * usual
        said = f"{rows:,.0f} rows; {len(known)} {house.calendar.kind(day)} days like it have {usual or 0:,.0f}"
        return dg.AssetCheckResult(
            passed=is_usual, severity=dg.AssetCheckSeverity.WARN,
            description=said if usual is not None else f"{rows:,.0f} rows; too few days like it to compare with",
            metadata={"rows": int(rows), "days compared": len(known), "kind of day": house.calendar.kind(day)},
        )  # fmt: skip

    return volume


def _newest_check() -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=PUBLISHED, name="newest_day", description="最近一日已结账 · The newest closed day is published"
    )
    def newest_day(hospital: Hospital) -> dg.AssetCheckResult:
        house, day = house_rules(hospital.site), last_closed_day(hospital.site, load_clock())
        is_there = bool(covered(hospital.warehouse, house, day, day).days)
        return dg.AssetCheckResult(
            passed=is_there, severity=dg.AssetCheckSeverity.WARN,
            description=f"{day} is {'published' if is_there else f'not published: hispulse day close {day}'}",
        )  # fmt: skip

    return newest_day
