"""How much each source tells of each department in an hour, and what days of this kind usually bring at this time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

import msgspec

from ingest.calendar import Calendar
from streams.house import HouseRules
from streams.usual import HOUR_MS, kind_of_day
from warehouse.client import Warehouse
from warehouse.mart_queries import stamp

_LOOK_BACK_DAYS, _MOST_DAYS, _LEAST_DAYS = 56, 8, 3
_DAY_MS = 24 * HOUR_MS


class DeptRate(msgspec.Struct, frozen=True):
    """Events of one source of one department: of the last 60 minutes, and of such hours on days of this kind."""

    source_system: str
    dept: str
    now: int
    usual: float | None = None  # None: too few days of this kind were heard
    days: int = 0


@cache
def _query() -> str:
    return Path(__file__).with_suffix(".sql").read_text("utf-8")


def feed_rates(warehouse: Warehouse, house: HouseRules, calendar: Calendar, at: int) -> list[DeptRate]:
    """The rates of an instant, by source and department."""
    since = [at - HOUR_MS, *(at - HOUR_MS - n * _DAY_MS for n in _days_alike(calendar, house.local_day(at)))]
    oldest = stamp(min(since) - 2 * _DAY_MS)  # of what was told long after it happened nothing is usual
    rows = warehouse.rows(_query(), {"facility": house.facility_id, "since": since, "oldest": oldest})
    return rates_of(rows)


def rates_of(rows: Iterable[dict[str, Any]]) -> list[DeptRate]:
    """Rates of what was counted; a day of which a source told nothing at all was not heard."""
    told: dict[tuple[str, str], dict[int, int]] = {}
    heard: dict[str, set[int]] = {}
    for row in rows:
        told.setdefault((row["source_system"], row["dept"]), {})[row["place"]] = row["n"]
        heard.setdefault(row["source_system"], set()).add(row["place"])
    found = []
    for (source, dept), counts in sorted(told.items()):
        before = [counts.get(place, 0) for place in heard[source] if place > 1]
        usual = median(before) if len(before) >= _LEAST_DAYS else None
        found.append(DeptRate(source, dept, counts.get(1, 0), usual, len(before)))
    return found


def _days_alike(calendar: Calendar, day: str) -> list[int]:
    """How many days ago the last days of this day's kind were."""
    kind, today = kind_of_day(calendar, day), date.fromisoformat(day)
    ago = range(1, _LOOK_BACK_DAYS + 1)
    return [n for n in ago if kind_of_day(calendar, (today - timedelta(days=n)).isoformat()) == kind][:_MOST_DAYS]
