"""What the assets stand on: the hospital's site and its warehouse, named by the environment of the process."""

import os
from functools import cached_property

import dagster as dg

from ingest.settings import Site, load_site
from warehouse.client import Warehouse, WarehouseSettings, connect
from warehouse.day_lock import DayLock


def site_name() -> str:
    """The site of this process: HISPULSE_SITE, a name or a path."""
    return os.environ.get("HISPULSE_SITE", "demo")


class Hospital(dg.ConfigurableResource[None]):
    """One hospital: its site file, and a connection to its warehouse that is opened when first asked for."""

    site_file: str

    @cached_property
    def site(self) -> Site:
        """The loaded site file."""
        return load_site(self.site_file)

    @cached_property
    def warehouse(self) -> Warehouse:
        """A connection to the site's warehouse."""
        return connect(self.site.section("warehouse", WarehouseSettings))

    @cached_property
    def held(self) -> dict[str, DayLock]:
        """The days that this run builds."""
        return {}

    def hold(self, day: str) -> None:
        """Keep a day from being built by others until the run ends. Raises Unavailable when somebody builds it."""
        facility = self.site.hospital.facility_id
        self.held.setdefault(day, DayLock(self.warehouse, facility, day)).take()

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:  # noqa: ARG002 - Dagster gives it
        """However the run ended."""
        for lock in self.held.values():
            lock.give()
