"""One who speaks to a REST feed under test, and what it says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from ingest.bus import BusSettings, ensure_topics
from ingest.connectors import rest
from ingest.events.queue import QueueEvent
from ingest.settings import Site
from ingest.web.senders import hash_of
from tests.integration.conversation import at_work, feed_of, told

TOKEN = "hisp_a-token-of-the-tests"
FEED = f"""
[feeds.calls]
kind = "rest"
source_system = "CALLS^DEMO"
port = 0
token_sha256 = ["{hash_of(TOKEN)}"]
max_body_bytes = 200000
max_records = 700
malformed_limit = 1.0
"""


def call(ticket: str, **more: Any) -> dict[str, Any]:
    """A ticket is called to window 3 of the cashier."""
    return {
        "event_type": "queue.called",
        "occurred_at": "2025-03-03T09:05:00+08:00",
        "ticket_id": ticket,
        "ticket_no": "A001",
        "queue_id": "CASH",
        "service_point_type": "cashier",
        "window_id": "W3",
        "call_seq": 1,
        "visit_id": "MZ2503030001",
        **more,
    }


@asynccontextmanager
async def listening(site: Site, directory: Path, token: str = TOKEN) -> AsyncIterator[httpx.AsyncClient]:
    """A feed of kind rest at work, and one who speaks to it."""
    await asyncio.to_thread(ensure_topics, site.section("bus", BusSettings))
    feed = feed_of(site, "calls")
    server = rest.connect(feed)
    await server.listen()
    headers = {"authorization": f"Bearer {token}"} if token else {}
    base_url = f"http://127.0.0.1:{server.port}"
    async with (
        at_work(feed, server, rest, directory),
        httpx.AsyncClient(base_url=base_url, headers=headers, timeout=60, trust_env=False) as client,
    ):
        yield client


def tickets(site: Site) -> dict[str | None, str | None]:
    """Number of the message that told it → pseudonym of its ticket, of all events on the queue's topic."""
    events = told(site, "his.queue.v1")
    return {event.source_msg_id: event.ticket_id for event in events if isinstance(event, QueueEvent)}
