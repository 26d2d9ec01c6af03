"""Weeks, months, quarters and years: which one a day lies in, and what it is called. Weeks are ISO's, from Monday."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Literal, get_args

import msgspec

Grain = Literal["week", "month", "quarter", "year"]
GRAINS: tuple[Grain, ...] = get_args(Grain)


class Period(msgspec.Struct, frozen=True, order=True):
    """A stretch of whole days, both ends among them, ISO."""

    grain: Grain
    first: str
    last: str

    @property
    def days(self) -> int:
        """How many days it has."""
        return (date.fromisoformat(self.last) - date.fromisoformat(self.first)).days + 1

    def each_day(self) -> list[str]:
        """Its days, ISO."""
        first = date.fromisoformat(self.first)
        return [(first + timedelta(days=n)).isoformat() for n in range(self.days)]

    @property
    def name(self) -> str:
        """What people call it: 2026-W47, 2026-11, 2026-Q4, 2026."""
        first = date.fromisoformat(self.first)
        match self.grain:
            case "week":
                year, week, _ = first.isocalendar()
                return f"{year}-W{week:02d}"
            case "month":
                return f"{first:%Y-%m}"
            case "quarter":
                return f"{first:%Y}-Q{(first.month + 2) // 3}"
            case "year":
                return f"{first:%Y}"


def period_of(grain: Grain, day: str) -> Period:
    """The period of the calendar that a day lies in."""
    on = date.fromisoformat(day)
    match grain:
        case "week":
            first = on - timedelta(days=on.weekday())
            return Period(grain, first.isoformat(), (first + timedelta(days=6)).isoformat())
        case "month":
            first, months = on.replace(day=1), 1
        case "quarter":
            first, months = on.replace(month=(on.month - 1) // 3 * 3 + 1, day=1), 3
        case "year":
            first, months = on.replace(month=1, day=1), 12
    following = first.year * 12 + first.month - 1 + months
    last = date(following // 12, following % 12 + 1, 1) - timedelta(days=1)
    return Period(grain, first.isoformat(), last.isoformat())


def period_named(name: str) -> Period:
    """The period that people call so. Raises ValueError for what is none."""
    match re.fullmatch(r"(\d{4})(?:-(W\d{2}|Q[1-4]|\d{2}))?", name.upper()):
        case None:
            raise ValueError(name)
        case told:
            year, part = told.groups()
    if part is None:
        return period_of("year", f"{year}-01-01")
    if part[0] == "W":
        return period_of("week", date.fromisocalendar(int(year), int(part[1:]), 1).isoformat())
    if part[0] == "Q":
        return period_of("quarter", f"{year}-{int(part[1]) * 3:02d}-01")
    return period_of("month", date(int(year), int(part), 1).isoformat())


def periods_of(day: str) -> list[Period]:
    """All the periods that a day lies in."""
    return [period_of(grain, day) for grain in GRAINS]
