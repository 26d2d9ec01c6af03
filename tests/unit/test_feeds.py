"""A feed has two ages: its link and its data."""

from __future__ import annotations

from collections import Counter
from zoneinfo import ZoneInfo

import pytest

from ingest.calendar import Calendar, CalendarSettings
from ingest.clock import ClockMap
from ingest.feeds import FeedSettings
from streams.cells import FeedMark
from streams.feeds import Feed, Heard, Heartbeats, feeds_now, heard
from streams.hours import has_closed, has_opened, opened_at, opening
from streams.lag import lag_bucket
from streams.lags import Lags
from tests.timeline import DAY, at

ZONE = ZoneInfo("Asia/Shanghai")
HOURS = ("07:30-12:00", "13:30-17:30")
LIS = {"lis": FeedSettings(kind="mllp", source_system="LIS")}
DAILY = Calendar(open_hours=HOURS)
REAL = ClockMap()


def lis(now: int, *, last_beat: int | None, heard_at: int | None, began: int | None = None) -> Feed:
    beats = Heartbeats(began if began is not None else now - 3_600_000)
    if last_beat is not None:
        beats.beat("LIS", last_beat)
    told = {"LIS": Heard(heard_at, 5, frozenset({"orders"}))} if heard_at is not None else {}
    return feeds_now(LIS, told, beats, REAL, now, DAILY)[0]


def test_a_link_is_up_while_heartbeats_come() -> None:
    now = at("10:00")
    assert lis(now, last_beat=now - 3_000, heard_at=now - 60_000).is_well


def test_a_link_is_down_before_ten_seconds_have_passed() -> None:
    now = at("10:00")
    down = lis(now, last_beat=now - 9_000, heard_at=now - 9_000)
    assert (down.link, down.link_since) == ("down", now - 9_000)


def test_a_board_that_has_just_begun_waits_for_the_first_heartbeat() -> None:
    now = at("10:00")
    assert lis(now, last_beat=None, heard_at=None, began=now - 2_000).link == "up"
    assert lis(now, last_beat=None, heard_at=None, began=now - 60_000).link == "never"


def test_data_are_silent_after_five_minutes_of_open_hours() -> None:
    now = at("10:00")
    assert lis(now, last_beat=now, heard_at=now - 290_000).silent_since is None
    assert lis(now, last_beat=now, heard_at=now - 310_000).silent_since == now - 310_000


def test_no_silence_is_shorter_than_a_messages_way_to_the_wall() -> None:
    beats = Heartbeats(0)
    beats.beat("LIS", 100_000)
    six_minutes_a_second = ClockMap(100_000, at("10:00"), 360.0)
    told = {"LIS": Heard(at("10:00"), 5, frozenset({"orders"}))}
    at_once = feeds_now(LIS, told, beats, six_minutes_a_second, 101_000, DAILY)[0]
    assert at_once.silent_since is None, "one real second is six hospital minutes"
    later = feeds_now(LIS, told, beats, six_minutes_a_second, 109_000, DAILY)[0]
    assert later.silent_since == at("10:00")


@pytest.mark.parametrize("clock", ["06:00", "12:30", "20:00"])
def test_nobody_is_silent_when_closed(clock: str) -> None:
    now = at(clock)
    assert lis(now, last_beat=now, heard_at=now - 4 * 3_600_000).silent_since is None


def test_a_mornings_silence_begins_with_the_hours() -> None:
    last_night = at("07:30") - 12 * 3_600_000
    assert lis(at("07:33"), last_beat=at("07:33"), heard_at=last_night).silent_since is None
    assert lis(at("07:36"), last_beat=at("07:36"), heard_at=last_night).silent_since == last_night


