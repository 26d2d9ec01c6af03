"""What is known of the feeds: their link, by heartbeats, and their data, by what the workers heard. The two age apart.

Pure: the instants are passed in. Links age in real time (a cable does not know of rehearsals), data in the hospital's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

import msgspec

from ingest.calendar import Calendar
from ingest.feeds import FeedSettings
from streams.cells import FeedMark
from streams.hours import Opening, opened_at, opening
from streams.usual import HOUR_MS, Rate

# Heartbeats come every three seconds; the page must say within ten that they do not, and looks once a second.
LINK_DOWN_MS = 8_500


class HospitalTime(Protocol):
    """What turns real instants into the hospital's."""

    def at(self, real_ms: int) -> int:
        """The hospital's time at a real instant."""


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """A source of events: its link and its data, which age apart."""

    name: str
    zh: str = ""
    en: str = ""
    source_system: str
    link: Literal["up", "down", "never"] = "never"
    link_since: int | None = None
    is_certain: bool = True  # False: whoever looks has only begun, and no heartbeat has come yet
    silent_since: int | None = None  # set when it says nothing new for too long within its hours
    heard_at: int | None = None
    late_ms: int | None = None  # how long half of what came in the last hour was on its way, at least; None: too few
    late_after_ms: int = 0  # longer is late
    patience_ms: int = 0  # longer without a word is silent
    opening: Opening = "open"
    open_since: int | None = None
    events: int = 0
    rate: Rate = Rate()
    residual: int | None = None  # rows that do not agree with the HIS; None: it is not compared
    compared_at: int | None = None
    kept_bytes: int | None = None  # log that the HIS keeps because this feed has not read it yet

    @property
    def called(self) -> tuple[str, str]:
        """What people call it, in both languages."""
        return self.zh or self.name, self.en or self.name

    def is_few(self, at: int) -> bool:
        """Whether it tells far less than usual. In its first hour of a session nothing is said yet."""
        return self.open_since is not None and at - self.open_since >= HOUR_MS and self.rate.is_few

    @property
    def is_well(self) -> bool:
        """Link up, data flowing."""
        return self.link == "up" and self.silent_since is None


class Heartbeats:
    """When each source was last heard to be alive, real time; in memory only."""

    def __init__(self, started_ms: int) -> None:
        self._started_ms = started_ms
        self._last: dict[str, int] = {}
        self._residuals: dict[str, tuple[int | None, int | None]] = {}
        self._kept: dict[str, int | None] = {}

    def beat(self, source_system: str, real_ms: int) -> None:
        """A source is alive."""
        self._last[source_system] = real_ms

    def compared(self, feed: str, at: int | None, residual: int | None) -> None:
        """When a feed was last compared with the HIS, the hospital's time, and how many rows did not agree."""
        self._residuals[feed] = (at, residual)

    def residual(self, feed: str) -> tuple[int | None, int | None]:
        """The last word of `compared` on a feed."""
        return self._residuals.get(feed, (None, None))

    def keeps(self, feed: str, kept_bytes: int | None) -> None:
        """How much log the HIS keeps for a feed."""
        self._kept[feed] = kept_bytes

    def kept_bytes(self, feed: str) -> int | None:
        """The last word of `keeps` on a feed."""
        return self._kept.get(feed)

    def down_since(self, source_system: str, real_ms: int) -> int | None:
        """Since when a link is down (real time); None while it is up or may still come up."""
        last = self._last.get(source_system, self._started_ms)
        return last if real_ms - last > LINK_DOWN_MS else None

    def was_heard(self, source_system: str) -> bool:
        """Whether it was ever heard since the listener began."""
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
    calendar: Calendar,
    lags: Mapping[str, int] | None = None,
    rates: Mapping[str, Rate] | None = None,
) -> tuple[Feed, ...]:
    """Every feed of the site as it stands; by the calendar's hours of the day only who is open has to tell anything.
    `lags`: how long what each source tells is on its way; `rates`: how much it tells, and what is usual."""
    now, zone = clock.at(real_ms), ZoneInfo(calendar.zone)
    today = calendar.day_of(now)
    # A fast rehearsal's minutes are shorter than a message's way to here: no silence is shorter than a link's.
    way_ms = now - clock.at(real_ms - LINK_DOWN_MS)
    made = []
    for name, feed in settings.items():
        source = told.get(feed.source_system)
        down = beats.down_since(feed.source_system, real_ms)
        is_known = beats.was_heard(feed.source_system)
        never = down is not None and not is_known and source is None
        hours = calendar.hours(today, feed.open_hours or None)
        patience_ms = max(feed.silent_after_s * 1000, way_ms)
        open_now = opening(hours, now, zone)
        compared_at, residual = beats.residual(name)
        made.append(
            Feed(
                name=name,
                zh=feed.zh,
                en=feed.en,
                source_system=feed.source_system,
                link="never" if never else "up" if down is None else "down",
                link_since=None if down is None or never else clock.at(down),
                is_certain=is_known or down is not None,
                silent_since=_silent_since(source, now, patience_ms, hours, zone) if open_now == "open" else None,
                heard_at=source.heard_at if source else None,
                late_ms=(lags or {}).get(feed.source_system),
                late_after_ms=feed.late_after_s * 1000 + way_ms,
                patience_ms=patience_ms,
                opening=open_now,
                events=source.events if source else 0,
                rate=(rates or {}).get(feed.source_system, Rate()),
                open_since=opened_at(hours, now, zone),
                residual=residual,
                compared_at=compared_at,
                kept_bytes=beats.kept_bytes(name),
            )
        )
    return tuple(made)


def _silent_since(
    source: Heard | None, now: int, patience_ms: int, hours: tuple[str, ...], zone: ZoneInfo
) -> int | None:
    """Since when a feed is silent within its open hours. A morning's silence begins with the hours, not last night."""
    opened = opened_at(hours, now, zone)
    if opened is None or source is None:
        return None
    since = max(source.heard_at, opened)
    return source.heard_at if now - since > patience_ms else None
