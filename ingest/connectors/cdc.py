"""Change data capture: tables of PostgreSQL and MariaDB, read by Debezium from the database's own log.

Nothing is polled, and nothing overwritten is missed. Debezium runs in Kafka Connect and writes the changes of a feed to
one topic, in their order; the feed reads that topic, and remembers how far beside its other positions.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from ingest.cdc.log import ChangeLog
from ingest.cdc.page import Page, page
from ingest.cdc.server import Server
from ingest.cdc.settings import Settings as Settings
from ingest.cdc.settings import settings_of, tables_of
from ingest.cdc.watch import Watch
from ingest.connector import Interpret, RawMessage
from ingest.errors import Unavailable
from ingest.feeds import Feed
from ingest.interpret.changes import interpret_change
from ingest.interpret.source import source_of
from ingest.positions import Positions


def connect(feed: Feed) -> ChangeReader:
    """The reader of a feed."""
    return ChangeReader(feed)


def interpreter(feed: Feed) -> Interpret:
    """Changes as events."""
    source, tables = source_of(feed), tables_of(settings_of(feed))
    return lambda raw: interpret_change(raw.body, tables, source, raw.received_at)


class ChangeReader:
    """Reads a feed's changes in their order."""

    def __init__(self, feed: Feed, positions: Positions | None = None) -> None:
        self._feed, self._settings = feed, settings_of(feed)
        self._tables = tables_of(self._settings)
        self._server = Server(feed)
        self._watch = Watch(feed, self._server)
        self._log = ChangeLog(feed, positions or Positions(feed.site.name, feed.name))

    @property
    def kept_bytes(self) -> int | None:
        """How much of its log the database keeps for the feed's slot."""
        return self._watch.kept_bytes

    async def read(self) -> AsyncIterator[Sequence[RawMessage]]:
        """Changes, as long as anybody asks. Raises Unavailable when Kafka, Connect or the database is away."""
        try:
            await asyncio.to_thread(self._open)
            while True:
                records = await asyncio.to_thread(self._log.poll)
                await asyncio.to_thread(self._watch.look)
                if records:
                    values = [record.value for record in records]
                    messages, order = await asyncio.to_thread(self._page, values)
                    yield messages  # returns here when they are durable; of none it says that the link is there
                    await asyncio.to_thread(self._log.settled, records[-1].offset + 1, order)
                elif self._log.quiet_s > self._settings.quiet_s:
                    raise Unavailable(f"Change capture of feed {self._feed.name} says nothing.")
        finally:
            self._shut()

    async def refuse(self, message: RawMessage, reason: str) -> None:
        """The change stays a dead letter; the row's next change comes by itself."""

    async def acknowledge(self, messages: Sequence[RawMessage]) -> None:
        """Told. The position moves once the batch is settled."""

    async def close(self) -> None:
        """Let go of the connections."""
        self._shut()

    def _open(self) -> None:
        gap = self._log.open()
        self._watch.begin(gap, self._log.has_begun)

    def _page(self, values: list[bytes | None]) -> Page:
        return page(values, self._log.order, self._tables, self._server, self._feed.clock.now_ms())

    def _shut(self) -> None:
        self._log.close()
        self._server.close()
