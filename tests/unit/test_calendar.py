"""A hospital's calendar: weekends, public holidays with their make-up days, half-days, and the days it names itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.calendar import Calendar, CalendarSettings, Kind, calendar_of
from ingest.errors import Misconfigured
from ingest.settings import load_site
from streams.house import house_rules
from tests.sites import demo_site
from tests.timeline import DAY, at

HOURS = ("08:00-12:00", "13:30-17:30")
MORNING = ("08:00-12:00",)
CHINA = Calendar(open_hours=HOURS, said=CalendarSettings(country="CN"))
OWN = Calendar(
    open_hours=HOURS,
    said=CalendarSettings(
        country="CN",
        days_off=("2026-11-05",), days_on=("2026-11-08", "2026-10-06"), half_days=("saturday", "2026-12-31"),
        hours={"2026-10-02": ("09:00-11:00",), "weekend": MORNING},
    ),
)  # fmt: skip


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        ("2026-09-30", "workday"),
        ("2026-10-01", "holiday"),
        ("2026-10-06", "holiday"),  # a bridging day, worked for on Sunday, 20 September
        ("2026-09-20", "makeup"),
        ("2026-10-10", "makeup"),
        ("2026-10-11", "weekend"),
        ("2025-01-28", "holiday"),  # the eve, a holiday since 2025
    ],
)
def test_public_holidays_come_with_the_weekend_days_that_make_up_for_them(day: str, kind: Kind) -> None:
    assert CHINA.kind(day) == kind
    assert CHINA.is_working_day(day) == (kind in ("workday", "makeup"))
    assert CHINA.is_known(day)
    assert CHINA.hours(day) == (() if kind == "holiday" else HOURS)
    assert bool(CHINA.holiday(day)[0]) == (kind == "holiday")


def test_a_hospital_that_follows_nobodys_holidays_knows_weekdays_and_weekends() -> None:
    assert Calendar(open_hours=HOURS).kind("2026-10-01") == "workday"
    assert Calendar(open_hours=HOURS).is_known("2090-10-01")


def test_of_a_year_that_nobody_has_arranged_only_the_law_is_known() -> None:
    assert (CHINA.kind("2090-10-01"), CHINA.is_known("2090-10-01")) == ("holiday", False)
    days = [f"2090-{month:02d}-{day:02d}" for month in range(1, 13) for day in (1, 9, 28)]
    assert "makeup" not in {CHINA.kind(day) for day in days}
    said = CalendarSettings(country="CN", years=(2090,), days_off=("2090-10-04",), days_on=("2090-10-08",))
    told = Calendar(said=said)
    assert (told.is_known("2090-10-04"), told.kind("2090-10-04"), told.kind("2090-10-08")) == (True, "closed", "makeup")


@pytest.mark.parametrize(
    ("day", "kind", "hours"),
    [
        ("2026-11-05", "closed", ()),
        ("2026-11-06", "workday", HOURS),
        ("2026-11-07", "weekend", MORNING),  # a Saturday
        ("2026-11-08", "makeup", HOURS),  # a Sunday that the hospital opens
        ("2026-10-10", "makeup", HOURS),  # a Saturday on which people make up is no half-day
        ("2026-10-06", "makeup", HOURS),  # opened in a holiday
        ("2026-10-02", "holiday", ("09:00-11:00",)),
        ("2026-12-31", "workday", MORNING),
    ],
)
def test_the_site_adds_closed_days_openings_half_days_and_other_hours(
    day: str, kind: Kind, hours: tuple[str, ...]
) -> None:
    assert (OWN.kind(day), OWN.hours(day)) == (kind, hours)
    assert OWN.hours(day, ("00:00-24:00",)) == ("00:00-24:00",), "an emergency department has no holidays"


def test_an_instant_is_open_within_the_hours_of_its_own_day() -> None:
    monday = Calendar(open_hours=HOURS, said=CalendarSettings(half_days=("2025-03-03",)))
    assert [monday.is_open(at(clock)) for clock in ("07:59", "08:00", "11:59", "12:00", "14:00")] == [
        False, True, True, False, False,
    ]  # fmt: skip
    assert CHINA.is_open(at("14:00"))
    assert monday.day_of(at("00:00")) == "2025-03-03"


def test_sessions_end_at_noon_on_half_days_and_departments_keep_hours_of_their_own() -> None:
    own = '[departments.X]\nzh = "甲"\nen = "X"\nopen_hours = ["09:00-11:00", "13:00-15:00"]'
    house = house_rules(demo_site(f'[calendar]\nhalf_days = ["{DAY}"]\n{own}'))
    assert house.session_closes_at("CARD", at("09:00")) == at("14:00")
    assert house.session_closes_at("X", at("09:30")) == at("13:00")
    assert house.session_closes_at("ED", at("09:00")) == at("26:00"), "who is there round the clock"
    assert house.session_closes_at("CARD", at("09:00", "2025-03-04")) == at("19:30", "2025-03-04")
    assert ("", 450, 720) in house.open_times(DAY) and ("", 810, 1050) not in house.open_times(DAY)


def test_days_of_a_kind_are_compared() -> None:
    assert CHINA.are_alike("2026-10-10", "2026-10-12"), "a make-up Saturday is a working day"
    assert not CHINA.are_alike("2026-10-10", "2026-10-11")
    assert not CHINA.are_alike("2026-10-01", "2026-10-11"), "a holiday is no Sunday"
    assert not OWN.are_alike("2026-12-31", "2026-12-30"), "half a day is no whole one"


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ('days_off = ["1 May"]', "line 6, [calendar] days_off: '1 May' is no date such as 2026-10-01."),
        ('half_days = ["someday"]', "line 6, [calendar] half_days: 'someday' is no date such as 2026-10-01."),
        ('hours.tuesday = ["08:00-12:00"]', 'hours are told as "08:00-12:00" of a date, weekend or holiday.'),
        ('hours.weekend = ["12:00-08:00"]', 'hours are told as "08:00-12:00" of a date, weekend or holiday.'),
        ('country = "FR"', "line 6, [calendar] country: Invalid enum value 'FR'."),
    ],
)
def test_what_is_no_day_and_no_hours_is_one_sentence(more: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text(f'[hospital]\nfacility_id = "H"\nzh = "医院"\nen = "H"\n[calendar]\n{more}\n', "utf-8")
    with pytest.raises(Misconfigured) as refused:
        calendar_of(load_site(str(path)))
    assert str(refused.value).endswith(sentence)


def test_an_ordinary_day_is_compared_with_its_weekday_and_any_other_with_its_kind() -> None:
    assert CHINA.like("2026-10-26", 4) == ("2026-09-28", "2026-10-12", "2026-10-19"), "the 5th was a holiday"
    assert CHINA.like("2026-10-01", 2) == ("2026-09-25",), "a holiday with holidays"
    assert CHINA.like("2026-10-10", 1) == ("2026-10-08", "2026-10-09"), "a make-up Saturday with working days"
