"""What the rules need to know of the house: its days, its sessions, whom it believes, and how long is too long.

Made once from the site file; pure afterwards. Instants are UTC milliseconds.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from ingest.calendar import Calendar, calendar_of, spans
from ingest.settings import Site

GRACE_MS = 2 * 3600 * 1000  # what is still open two hours after its session or business day is no longer waiting
_QUARTER_MS = 15 * 60 * 1000


class Rules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Section [rules]: where this hospital departs from the specification's guards."""

    skew_s: int = 120  # a negative length up to this, inclusive, is a difference of clocks and becomes 0
    ceilings_s: dict[str, int] = {}  # stage → longest length that still counts
    within_s: dict[str, int] = {}  # stage with a deadline → how long one has
    baseline: tuple[str, str] | None = None  # first and last day of the stretch with which reductions compare


class HouseRules(msgspec.Struct, frozen=True, kw_only=True):
    """The site as the rules see it."""

    facility_id: str = ""
    zone: str = "Asia/Shanghai"
    session_end: int = 17 * 60 + 30  # minutes after local midnight
    session_ends: dict[str, int] = {}  # department → the same, where it differs
    source_priority: tuple[str, ...] = ()
    skew_ms: int = 120_000
    ceilings_s: dict[str, int] = {}
    deadlines_s: dict[str, int] = {}
    calendar: Calendar = Calendar()
    own_hours: dict[str, tuple[str, ...]] = {}  # department → its open hours on ordinary days, where they differ
    baseline: tuple[str, str] = ("", "")

    def within_s(self, stage: str, usual: int | None) -> int:
        """How long one has in a stage with a deadline, in seconds."""
        return self.deadlines_s.get(stage, usual or 0)

    def local_day(self, at: int) -> str:
        """The local date of an instant, ISO."""
        return _local_day(self.zone, at // _QUARTER_MS)

    def instant(self, day: str, minute: int) -> int:
        """A wall-clock time of a local day, in minutes after midnight, as UTC ms."""
        return _wall(self.zone, day, minute)

    def day_closes_at(self, day: str) -> int:
        """The end of a local day plus two hours: when a business day's open rows stop being open."""
        return _wall(self.zone, day, 24 * 60) + GRACE_MS

    def is_working_day(self, day: str) -> bool:
        """Monday to Friday and the make-up days, but for public holidays and what the site says of a day."""
        return self.calendar.is_working_day(day)

    def working_ms(self, start: int, end: int) -> int:
        """How much of a stretch of time lies in working days, 24 hours of each."""
        total, day = 0, date.fromisoformat(self.local_day(start))
        while (begins := _wall(self.zone, day.isoformat(), 0)) < end:
            if self.is_working_day(day.isoformat()):
                total += min(end, _wall(self.zone, day.isoformat(), 24 * 60)) - max(start, begins)
            day += timedelta(days=1)
        return total

    def end_of_next_day(self, at: int) -> int:
        """The midnight that ends the local day after that of an instant."""
        day = date.fromisoformat(self.local_day(at)) + timedelta(days=1)
        return _wall(self.zone, day.isoformat(), 24 * 60)

    def session_closes_at(self, dept: str, start: int) -> int:
        """Session end of the start's local day in a department + 2 h; end of the day + 2 h where it began later."""
        day = _local_day(self.zone, start // _QUARTER_MS)
        end = _wall(self.zone, day, self.session_end_on(day, dept))
        return (end if start < end else _wall(self.zone, day, 24 * 60)) + GRACE_MS

    def session_end_on(self, day: str, dept: str = "") -> int:
        """When a department's last session of a day ends, in minutes; a closed day's would end as on any other."""
        ordinary = self.session_ends.get(dept, self.session_end)
        if not self.calendar.has_other_hours:
            return ordinary
        usual = self.own_hours.get(dept, self.calendar.open_hours)
        hours = self.calendar.hours(day, usual)
        return ordinary if hours == usual else last_end(hours) if hours else ordinary

    def open_times(self, day: str) -> tuple[tuple[str, int, int], ...]:
        """Who is open when on a day: department ("" = the hospital and all that have no hours), from, until."""
        by_dept = {"": self.calendar.open_hours, **self.own_hours}
        return tuple(
            (dept, *span) for dept, usual in by_dept.items() for span in spans(self.calendar.hours(day, usual))
        )

    def hour_of(self, at: int) -> int:
        """The local hour of an instant, 0–23."""
        return _hour(self.zone, at // _QUARTER_MS)


def house_rules(site: Site) -> HouseRules:
    """The house of a site file."""
    hospital, rules = site.hospital, site.section("rules", Rules)
    return HouseRules(
        facility_id=hospital.facility_id,
        zone=hospital.zone,
        session_end=last_end(hospital.open_hours),
        session_ends={code: last_end(d.open_hours) for code, d in site.departments.items() if d.open_hours},
        source_priority=hospital.source_priority,
        skew_ms=rules.skew_s * 1000,
        ceilings_s=rules.ceilings_s,
        deadlines_s=rules.within_s,
        calendar=calendar_of(site),
        own_hours={code: d.open_hours for code, d in sorted(site.departments.items()) if d.open_hours},
        baseline=rules.baseline or ("", ""),
    )


def last_end(open_hours: tuple[str, ...]) -> int:
    """The session end: the latest closing time, in minutes after local midnight."""
    return max((ends for _, ends in spans(open_hours)), default=24 * 60)


@lru_cache(maxsize=4096)
def _local_day(zone: str, quarter: int) -> str:
    """The local date of a quarter of an hour (no zone's offset changes within one)."""
    return datetime.fromtimestamp(quarter * _QUARTER_MS / 1000, ZoneInfo(zone)).date().isoformat()


@lru_cache(maxsize=4096)
def _hour(zone: str, quarter: int) -> int:
    return datetime.fromtimestamp(quarter * _QUARTER_MS / 1000, ZoneInfo(zone)).hour


@lru_cache(maxsize=4096)
def _wall(zone: str, day: str, minute: int) -> int:
    """A wall-clock time of a local day, UTC ms; minute 1440 is the next midnight."""
    midnight = datetime.combine(date.fromisoformat(day), datetime.min.time())
    local = (midnight + timedelta(minutes=minute)).replace(tzinfo=ZoneInfo(zone))
    return int(local.astimezone(UTC).timestamp()) * 1000
