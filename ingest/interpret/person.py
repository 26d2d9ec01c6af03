"""What may be known of a patient: an age band, never a birth date."""

from __future__ import annotations

from datetime import date

from ingest.events.codes import AgeBand
from ingest.interpret.times import Unreadable, read_date

_BELOW: tuple[tuple[int, AgeBand], ...] = ((14, "0-13"), (60, "14-59"), (65, "60-64"), (80, "65-79"), (90, "80-89"))


def age_band(born: str, on: date) -> AgeBand | None:
    """The age band on a day; None when the birth date is missing, unreadable or impossible."""
    try:
        birth = read_date(born)
    except Unreadable:
        return None
    years = on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))
    if years < 0 or birth.year < 1880:
        return None
    return next((band for limit, band in _BELOW if years < limit), "90+")


def age_band_of_years(years: str) -> AgeBand | None:
    """The age band of an age in years as told by a log."""
    try:
        age = int(float(years))
    except ValueError:
        return None
    return next((band for limit, band in _BELOW if age < limit), "90+") if 0 <= age < 150 else None
