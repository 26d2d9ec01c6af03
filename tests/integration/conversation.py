"""A HIS on the other end of the line: speaks MLLP to a server under test, and reads what reached Kafka."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from kafka.errors import KafkaTimeoutError

from ingest.bus import BusSettings, consumer, ensure_topics
from ingest.clock import Clock
from ingest.connectors import mllp
from ingest.events import decode
from ingest.events.envelope import Event
from ingest.feeds import Feed, open_feed
from ingest.privacy import Pseudonyms, SiteKey
from ingest.raw import Sealer, create_raw_keys, load_public_key
from ingest.run import FeedRun
from ingest.settings import Site, load_site

KEY = SiteKey(b"k" * 32)


def site_file(directory: Path, bootstrap: str, feeds: str, more: str = "") -> Site:
    """A hospital of its own, with the given feeds."""
    path = directory / "hospital.toml"
    path.write_text(
        f"""
[hospital]
facility_id = "H001"
zh = "测试医院"
en = "Test Hospital"
{more}
[bus]
bootstrap = "{bootstrap}"
{feeds}
""",
        "utf-8",
    )
    return load_site(str(path))


def feed_of(site: Site, name: str) -> Feed:
    """One of its feeds, in real time."""
    return open_feed(site, name, Clock(), Pseudonyms(KEY))


def run_of(feed: Feed, connector: Any, module: Any, directory: Path) -> FeedRun:
    """The runtime around a connector."""
    create_raw_keys(directory)
    sealer = Sealer(load_public_key(directory))
    return FeedRun(feed, connector, module.interpreter(feed), feed.site.section("bus", BusSettings), sealer)


@asynccontextmanager
async def at_work(feed: Feed, connector: Any, module: Any, directory: Path) -> AsyncIterator[None]:
    """A feed that runs until it is left."""
    stop = asyncio.Event()
    running = asyncio.create_task(run_of(feed, connector, module, directory).run(stop))
    try:
        yield
    finally:
        stop.set()
        await running


@asynccontextmanager
async def listening(site: Site, directory: Path, *, topics: bool = True) -> AsyncIterator[mllp.MllpServer]:
    """A feed of kind mllp at work."""
    if topics:
        await asyncio.to_thread(ensure_topics, site.section("bus", BusSettings))
    feed = feed_of(site, "his")
    server = mllp.connect(feed)
    await server.listen()
    async with at_work(feed, server, mllp, directory):
        yield server


async def say(port: int, sent: bytes, answers: int, *, hang_up: bool = False) -> list[bytes]:
    """Send bytes as they are and wait for so many answers."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(sent)
        await writer.drain()
        if hang_up:
            writer.write_eof()
        return [(await asyncio.wait_for(reader.readuntil(b"\x1c\r"), 120)).strip(b"\x0b\x1c\r") for _ in range(answers)]
    finally:
        writer.close()


def framed(*messages: bytes) -> bytes:
    """Messages in their MLLP frames."""
    return b"".join(b"\x0b" + message + b"\x1c\r" for message in messages)


def code_of(answer: bytes) -> bytes:
    """MSA-1 and, where there is one, the reason in MSA-3."""
    return next(line for line in answer.split(b"\r") if line.startswith(b"MSA"))


def told(site: Site, topic: str) -> list[Event]:
    """Every event of a topic."""
    return [decode(value) for value in values(site, topic)]


def values(site: Site, topic: str) -> list[bytes]:
    """Every record of a topic, until its end. A broker on a busy machine is asked again."""
    for _ in range(3):
        with suppress(KafkaTimeoutError):
            return _read(site, topic)
    return _read(site, topic)


def _read(site: Site, topic: str) -> list[bytes]:
    reader = consumer(site.section("bus", BusSettings), [topic])
    try:
        ends = reader.end_offsets(list(reader.assignment()))
        found: list[bytes] = []
        while any(reader.position(partition) < end for partition, end in ends.items()):
            for records in reader.poll(timeout_ms=500).values():
                found.extend(record.value for record in records)
        return found
    finally:
        reader.close()
