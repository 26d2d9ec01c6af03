"""Reads what the checks of a day found, and those of the days before it."""

from __future__ import annotations

from datetime import date, timedelta

from ingest.errors import Misconfigured
from ingest.settings import Site
from orchestration.reports.checks import DAYS, Check, Checked, Course
from orchestration.reports.reading import hospital_of
from warehouse.check_rows import checked, checked_by_day, last_checked
from warehouse.client import Warehouse


def read_checks(warehouse: Warehouse, site: Site, day: str) -> Checked:
    """Everything that was checked of a day. Raises Misconfigured when nothing was."""
    facility = site.hospital.facility_id
    rows = checked(warehouse, facility, day)
    if not rows:
        last = last_checked(warehouse, facility, day)
        known = f" The last day that was: {last}." if last else ""
        raise Misconfigured(f"{day} was not checked: close it with `hispulse day close {day}`.{known}")
    first = (date.fromisoformat(day) - timedelta(days=DAYS - 1)).isoformat()
    checks = [Check(said=(row.pop("zh"), row.pop("en")), **row) for row in rows]
    courses = [
        Course(row["on_day"], row["family"], row["n"], row["withheld"], row["warned"], row["noted"])
        for row in checked_by_day(warehouse, facility, first, day)
    ]
    return Checked(hospital=hospital_of(site), day=day, checks=tuple(checks), before=tuple(courses))
