"""What the rules need to know of the house: its days, its sessions, whom it believes, and how long is too long.

Made once from the site file; pure afterwards. Instants are UTC milliseconds.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from ingest.settings import Site

GRACE_MS = 2 * 3600 * 1000  # what is still open two hours after its session or business day is no longer waiting
_QUARTER_MS = 15 * 60 * 1000


class Rules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Section [rules]: where this hospital departs from the specification's guards."""

    skew_s: int = 120  # a negative length up to this, inclusive, is a difference of clocks and becomes 0
    ceilings_s: dict[str, int] = {}  # stage → longest length that still counts
    within_s: dict[str, int] = {}  # stage with a deadline → how long one has
    days_off: tuple[str, ...] = ()  # days of the week on which nobody works: public holidays, ISO dates
    days_on: tuple[str, ...] = ()  # days of the weekend on which people work all the same
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
    days_off: tuple[str, ...] = ()
    days_on: tuple[str, ...] = ()
    open_times: tuple[tuple[str, int, int], ...] = ()  # department ("" = the hospital), from and until, in minutes
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
        """Monday to Friday, but for the days that the site names."""
        return day in self.days_on or (date.fromisoformat(day).weekday() < 5 and day not in self.days_off)

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
        end = _wall(self.zone, day, self.session_ends.get(dept, self.session_end))
        return (end if start < end else _wall(self.zone, day, 24 * 60)) + GRACE_MS

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
        days_off=rules.days_off,
        days_on=rules.days_on,
        open_times=(
            *_stretches("", hospital.open_hours),
            *(t for code, dept in sorted(site.departments.items()) for t in _stretches(code, dept.open_hours or ())),
        ),
        baseline=rules.baseline or ("", ""),
    )


def _stretches(dept: str, open_hours: tuple[str, ...]) -> list[tuple[str, int, int]]:
    stretches = [hours.split("-") for hours in open_hours]
    return [(dept, _minutes(begins), _minutes(ends)) for begins, ends in stretches]


def _minutes(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


def last_end(open_hours: tuple[str, ...]) -> int:
    """The session end: the latest closing time, in minutes after local midnight."""
    return max((ends for _, _, ends in _stretches("", open_hours)), default=24 * 60)


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
