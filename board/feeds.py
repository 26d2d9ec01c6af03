"""What is known of the feeds: their link, by heartbeats, and their data, by what the workers heard. The two age apart.

Pure: the instants are passed in. Links age in real time (a cable does not know of rehearsals), data in the hospital's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

import msgspec

from board.wall import Feed
from board.words import local
from ingest.feeds import FeedSettings
from streams.cells import FeedMark

# Heartbeats come every three seconds; the page must say within ten that they do not, and looks once a second.
LINK_DOWN_MS = 8_500


class HospitalTime(Protocol):
    """What turns real instants into the hospital's."""

    def at(self, real_ms: int) -> int:
        """The hospital's time at a real instant."""


class Heartbeats:
    """When each source was last heard to be alive, real time; in memory only."""

    def __init__(self, started_ms: int) -> None:
        self._started_ms = started_ms
        self._last: dict[str, int] = {}

    def beat(self, source_system: str, real_ms: int) -> None:
        """A source is alive."""
        self._last[source_system] = real_ms

    def down_since(self, source_system: str, real_ms: int) -> int | None:
        """Since when a link is down (real time); None while it is up or may still come up."""
        last = self._last.get(source_system, self._started_ms)
        return last if real_ms - last > LINK_DOWN_MS else None

    def was_heard(self, source_system: str) -> bool:
        """Whether it was ever heard since the board began."""
        return source_system in self._last


class Heard(msgspec.Struct, frozen=True):
    """What the shards' records say of one source: last heard, how much, in which domains."""

    heard_at: int
    events: int
    domains: frozenset[str]


def heard(marks: Iterable[FeedMark]) -> dict[str, Heard]:
    """The shards' marks joined by source."""
    found: dict[str, Heard] = {}
    for mark in marks:
        before = found.get(mark.source_system, Heard(0, 0, frozenset()))
        found[mark.source_system] = Heard(
            max(before.heard_at, mark.heard_at), before.events + mark.events, before.domains | {mark.domain}
        )
    return found


def feeds_now(
    settings: Mapping[str, FeedSettings],
    told: Mapping[str, Heard],
    beats: Heartbeats,
    clock: HospitalTime,
    real_ms: int,
    house_hours: tuple[str, ...],
    zone: ZoneInfo,
) -> tuple[Feed, ...]:
    """Every feed of the site as it stands."""
    now = clock.at(real_ms)
    made = []
    for name, feed in settings.items():
        source = told.get(feed.source_system)
        down = beats.down_since(feed.source_system, real_ms)
        never = down is not None and not beats.was_heard(feed.source_system) and source is None
        patience_ms = max(feed.silent_after_s * 1000, now - clock.at(real_ms - LINK_DOWN_MS))
        since = _silent_since(source, now, patience_ms, feed.open_hours or house_hours, zone)
        made.append(
            Feed(
                name=name,
                zh=feed.zh,
                en=feed.en,
                source_system=feed.source_system,
                link="never" if never else "up" if down is None else "down",
                link_since=None if down is None or never else clock.at(down),
                silent_since=since,
                heard_at=source.heard_at if source else None,
                events=source.events if source else 0,
            )
        )
    return tuple(made)


def _silent_since(
    source: Heard | None, now: int, patience_ms: int, hours: tuple[str, ...], zone: ZoneInfo
) -> int | None:
    """Since when a feed is silent within its open hours. A morning's silence begins with the hours, not last night.

    A fast rehearsal's minutes are shorter than a message's way to the wall: no silence is shorter than a link's."""
    opened = opened_at(hours, now, zone)
    if opened is None or source is None:
        return None
    since = max(source.heard_at, opened)
    return source.heard_at if now - since > patience_ms else None


def opened_at(hours: tuple[str, ...], now: int, zone: ZoneInfo) -> int | None:
    """The instant at which the open hours that `now` lies in began; None when it lies in none."""
    moment = local(now, zone)
    for span in hours:
        start, _, end = span.partition("-")
        begins, ends = _at(moment.date(), start, zone), _at(moment.date(), end, zone)
        if begins <= moment < ends:
            return int(begins.timestamp() * 1000)
    return None


def has_opened(hours: tuple[str, ...], now: int, zone: ZoneInfo) -> bool:
    """Whether the first of today's open hours has begun."""
    moment = local(now, zone)
    return any(moment >= _at(moment.date(), span.partition("-")[0], zone) for span in hours)


def has_closed(hours: tuple[str, ...], now: int, zone: ZoneInfo) -> bool:
    """Whether the last of today's open hours is over."""
    moment = local(now, zone)
    return all(moment >= _at(moment.date(), span.partition("-")[2], zone) for span in hours)


def _at(day: date, hhmm: str, zone: ZoneInfo) -> datetime:
    hour, minute = (int(part) for part in hhmm.split(":"))
    return datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(hours=hour, minutes=minute)
