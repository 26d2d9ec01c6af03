"""A feed tells far less than usual: how that is learned from days of the same kind, seen, told once, and over again."""

from __future__ import annotations

from datetime import date, timedelta

from ingest.calendar import Calendar, CalendarSettings
from ingest.clock import ClockMap
from ingest.feeds import FeedSettings
from streams.alerts.course import Course
from streams.alerts.incident import Incidents, Record, encoded
from streams.alerts.readings import Moment, Watched, readings
from streams.alerts.rule import FEEDS, Rule
from streams.alerts.says import figures
from streams.cells import FeedMark
from streams.feeds import Feed, Heartbeats, feeds_now, heard
from streams.house import HouseRules
from streams.live import LiveValues
from streams.usual import Hour, Rates, Told
from tests.timeline import at

MONDAY = date(2025, 3, 3)
STEP_MS = 300_000
# Saturday the 8th is worked for a Friday in the hospital's own calendar; Friday the 7th is off.
CALENDAR = Calendar(
    open_hours=("08:00-17:30",), said=CalendarSettings(days_on=("2025-03-08",), days_off=("2025-03-07",))
)
LIS = {"lis": FeedSettings(kind="mllp", source_system="LIS", silent_after_s=3600)}
RULE = Rule(code=FEEDS, opens_after_s=60, closes_after_s=60, escalates_after_s=90_000, who=("IT",))


class House:
    """A laboratory whose messages are counted, and the watch over it."""

    def __init__(self) -> None:
        self.events = 0
        self.known = Incidents()
        self.rates = Rates(CALENDAR)
        self.kept: dict[str, bytes] = {}
        self.course = Course("H001", {FEEDS: RULE}, self.known)
        self.watched = Watched(house=HouseRules(), calendar=CALENDAR, rules={FEEDS: RULE})

    def restart(self) -> None:
        for key, value in self.kept.items():
            self.known.apply(key, value)
        self.rates = Rates(CALENDAR, self.known.usual.values())

    def day(self, day: date, an_hour: int, since: str = "00:00", until: str = "24:00") -> Feed:
        """A stretch of a day with so many messages an hour while it is open; what stands at its end."""
        now, end, feed = at(since, day.isoformat()), at(until, day.isoformat()), Feed(name="lis", source_system="LIS")
        while now < end:
            if at("08:00", day.isoformat()) <= now < at("17:30", day.isoformat()):
                self.events += an_hour // 12
            now += STEP_MS
            feed = self._look(now)
        return feed

    def _look(self, now: int) -> Feed:
        marks = [FeedMark(source_system="LIS", domain="orders", heard_at=now, watermark=now, events=self.events)]
        beats = Heartbeats(0)
        beats.beat("LIS", now)
        rates = self.rates.take(now, marks)
        feeds = feeds_now(LIS, heard(marks), beats, ClockMap(), now, CALENDAR, rates=rates)
        moment = Moment(at=now, feeds=feeds)
        live = LiveValues(self.watched.house, 1)
        unfinished = [each for each in self.known.known.values() if each.state != "closed"]
        found = self.course.observe(readings(self.watched, live, moment, unfinished))
        records: list[Record] = [*found.incidents, *self.rates.news()]
        for record in records:
            self.kept.update([encoded(record)])
            self.known.put(record)
        for gone in found.dropped:
            self.known.apply(gone, None)
        return feeds[0]


def test_a_feed_that_tells_far_less_than_usual_is_one_incident_that_ends_by_itself() -> None:
    house = House()
    for n in range(6):  # Monday to Thursday, the closed Friday and the worked Saturday
        day = MONDAY + timedelta(days=n)
        house.day(day, 0 if CALENDAR.kind(day.isoformat()) == "closed" else 120)
    house.day(MONDAY + timedelta(days=6), 0)  # nobody works on Sunday, and nobody is told
    house.restart()
    monday = MONDAY + timedelta(days=7)
    feed = house.day(monday, 120, until="09:30")
    assert (feed.rate.now, feed.rate.usual, feed.rate.days) == (120, 120.0, 5) and not house.known.known

    house.day(monday, 12, "09:30", "11:00")
    (incident,) = house.known.known.values()
    assert (incident.state, incident.cause, incident.where) == ("open", "few", (("feed", "lis"),))
    assert figures(incident)[1].endswith("about 120 are usual")
    house.day(monday, 120, "11:00")
    (ended,) = house.known.known.values()
    assert (ended.id, ended.state, ended.closed_because) == (incident.id, "closed", "well")


def test_what_is_not_known_well_raises_nothing() -> None:
    house = House()
    for n in range(2):
        house.day(MONDAY + timedelta(days=n), 120)
    feed = house.day(MONDAY + timedelta(days=2), 12, until="12:00")
    assert (feed.rate.now, feed.rate.usual) == (12, None)  # two days of its kind are too few to say what is usual
    assert house.known.known == {}


def test_an_hour_that_was_heard_in_part_says_nothing_of_what_is_usual() -> None:
    day = {hour: Hour(120, 3_600_000) for hour in range(24)}
    days = {(MONDAY + timedelta(days=n)).isoformat(): dict(day) for n in range(3)}
    now = at("10:30", "2025-03-06")
    assert Rates(CALENDAR, [Told(source_system="LIS", days=days)]).usual("LIS", now) == (120.0, 120.0, 3)
    days["2025-03-03"][10] = Hour(3, 600_000)
    assert Rates(CALENDAR, [Told(source_system="LIS", days=days)]).usual("LIS", now) is None


def test_a_shard_that_counts_anew_is_no_flood_and_no_silence() -> None:
    house = House()
    house.day(MONDAY, 120, until="10:00")
    house.events = 0
    feed = house.day(MONDAY, 120, "10:00", "10:30")
    assert feed.rate.now is None
    feed = house.day(MONDAY, 120, "10:30", "11:30")
    assert feed.rate.now == 120
