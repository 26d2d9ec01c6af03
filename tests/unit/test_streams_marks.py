"""What one shard hears of its feeds: the pace of today, and nothing of what is told of earlier days."""

from __future__ import annotations

from streams.house import HouseRules
from streams.lag import lag_bucket
from streams.marks import Heard, Marks
from streams.state import Meta
from tests.timeline import at

HOUSE = HouseRules(facility_id="H001", source_priority=("HIS^DEMO",))
DAY_MS = 86_400_000


def lags_of(*told: tuple[int, int]) -> dict[int, int]:
    """The lags that count, of events entered and heard at these instants."""
    marks = Marks(HOUSE, Meta())
    for entered, heard in told:
        marks.hear("his.queue.v1", Heard("HIS^DEMO", entered, heard, entered))
    [mark] = marks.marks()
    return mark.lag_buckets


def test_how_late_todays_events_come_is_counted() -> None:
    nine = at("09:00")
    assert lags_of((nine, nine + 1_000), (nine, nine + 60_000)) == {lag_bucket(1_000): 1, lag_bucket(60_000): 1}


def test_a_first_load_of_yesterday_is_no_lag_of_today() -> None:
    nine = at("09:00")
    assert lags_of((nine - DAY_MS, nine), (nine, nine + 1_000)) == {lag_bucket(1_000): 1}


def test_a_new_day_counts_anew() -> None:
    late = at("23:59")
    assert lags_of((late, late + 1_000), (late + 120_000, late + 125_000)) == {lag_bucket(5_000): 1}
