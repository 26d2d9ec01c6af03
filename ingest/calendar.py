"""Which days are like others, and when the house is open on them: weekends, public holidays, make-up days, half-days.

China's public holidays and the weekend days on which people make up for them come from a library that is renewed each
year; [calendar] of the site file adds the hospital's own. Of a year whose arrangement nobody has entered yet only the
holidays of the law are taken, and `is_known` says so. Pure: a day is an ISO date, an instant is UTC milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from ingest.errors import Misconfigured
from ingest.settings import Site

Kind = Literal["workday", "makeup", "weekend", "holiday", "closed"]
KINDS: dict[Kind, tuple[str, str]] = {
    "workday": ("工作日", "working day"),
    "makeup": ("调休上班", "make-up working day"),
    "weekend": ("周末", "weekend"),
    "holiday": ("法定节假日", "public holiday"),
    "closed": ("全院停诊", "closed by the hospital"),
}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MINUTES_A_DAY = 24 * 60


class CalendarSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Section [calendar]: the days that are not like others. Who is open round the clock is so on each of them."""

    country: Literal["CN", ""] | None = None  # whose public holidays count: default "CN", in a rehearsal ""
    years: tuple[int, ...] = ()  # years that days_off and days_on tell in full, before our list knows them
    days_off: tuple[str, ...] = ()  # further days on which the hospital is closed, ISO dates
    days_on: tuple[str, ...] = ()  # days off by the calendar on which people work all the same
    half_days: tuple[str, ...] = ()  # dates, or "saturday": open for the first of the day's open_hours only
    hours: dict[str, tuple[str, ...]] = {}  # open hours of a date, or of each "weekend" or "holiday"; [] = closed


