"""Which days' messages are read again: as told on the command line, within what the log keeps."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from ingest.again.reinterpret import Span
from ingest.bus import BusSettings
from ingest.clock import Clock
from ingest.errors import Misconfigured
from ingest.feeds import feed_settings
from ingest.settings import Site

_DAY_MS = 86_400_000


def span_of(site: Site, clock: Clock, first: str, last: str | None, feed: str | None) -> Span:
    """The span of the days first … last, hospital time. Raises Misconfigured."""
    now_ms = clock.now_ms()
    begin = _midnight(site, _day(first, "--from"))
    until = _midnight(site, _day(last, "--to") + timedelta(days=1)) if last else now_ms
    if begin >= until:
        raise Misconfigured(f"--from {first} is after {'--to ' + last if last else 'now'}: no message came then.")
    known = feed_settings(site)
    if feed is not None and known and feed not in known:
        raise Misconfigured(f"{site.path} has no feed {feed}; it has {', '.join(known)}.")
    if clock.is_rehearsal:
        return Span(from_ms=begin, until_ms=until, feed=feed)
    bus = site.section("bus", BusSettings)
    days = min(bus.raw_days, bus.event_days)
    if until <= now_ms - days * _DAY_MS:
        raise Misconfigured(
            f"The log keeps messages for {bus.raw_days} days and events for {bus.event_days} "
            "([bus] raw_days, event_days): nothing of those days is left."
        )
    return Span(from_ms=begin, until_ms=until, feed=feed, appended_since_ms=begin)


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Misconfigured(f"{option} {text} is no day; write it like 2025-03-03.") from None


def _midnight(site: Site, day: date) -> int:
    return round(datetime.combine(day, time(), site.zone).timestamp() * 1000)
