"""The hospital's days as Dagster partitions, and which of them is closed when."""

from datetime import datetime, timedelta

import dagster as dg

from ingest.clock import Clock
from ingest.settings import Site

CLOSES_AT_HOUR = 6  # specification 1.3: day D is first closed at D+1 06:00 local
FIRST_DAY = "2010-01-01"  # a hospital that joins brings years of history along


def partitions(site: Site) -> dg.DailyPartitionsDefinition:
    """Every day of the hospital, in its own zone."""
    return dg.DailyPartitionsDefinition(start_date=FIRST_DAY, timezone=site.hospital.zone)


def local_now(site: Site, clock: Clock) -> datetime:
    """The hospital's local time, aware."""
    return datetime.fromtimestamp(clock.now_ms() / 1000, site.zone)


def last_closed_day(site: Site, clock: Clock) -> str:
    """The newest day that may be closed by now, ISO."""
    return (local_now(site, clock) - timedelta(days=1, hours=CLOSES_AT_HOUR)).date().isoformat()
