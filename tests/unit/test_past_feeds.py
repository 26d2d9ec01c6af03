"""Feeds that were silent or late on days that are over: from minutes in which they were heard to incidents."""

from __future__ import annotations

import msgspec

from ingest.feeds import feed_settings
from ingest.settings import load_site
from streams.alerts.incident import Incident
from streams.alerts.past_feeds import Minute, PastFeeds
from streams.alerts.readings import watched
from streams.alerts.rule import FEEDS
from tests.timeline import DAY, at

SITE = load_site("demo")
WATCHED = watched(SITE)
LIS = {"lis": feed_settings(SITE)["lis"]}  # silent after 15 minutes, late after an hour
NEVER = 1 << 60


def every_five_minutes(first: str, last: str, lag_s: int = 10) -> list[Minute]:
    spoken = range(at(first), at(last) + 1, 300_000)
    return [Minute(source_system="LIS^DEMO", heard_at=when, events=2, lags_s={lag_s: 2}) for when in spoken]


def raised(*minutes: Minute, day: str = DAY, now: int = NEVER, before: tuple[Minute, ...] = ()) -> list[Incident]:
    past = PastFeeds(WATCHED, WATCHED.rules[FEEDS], LIS, before)
    past.live_through(day, minutes, now)
    return past.incidents


def test_a_silence_opens_after_its_patience_and_ends_with_the_next_word() -> None:
    (silent,) = raised(*every_five_minutes("08:00", "10:00"), *every_five_minutes("11:00", "17:30"))
    assert (silent.cause, silent.closed_because, silent.where) == ("silent", "well", (("feed", "lis"),))
    assert (silent.opened_at, silent.closed_at) == (at("10:17"), at("11:01"))


def test_a_morning_that_never_begins_is_silent_from_its_beginning() -> None:
    yesterday = Minute(source_system="LIS^DEMO", heard_at=at("08:00") - 86_400_000)
    silent = raised(before=(yesterday,))
    assert (silent[0].cause, silent[0].opened_at) == ("silent", at("07:47"))
    assert raised() == [], "a feed that was never heard has not ended"


def test_nobody_is_silent_who_has_still_to_come() -> None:
    assert raised(*every_five_minutes("08:00", "10:00"), now=at("10:14")) == []


def test_half_of_an_hour_on_its_way_for_too_long_is_late() -> None:
    on_time, late = every_five_minutes("08:00", "09:00"), every_five_minutes("09:05", "12:00", lag_s=7_200)
    found = raised(*on_time, *late, *every_five_minutes("12:05", "17:30"))
    assert [each.cause for each in found] == ["late"]
    assert at("09:05") < (found[0].opened_at or 0) < at("10:10")
    patient = msgspec.structs.replace(LIS["lis"], late_after_s=10_800)
    calm = PastFeeds(WATCHED, WATCHED.rules[FEEDS], {"lis": patient})
    calm.live_through(DAY, [*on_time, *late], at("12:00"))
    assert calm.incidents == []
