"""When a day is closed: at 06:00 of the next, hospital time; in a rehearsal as soon as its morning begins.

Jobs and schedules that are not resolved yet have no public type in Dagster, hence Any.
"""

from typing import Any

import dagster as dg

from ingest.clock import load_clock, real_now_ms
from ingest.settings import Site
from orchestration.days import CLOSES_AT_HOUR, last_closed_day
from orchestration.resources import Hospital
from streams.house import house_rules
from warehouse.late import late_days

_WEEK_MS = 7 * 24 * 3600 * 1000


def closing_schedule(job: Any) -> Any:
    """Every day at 06:00 of the hospital's zone: close the day before."""
    return dg.build_schedule_from_partitioned_job(
        job, name="close_the_day", hour_of_day=CLOSES_AT_HOUR, default_status=dg.DefaultScheduleStatus.RUNNING
    )


def late_schedule(job: Any, site: Site) -> dg.ScheduleDefinition:
    """Every morning, after the day before: close again what late data touch, and nothing else."""

    @dg.schedule(
        job=job, name="close_again_what_late_data_touch", cron_schedule="0 7 * * *",
        execution_timezone=site.hospital.zone, default_status=dg.DefaultScheduleStatus.RUNNING,
    )  # fmt: skip
    def close_again_what_late_data_touch(hospital: Hospital) -> list[dg.RunRequest]:
        return late_requests(hospital, real_now_ms())

    return close_again_what_late_data_touch


def late_requests(hospital: Hospital, now_ms: int) -> list[dg.RunRequest]:
    """A run for each published day that something heard within a week touches; once for the same late data.

    `now_ms` is real: what came late is known by when it came into the warehouse."""
    found = late_days(hospital.warehouse, house_rules(hospital.site), now_ms - _WEEK_MS)
    return [dg.RunRequest(run_key=f"late:{late.day}:{late.heard_ms}", partition_key=late.day) for late in found]


def rehearsal_sensor(job: Any, site: Site) -> dg.SensorDefinition:
    """Closes the day before by the rehearsal's own clock, once that runs: Dagster's schedules know only real time."""

    @dg.sensor(
        job=job, name="close_the_rehearsed_day", minimum_interval_seconds=3,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )  # fmt: skip
    def close_the_rehearsed_day(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        clock = load_clock()
        if not clock.is_rehearsal or clock.rate == 0:
            return dg.SkipReason("the rehearsal's morning has not begun")
        day = last_closed_day(site, clock)
        if context.cursor != day:  # views are polled: what they say of the day comes after the first look
            context.update_cursor(day)
            return dg.SkipReason("the views' last rows are on their way")
        return dg.RunRequest(run_key=f"close:{day}", partition_key=day)

    return close_the_rehearsed_day
