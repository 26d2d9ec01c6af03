"""What the warehouse adds to the wall: checks of closed days that failed, how many usually arrive, what is told at all.

Asked for once a minute on a thread of its own; without a warehouse the wall lives on without them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import structlog

from board.wall import FailedCheck
from ingest.clock import load_clock
from ingest.errors import Misconfigured, Unavailable
from ingest.settings import Site
from streams.house import house_rules
from streams.measurable import Arrived
from warehouse.arrived import arrived
from warehouse.check_rows import failed_checks
from warehouse.client import QueryFailed, Warehouse, WarehouseSettings, connect
from warehouse.clock_offsets import ClockOffset, clock_offsets
from warehouse.desks import Desk, desks
from warehouse.feed_rates import DeptRate, feed_rates
from warehouse.history import usual

log = structlog.get_logger()
EVERY_S = 60.0
FEEDS_EVERY = 5
ARRIVED_EVERY = 15  # looks: two months of events are much to read


class Checks:
    """What was found at the last look. Reading it never waits."""

    def __init__(self, settings: WarehouseSettings, facility: str, site: Site | None = None) -> None:
        self._settings, self._facility, self._site = settings, facility, site
        self.offsets: tuple[ClockOffset, ...] = ()
        self.desks: tuple[Desk, ...] = ()
        self.rates: tuple[DeptRate, ...] = ()
        self._warehouse: Warehouse | None = None
        self.failed: tuple[FailedCheck, ...] = ()
        self.usual_arrivals: dict[int, tuple[float, float]] = {}
        self.arrived: Arrived | None = None
        self._looks = 0

    def warehouse(self) -> Warehouse:
        """The connection. Raises Unavailable or Misconfigured."""
        if self._warehouse is None:
            self._warehouse = connect(self._settings)
        return self._warehouse

    def run(self, today: Callable[[], str], stop: threading.Event) -> threading.Thread:
        """Look now and every minute."""

        def loop() -> None:
            while not stop.is_set():
                self.look(today())
                stop.wait(EVERY_S)

        thread = threading.Thread(target=loop, name="checks", daemon=True)
        thread.start()
        return thread

    def look(self, day: str) -> None:
        """One look; what cannot be had stays as it was."""
        try:
            rows = failed_checks(self.warehouse(), self._facility, day)
            self.failed = tuple(FailedCheck(**row) for row in rows)
            self.usual_arrivals = _band(usual(self.warehouse(), self._facility, "service_volume", day))
            if self._looks % ARRIVED_EVERY == 0:
                self.arrived = arrived(self.warehouse(), self._facility, day)
            if self._site is not None and self._looks % FEEDS_EVERY == 0:
                self._look_at_feeds(self._site, day)
            self._looks += 1
        except (Unavailable, Misconfigured, QueryFailed) as error:
            log.info("no warehouse", reason=type(error).__name__)

    def _look_at_feeds(self, site: Site, day: str) -> None:
        """Whose clock is off today, how desks enter their times, how much each feed tells of each department."""
        house = house_rules(site)
        self.offsets = tuple(clock_offsets(self.warehouse(), site, day))
        self.desks = tuple(desks(self.warehouse(), site, day))
        self.rates = tuple(feed_rates(self.warehouse(), house, house.calendar, load_clock().now_ms()))


def _band(hours: list[dict[str, Any]]) -> dict[int, tuple[float, float]]:
    """An hour's usual quartiles as a quarter of an hour's."""
    return {row["hour"]: (row["quartiles"][0] / 4, row["quartiles"][2] / 4) for row in hours if row["hour"] is not None}