def test_links_age_in_real_time_and_are_shown_in_the_hospitals() -> None:
    beats = Heartbeats(0)
    beats.beat("LIS", 100_000)
    sixty_times = ClockMap(100_000, at("09:00"), 60.0)
    feed = feeds_now(LIS, {}, beats, sixty_times, 105_000, DAILY)[0]
    assert feed.link == "up", "five real seconds are five hospital minutes, and no silence of the link"
    feed = feeds_now(LIS, {}, beats, sixty_times, 110_000, DAILY)[0]
    assert (feed.link, feed.link_since) == ("down", at("09:00"))


def test_on_a_holiday_nobody_is_silent_who_is_not_open_round_the_clock() -> None:
    now, beats = at("10:00"), Heartbeats(0)
    beats.beat("LIS", now)
    told = {"LIS": Heard(now - 3_600_000, 5, frozenset({"orders"}))}
    holiday = Calendar(open_hours=HOURS, said=CalendarSettings(days_off=(DAY,)))
    always = {"lis": FeedSettings(kind="mllp", source_system="LIS", open_hours=("00:00-24:00",))}
    for settings, silent in ((LIS, False), (always, True)):
        (feed,) = feeds_now(settings, told, beats, REAL, now, holiday)
        assert (feed.silent_since is not None) is silent
        assert feed.opening == ("open" if silent else "closed")


def mark(*lags_min: int) -> FeedMark:
    buckets = Counter(lag_bucket(minutes * 60_000) for minutes in lags_min)
    return FeedMark(source_system="LIS", domain="orders", heard_at=0, watermark=0, events=0, lag_buckets=dict(buckets))


def test_a_feed_is_as_late_as_half_of_what_it_told_in_the_last_hour() -> None:
    lags, night = Lags(), [300] * 40
    assert lags.take(at("09:00"), [mark(*night)]) == {}, "what was told before somebody looked is history"
    assert lags.take(at("09:00"), [mark(*night, *night)]) == {}, "and so is what is told while the clock stands"
    history = [*night, *night]
    assert lags.take(at("09:10"), [mark(*history, 90, 90, 90)]) == {}, "of three nothing is said"
    morning = [*history, 90, 90, 90, *[1] * 20]
    assert lags.take(at("09:30"), [mark(*morning)])["LIS"] == pytest.approx(60_000, rel=0.02)
    backlog = [*morning, *[90] * 30]
    assert lags.take(at("10:15"), [mark(*backlog)])["LIS"] == pytest.approx(90 * 60_000, rel=0.02)
    assert lags.take(at("11:30"), [mark(*backlog, *[2] * 9)])["LIS"] == pytest.approx(2 * 60_000, rel=0.02)
    lags.begin_anew("LIS")
    assert lags.take(at("13:30"), [mark(*backlog, *[2] * 9)]) == {}, "it was closed meanwhile"
    assert lags.take(at("24:10"), [mark(3, 3, 3, 3, 3)]) == {}, "a new day"


def test_marks_of_all_shards_are_one_source() -> None:
    marks = [
        FeedMark(source_system="LIS", domain=domain, heard_at=heard_at, watermark=heard_at, events=2)
        for domain, heard_at in (("orders", 10), ("queue", 30), ("orders", 20))
    ]
    assert heard(marks) == {"LIS": Heard(30, 6, frozenset({"orders", "queue"}))}


def test_hours() -> None:
    assert opened_at(HOURS, at("10:00"), ZONE) == at("07:30")
    assert opened_at(HOURS, at("12:10"), ZONE) is None
    assert opened_at(("00:00-24:00",), at("23:59"), ZONE) == at("00:00")
    assert not has_opened(HOURS, at("07:00"), ZONE)
    assert has_opened(HOURS, at("12:30"), ZONE)
    assert not has_closed(HOURS, at("12:30"), ZONE)
    assert has_closed(HOURS, at("17:30"), ZONE)
    found = [opening(HOURS, at(clock), ZONE) for clock in ("07:00", "10:00", "12:30", "14:00", "17:30")]
    assert found == ["closed", "open", "break", "open", "closed"]
