"""The calendar's periods: which one a day lies in, where it begins and ends, and what people call it."""

import pytest

from warehouse.periods import GRAINS, Grain, period_of, periods_of


@pytest.mark.parametrize(
    ("grain", "day", "first", "last", "name"),
    [
        ("week", "2025-03-03", "2025-03-03", "2025-03-09", "2025-W10"),  # a Monday
        ("week", "2025-03-09", "2025-03-03", "2025-03-09", "2025-W10"),
        ("week", "2024-12-30", "2024-12-30", "2025-01-05", "2025-W01"),  # ISO's week lies in the year of its Thursday
        ("week", "2027-01-03", "2026-12-28", "2027-01-03", "2026-W53"),
        ("month", "2024-02-29", "2024-02-01", "2024-02-29", "2024-02"),
        ("month", "2025-12-31", "2025-12-01", "2025-12-31", "2025-12"),
        ("quarter", "2025-02-28", "2025-01-01", "2025-03-31", "2025-Q1"),
        ("quarter", "2025-12-01", "2025-10-01", "2025-12-31", "2025-Q4"),
        ("year", "2025-07-01", "2025-01-01", "2025-12-31", "2025"),
    ],
)
def test_a_day_lies_in(grain: Grain, day: str, first: str, last: str, name: str) -> None:
    period = period_of(grain, day)
    assert (period.first, period.last, period.name) == (first, last, name)
    days = period.each_day()
    assert (days[0], days[-1], len(days)) == (first, last, period.days)
    assert {period_of(grain, each) for each in days} == {period}


def test_every_day_lies_in_one_of_each() -> None:
    assert [period.grain for period in periods_of("2025-03-03")] == list(GRAINS)
