"""What the wall must know of the site: names, hours, targets, feeds. Made once from the site file."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import msgspec

from board.settings import BoardSettings
from ingest.calendar import Calendar, calendar_of
from ingest.feeds import FeedSettings, feed_settings
from ingest.settings import Department, Hospital, Site
from streams.alerts.says import Names, names
from streams.kpis.kpi import Target
from streams.targets import targets


class View(msgspec.Struct, frozen=True, kw_only=True):
    """The site as the board sees it."""

    hospital: Hospital
    calendar: Calendar
    departments: dict[str, Department] = {}
    targets: dict[str, Target] = {}
    feeds: dict[str, FeedSettings] = {}
    emergency: tuple[str, ...] = ()
    names: Names = Names()  # of what incidents are about

    @property
    def zone(self) -> ZoneInfo:
        """The hospital's time zone."""
        return ZoneInfo(self.hospital.zone)

    def hours(self, dept: str, day: str) -> tuple[str, ...]:
        """A department's open hours on a day, the hospital's where it says none."""
        known = self.departments.get(dept)
        return self.calendar.hours(day, (known.open_hours if known else None) or None)

    def name(self, dept: str) -> tuple[str, str]:
        """How a department is called, in both languages; "" is the hospital."""
        if not dept:
            return "全院", "Hospital"
        if dept == "?":
            return "未知科室", "Unknown"
        known = self.departments.get(dept)
        return (known.zh, known.en) if known is not None else (dept, dept)


def view_of(site: Site) -> View:
    """The view of a site. Raises Misconfigured."""
    return View(
        hospital=site.hospital,
        calendar=calendar_of(site),
        departments=dict(site.departments),
        targets=targets(site),
        feeds=feed_settings(site),
        emergency=site.section("board", BoardSettings).emergency,
        names=names(site),
    )
