"""Says what this machine has of what the platform needs, and how to get what is missing."""

from __future__ import annotations

import asyncio
import platform
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from urllib.parse import urlsplit

from infra.local.doctor_sources import agreement, clocks
from infra.local.java import java, maven
from infra.local.places import cache, check_ports, check_room, home
from infra.local.stack import Stack
from ingest.clock import load_clock
from ingest.connectors.sql import SqlReader
from ingest.databases.drivers import UNTRIED, driver
from ingest.databases.settings import SqlSettings
from ingest.errors import Misconfigured, Unavailable
from ingest.feeds import Feed, feed_settings, open_feed
from ingest.positions import Positions
from ingest.privacy import Pseudonyms, SiteKey
from ingest.settings import load_site
from orchestration.reports.chromium import chromium
from streams.alerts.courier import courier
from streams.alerts.rule import rules
from streams.alerts.settings import AlertSettings


class Finding(NamedTuple):
    """One thing looked at: `problem` is empty when it is well."""

    what: str
    found: str
    problem: str = ""
    needed: bool = True


def examine(site_name: str) -> Iterator[Finding]:
    """Look at everything, one finding each."""
    yield Finding("Python", platform.python_version())
    yield _look("Java ≥ 17", java)
    yield _look("Maven", lambda: str(cache()) if _has_jars() else maven())
    yield _look("Chromium", chromium, needed=False)
    yield _look("room on disk", _room)
    yield _look("site file", lambda: str(load_site(site_name).path))
    yield _look("HIS databases", lambda: _databases(site_name), needed=False)
    yield _look("HIS agreement", lambda: agreement(load_site(site_name)), needed=False)
    yield _look("clocks", lambda: clocks(load_site(site_name)), needed=False)
    yield _look("alerts", lambda: _alerts(site_name))
    yield _look("stack", lambda: _stack(site_name))


def _look(what: str, find: Callable[[], str], *, needed: bool = True) -> Finding:
    try:
        return Finding(what, find(), needed=needed)
    except (Misconfigured, Unavailable) as error:
        return Finding(what, "", str(error), needed)
    except OSError as error:
        return Finding(what, "", f"{error.filename}: {error.strerror}", needed)


def _has_jars() -> bool:
    return any((path / ".complete").exists() for path in cache().glob("kafka-*"))


def _room() -> str:
    check_room(home())
    return f"{shutil.disk_usage(home()).free / 1024**3:.0f} GB free under {home()}"


def _databases(site_name: str) -> str:
    """The engines that the site's feeds ask, each with its driver, and what each feed would read there; a rehearsal's
    database is started with it. Raises Misconfigured, Unavailable."""
    site = load_site(site_name)
    feeds = [name for name, feed in feed_settings(site).items() if feed.kind == "sql"]
    engines = dict.fromkeys(site.section(f"feeds.{name}", SqlSettings).engine for name in feeds)
    for engine in engines:
        driver(engine)
    untried = [engine for engine in engines if engine in UNTRIED]
    note = f" ({', '.join(untried)}: tested by the SQL that is generated, not on a server)" if untried else ""
    asked = [] if site.hospital.rehearsal else feeds
    nobody = Pseudonyms(SiteKey(bytes(32)))  # nothing is interpreted here
    read = {name: views_read(open_feed(site, name, load_clock(), nobody)) for name in asked}
    found = "".join(f"; {name}: {', '.join(views) or 'no view is there'}" for name, views in read.items())
    return f"{', '.join(engines) or 'none is polled'}{note}{found}"


def views_read(feed: Feed) -> list[str]:
    """The views that a feed would read, by asking its database; nothing is told and nothing is remembered. Raises
    Unavailable, and Misconfigured when the account or a view is not as it must be."""
    with TemporaryDirectory() as forgotten:
        place = Path(forgotten)
        reader = SqlReader(feed, Positions(feed.site.name, feed.name, place), place)
        try:
            return [each.name for each in reader.planned()]
        finally:
            asyncio.run(reader.close())


def _alerts(site_name: str) -> str:
    """The rules of the site's alerts and where else they go. Raises Misconfigured."""
    site = load_site(site_name)
    webhook = site.section("alerts", AlertSettings).webhook
    told = f"the webhook at {urlsplit(webhook.url).netloc}" if courier(site, webhook) else "no webhook"
    return f"{len(rules(site))} rules, {told}"


def _stack(site_name: str) -> str:
    stack = Stack(load_site(site_name))
    running = stack.supervisor.remembered()
    if running:
        return f"running: {', '.join(known.name for known in running)}"
    check_ports(stack.ports())
    return "not running; its ports are free"
