"""One process, all feeds of one kind: each runs by itself, and one that stops does not take the others with it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import structlog

from ingest.bus import BusSettings, ensure_topics
from ingest.clock import load_clock
from ingest.errors import Misconfigured, Unavailable
from ingest.feeds import Feed, connector_kinds, feed_settings, open_feed
from ingest.privacy import Pseudonyms, load_site_keys
from ingest.raw import Sealer, load_public_key
from ingest.rotation import current_pseudonyms, is_rotating
from ingest.run import FeedRun
from ingest.settings import Site

log = structlog.get_logger()


def run_feeds(
    site: Site, kind: str, only: list[str], stop: threading.Event, adjust: Callable[[Feed], Feed] = lambda feed: feed
) -> None:
    """Run the feeds of a kind until they end or `stop` is set. Raises Misconfigured, also when a feed stopped
    because too much of it was malformed. `adjust` changes a feed's settings for this run (a replay's paths)."""
    names = feeds_of(site, kind, only)
    bus, sealer, clock = site.section("bus", BusSettings), Sealer(load_public_key()), load_clock()
    load_site_keys()  # what is wrong with them is said at once
    while (pseudonyms := _pseudonyms(bus, stop)) is not None:
        feeds = [adjust(open_feed(site, name, clock, pseudonyms)) for name in names]
        if not asyncio.run(_all([(feed, bus, sealer) for feed in feeds], stop)):
            return
        log.warning("waiting", reason="The site key is being changed.")


def _pseudonyms(bus: BusSettings, stop: threading.Event) -> Pseudonyms | None:
    """Names under the site's key, as soon as it may be used and Kafka tells what was named before; None: we stop."""
    said = ""
    while not stop.is_set():
        if not is_rotating():
            try:
                return current_pseudonyms(bus)
            except Unavailable as reason:
                if said != str(reason):
                    log.warning("waiting", reason=str(reason))
                said = str(reason)
        stop.wait(0.5)
    return None


def feeds_of(site: Site, kind: str, only: list[str]) -> list[str]:
    """The names of the site's feeds of a kind, or those of `only`. Raises Misconfigured."""
    have = [name for name, settings in feed_settings(site).items() if settings.kind == kind]
    for name in only:
        if name not in have:
            raise Misconfigured(f"{site.path} has no feed {name} of kind {kind}; it has {', '.join(have) or 'none'}.")
    if not have:
        raise Misconfigured(
            f'{site.path} has no feed of kind {kind}; add a section [feeds.<name>] with kind = "{kind}".'
        )
    return only or have


async def _all(feeds: list[tuple[Feed, BusSettings, Sealer]], stop: threading.Event) -> bool:
    """Run them all; True when they only pause, because the site key is being changed."""
    stopping = asyncio.Event()
    waiting = asyncio.create_task(_relay(stop, stopping))
    try:
        ends = await asyncio.gather(*(_one(*each, stopping) for each in feeds), return_exceptions=True)
        pausing = stopping.is_set() and not stop.is_set()
    finally:
        waiting.cancel()
    for end in ends:
        if isinstance(end, BaseException):
            raise end
    return pausing


async def _one(feed: Feed, bus: BusSettings, sealer: Sealer, stop: asyncio.Event) -> None:
    module = connector_kinds()[feed.settings.kind]
    await _topics(bus, stop)
    run = FeedRun(feed, module.connect(feed), module.interpreter(feed), bus, sealer)
    log.info("feed started", feed=feed.name, kind=feed.settings.kind)
    try:
        await run.run(stop)
    except Misconfigured as error:
        log.error("feed stopped", feed=feed.name, reason=str(error))
        raise
    except Exception as error:  # said at once: the others may go on for weeks before the process ends and tells it
        log.error("feed stopped", feed=feed.name, reason=f"{type(error).__name__}, a fault of the program")
        raise
    counts = run.counts
    log.info("feed ended", feed=feed.name, messages=counts.messages, events=counts.events, malformed=counts.malformed)


async def _topics(bus: BusSettings, stop: asyncio.Event) -> None:
    """See that the topics are there, for as long as it takes Kafka to come."""
    while not stop.is_set():
        try:
            await asyncio.to_thread(ensure_topics, bus)
        except Unavailable as reason:
            log.warning("waiting", reason=str(reason))
            await asyncio.sleep(1)
        else:
            return


async def _relay(stop: threading.Event, stopping: asyncio.Event) -> None:
    """Carry the stop of signals, which knows nothing of loops, into this one; a key that is changed stops us too."""
    while not stop.is_set() and not is_rotating():
        await asyncio.sleep(0.1)
    stopping.set()
