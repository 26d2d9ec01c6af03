"""When a day is closed: at 06:00 of the next, hospital time; in a rehearsal as soon as its morning begins.

Jobs and schedules that are not resolved yet have no public type in Dagster, hence Any.
"""

from typing import Any

import dagster as dg
import msgspec

from ingest.bus import BusSettings
from ingest.clock import load_clock
from ingest.errors import Unavailable
from ingest.settings import Site
from orchestration.days import CLOSES_AT_HOUR, last_closed_day
from warehouse.loaded import ends_of_log, has_loaded


def closing_schedule(job: Any) -> Any:
    """Every day at 06:00 of the hospital's zone: close the day before."""
    return dg.build_schedule_from_partitioned_job(
        job, name="close_the_day", hour_of_day=CLOSES_AT_HOUR, default_status=dg.DefaultScheduleStatus.RUNNING
    )


class Waiting(msgspec.Struct, frozen=True):
    """What a rehearsed day waits for before it is closed: that the loader comes to where the log ended."""

    day: str
    looks: int = 0
    ends: dict[str, int] = {}
    asked: bool = False  # closing was asked for

    @classmethod
    def read(cls, cursor: str | None, day: str) -> "Waiting":
        """As it was left at the last look; of another day, anew."""
        known = msgspec.json.decode(cursor, type=cls) if cursor else cls(day)
        return known if known.day == day else cls(day)

    def look(self, bus: BusSettings) -> "Waiting":
        """One look at the log. Its end counts from the second on: views are polled, what they say comes after."""
        if self.looks == 0:
            return Waiting(self.day, 1)
        ends = self.ends or ends_of_log(bus)
        return Waiting(self.day, self.looks + 1, ends, has_loaded(bus, ends))


def rehearsal_sensor(job: Any, site: Site) -> dg.SensorDefinition:
    """Closes the day before by the rehearsal's own clock, once that runs and all that was told before is stored.

    Dagster's schedules know only real time; and yesterday is told in bulk, faster than the loader stores it.
    """
    bus = site.section("bus", BusSettings)

    @dg.sensor(
        job=job, name="close_the_rehearsed_day", minimum_interval_seconds=3,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )  # fmt: skip
    def close_the_rehearsed_day(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        clock = load_clock()
        if not clock.is_rehearsal or clock.rate == 0:
            return dg.SkipReason("the rehearsal's morning has not begun")
        day = last_closed_day(site, clock)
        try:
            known = Waiting.read(context.cursor, day)
            if known.asked:
                return dg.SkipReason("closed already")
            waiting = known.look(bus)
        except Unavailable as away:
            return dg.SkipReason(str(away))
        context.update_cursor(msgspec.json.encode(waiting).decode())
        if not waiting.asked:
            return dg.SkipReason("the loader has not stored all of the day yet")
        return dg.RunRequest(run_key=f"close:{day}", partition_key=day)

    return close_the_rehearsed_day
