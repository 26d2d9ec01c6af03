"""A hospital with a FHIR feed under test, and what the feed has told."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from infra.local.kafka import KafkaProcess
from ingest.bus import BusSettings, ensure_topics
from ingest.connectors import fhir
from ingest.events.envelope import Event, kind_of
from ingest.feeds import Feed
from ingest.positions import Positions
from ingest.settings import Site
from tests.integration.conversation import at_work, feed_of, site_file, told

TOPICS = ("his.registration.v1", "his.consultation.v1", "his.orders.v1", "his.scheduling.v1")
CODES = '\n[codes.authority]\n"urn:his" = "HIS"\n\n[codes.dept]\n"0301" = "CARD"\n'


def need_a_compiler() -> None:
    if shutil.which("javac") is None:
        pytest.skip("the test's FHIR server needs a JDK: apt-get install openjdk-17-jdk-headless")


def hospital(directory: Path, kafka: KafkaProcess, feed: str) -> Site:
    """A hospital with one feed of kind fhir, told apart from other tests' by its source."""
    more = (
        f'[feeds.fhir]\nkind = "fhir"\nsource_system = "FHIR^{directory.name}"\nmalformed_limit = 1.0\n{feed}\n{CODES}'
    )
    site = site_file(directory, kafka.bootstrap, more)
    ensure_topics(site.section("bus", BusSettings))
    return site


def polled(base_url: str, more: str = "") -> str:
    return f'base_url = "{base_url}"\npoll_s = 0.05\npage_size = 3\nmax_asked_per_minute = 100000\n{more}'


@asynccontextmanager
async def running(site: Site, directory: Path, make: Callable[[Feed, Positions], Any]) -> AsyncIterator[Any]:
    feed = feed_of(site, "fhir")
    connector = make(feed, Positions(site.name, feed.name, directory / "positions"))
    async with at_work(feed, connector, fhir, directory):
        yield connector


def events_of(site: Site) -> list[Event]:
    """What the feed has told."""
    source = feed_of(site, "fhir").settings.source_system
    return [event for topic in TOPICS for event in told(site, topic) if event.source_system == source]


async def until(site: Site, enough: Callable[[list[Event]], bool]) -> list[Event]:
    for _ in range(1200):
        events = await asyncio.to_thread(events_of, site)
        if enough(events):
            return events
        await asyncio.sleep(0.1)
    raise AssertionError(f"not told: {[kind_of(event) for event in events]}")


def kinds(events: list[Event]) -> set[str]:
    return {kind_of(event) for event in events}


STORY = {
    "appointment.booked", "registration.created", "patient.checked_in", "consultation.started", "consultation.ended",
    "order.placed",
}  # fmt: skip