class Calendar(msgspec.Struct, frozen=True, kw_only=True):
    """The days of one hospital."""

    zone: str = "Asia/Shanghai"
    open_hours: tuple[str, ...] = ("00:00-24:00",)  # an ordinary day's, local
    said: CalendarSettings = CalendarSettings(country="")  # its country is told

    def kind(self, day: str) -> Kind:
        """What kind of day it is. A make-up day, or a day off that the site opens, is `makeup`."""
        is_free, is_made_up = date.fromisoformat(day).weekday() >= 5, False
        holiday = False
        if self.said.country:
            year = _year(int(day[:4]), self._is_arranged(day))
            holiday, is_made_up = day in year.holidays, day in year.made_up
        if day in self.said.days_off:
            return "closed"
        if day in self.said.days_on:
            return "makeup" if is_free or holiday else "workday"
        if holiday:
            return "holiday"
        return ("makeup" if is_made_up else "weekend") if is_free else "workday"

    def holiday(self, day: str) -> tuple[str, str]:
        """A public holiday's name in Chinese and English, as the government's list has it; empty of other days."""
        if self.kind(day) != "holiday":
            return "", ""
        return _year(int(day[:4]), self._is_arranged(day)).holidays[day]

    def is_half_day(self, day: str) -> bool:
        """Whether clinics are open for the first session only."""
        weekday = WEEKDAYS[date.fromisoformat(day).weekday()]
        return day in self.said.half_days or (
            weekday in self.said.half_days and self.kind(day) in ("workday", "weekend")
        )

    def is_working_day(self, day: str) -> bool:
        """Whether people work as on an ordinary weekday, half a day or a whole one."""
        return self.kind(day) in ("workday", "makeup")

    def is_known(self, day: str) -> bool:
        """Whether the year's holidays and make-up days have been arranged, or the site tells them itself."""
        return not self.said.country or self._is_arranged(day) or int(day[:4]) in self.said.years

    def are_alike(self, one: str, other: str) -> bool:
        """Whether two days may be compared: both working days, both weekends, both holidays; halves with halves."""
        return _manner(self.kind(one)) == _manner(self.kind(other)) and self.is_half_day(one) == self.is_half_day(other)

    def like(self, day: str, weeks: int) -> tuple[str, ...]:
        """The days of the weeks before to compare a day with: of its weekday where it is an ordinary one, else all of
        its kind. Oldest first."""
        on, is_ordinary = date.fromisoformat(day), self.kind(day) in ("workday", "weekend")
        earlier = [on - timedelta(days=back) for back in range(7 * weeks, 0, -1)]
        same = [each for each in earlier if not is_ordinary or each.weekday() == on.weekday()]
        return tuple(each.isoformat() for each in same if self.are_alike(each.isoformat(), day))

    def hours(self, day: str, usual: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """The open hours of a day, of whoever has these on ordinary days (default: the hospital). () = closed."""
        ordinary = self.open_hours if usual is None else usual
        if round_the_clock(ordinary):
            return ordinary
        if day in self.said.hours:
            return self.said.hours[day]
        kind = self.kind(day)
        if kind in ("holiday", "closed") and day not in self.said.half_days:
            return self.said.hours.get("holiday", ()) if kind == "holiday" else ()
        those = self.said.hours.get("weekend", ordinary) if kind == "weekend" else ordinary
        return those[:1] if self.is_half_day(day) else those

    @property
    def has_other_hours(self) -> bool:
        """Whether there are days that are open for other hours than ordinary ones."""
        return bool(self.said.half_days or any(self.said.hours.values()))

    def without_weekends(self) -> Calendar:
        """The same, closed on weekends that are not worked."""
        said = msgspec.structs.replace(self.said, hours={**self.said.hours, "weekend": ()})
        return msgspec.structs.replace(self, said=said)

    def is_open(self, at: int, usual: tuple[str, ...] | None = None) -> bool:
        """Whether an instant lies in the open hours of its day."""
        moment = self._local(at)
        minute = moment.hour * 60 + moment.minute
        return any(begins <= minute < ends for begins, ends in spans(self.hours(moment.date().isoformat(), usual)))

    def day_of(self, at: int) -> str:
        """The local date of an instant, ISO."""
        return self._local(at).date().isoformat()

    def _is_arranged(self, day: str) -> bool:
        return int(day[:4]) <= _last_arranged()

    def _local(self, at: int) -> datetime:
        return datetime.fromtimestamp(at / 1000, UTC).astimezone(ZoneInfo(self.zone))


def calendar_of(site: Site) -> Calendar:
    """The calendar of a site file. Raises Misconfigured naming the setting that is no date and no hours."""
    said = site.section("calendar", CalendarSettings)
    for key, days in (("days_off", said.days_off), ("days_on", said.days_on), ("half_days", said.half_days)):
        for day in days:
            if not _is_date(day) and not (key == "half_days" and day in WEEKDAYS):
                raise Misconfigured(f"{site.place('calendar', key)}: {day!r} is no date such as 2026-10-01.")
    for day, hours in said.hours.items():
        if not (_is_date(day) or day in ("weekend", "holiday")) or not all(_is_span(span) for span in hours):
            raise Misconfigured(
                f'{site.place("calendar.hours", day)}: hours are told as "08:00-12:00" of a date, weekend or holiday.'
            )
    if said.country is None:
        said = msgspec.structs.replace(said, country="" if site.hospital.rehearsal else "CN")
    return Calendar(zone=site.hospital.zone, open_hours=site.hospital.open_hours, said=said)


def spans(hours: tuple[str, ...]) -> list[tuple[int, int]]:
    """Hours such as "08:00-12:00" as minutes after midnight."""
    return [(minutes(begins), minutes(ends)) for begins, _, ends in (span.partition("-") for span in hours)]


def minutes(hhmm: str) -> int:
    """A time of the day in minutes after midnight; 24:00 is the next midnight."""
    hour, minute = hhmm.split(":")
    return int(hour) * 60 + int(minute)


def round_the_clock(hours: tuple[str, ...]) -> bool:
    """Whether the hours leave nothing out of a day."""
    return (0, _MINUTES_A_DAY) in spans(hours)


class _Year(msgspec.Struct, frozen=True):
    """A year's public holidays with their names, and its weekend days on which people work."""

    holidays: Mapping[str, tuple[str, str]]
    made_up: frozenset[str]


@lru_cache(maxsize=64)
def _year(year: int, is_arranged: bool) -> _Year:
    """What a year has. Of one that is not arranged yet only the law's own days are certain."""
    from holidays import country_holidays  # a tenth of a second that not every command needs

    zh, en = (country_holidays("CN", years=year, observed=is_arranged, language=each) for each in ("zh_CN", "en_US"))
    named = {day.isoformat(): (zh[day], en[day]) for day in zh if day.year == year}
    made_up = frozenset(day.isoformat() for day in zh.weekend_workdays if day.year == year)
    return _Year(named, made_up if is_arranged else frozenset())


@lru_cache(maxsize=1)
def _last_arranged() -> int:
    """The last year whose holidays and make-up days the government's list, as the library has it, arranges."""
    from holidays.countries.china import ChinaStaticHolidays

    return max(ChinaStaticHolidays.special_public_holidays)


def _manner(kind: Kind) -> str:
    return {"makeup": "workday", "closed": "holiday"}.get(kind, kind)


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_span(text: str) -> bool:
    try:
        return all(0 <= begins < ends <= _MINUTES_A_DAY for begins, ends in spans((text,)))
    except ValueError:
        return False
