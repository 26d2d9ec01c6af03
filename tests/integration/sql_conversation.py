"""A HIS database that is polled without Kafka: what its rows tell, batch by batch, as long as a test wants more."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pymysql

from infra.local.mariadb import OWNER, PASSWORD, READER, MariaDbProcess
from ingest.connectors import sql
from ingest.errors import Ignored
from ingest.events.envelope import Event
from ingest.feeds import Feed
from ingest.positions import Positions
from tests.integration.conversation import feed_of, site_file

PATIENCE_S = 90.0


def owner(mariadb: MariaDbProcess, database: str = "", **more: Any) -> Any:
    """A connection of those who may do everything."""
    return pymysql.connect(
        host="127.0.0.1", port=mariadb.port, user=OWNER, database=database or None, autocommit=True, **more
    )


def tell(connection: Any, *statements: str) -> None:
    """Statements, one after the other."""
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def feed(directory: Path, mariadb: MariaDbProcess, database: str, settings: str = "", **words: str) -> Feed:
    """A feed of a database of the server, as the reader who can only read."""
    (directory / "password").write_text(PASSWORD)
    dsn = {"host": "127.0.0.1", "port": str(mariadb.port), "dbname": database, "user": READER, **words}
    told = " ".join(f"{name}={value}" for name, value in dsn.items())
    return feed_on(directory, "mysql", told, f'password_file = "{directory / "password"}"\n{settings}')


def feed_on(directory: Path, engine: str, dsn: str, settings: str) -> Feed:
    """A feed of any database."""
    site = site_file(
        directory,
        "127.0.0.1:1",
        f"""
[feeds.his]
kind = "sql"
engine = "{engine}"
source_system = "DB^{engine.upper()}"
dsn = "{dsn}"
poll_s = 0.02
overlap_every_s = 0.05
{settings}
""",
    )
    return feed_of(site, "his")


async def listen(
    feed: Feed, directory: Path, enough: Callable[[list[Event]], bool], *, crash: bool = False
) -> list[Event]:
    """What the rows tell, until that is enough; a position is kept in `directory` as it is between runs.
    With `crash` the last batch is lost before anybody heard of it."""
    reader = sql.SqlReader(feed, Positions(feed.site.name, feed.name, directory / "positions"), directory / "rows")
    interpret, events, deadline = sql.interpreter(feed), list[Event](), time.monotonic() + PATIENCE_S
    batches = reader.read()
    coming = asyncio.ensure_future(anext(batches))
    try:
        while time.monotonic() < deadline:
            await asyncio.wait({coming}, timeout=0.05)
            before, told = len(events), reader.rows_told
            if coming.done():
                for message in coming.result():
                    with suppress(Ignored):
                        events += interpret(message)
                if crash and enough(events):
                    return events[:before]
                coming = asyncio.ensure_future(anext(batches))  # asking for more says that what came is durable
                while reader.rows_told == told and not coming.done():
                    await asyncio.sleep(0.01)
            if enough(events):
                return events
        raise AssertionError(f"the rows did not tell enough: {len(events)} events")
    finally:
        coming.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await coming
        await reader.close()


def heard(feed: Feed, directory: Path, enough: Callable[[list[Event]], bool]) -> list[Event]:
    """As `listen`, and wait for it."""
    return asyncio.run(listen(feed, directory, enough))


def latest(events: list[Event]) -> dict[str, Event]:
    """The last word on each fact."""
    found: dict[str, Event] = {}
    for event in events:
        if event.event_id not in found or found[event.event_id].revision <= event.revision:
            found[event.event_id] = event
    return found
