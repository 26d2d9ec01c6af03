"""Change data capture: tables of PostgreSQL and MariaDB, read by Debezium from the database's own log.

Nothing is polled, and nothing overwritten is missed. Debezium runs in Kafka Connect and writes the changes of a feed to
one topic, in their order; the feed reads that topic, and remembers how far beside its other positions.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any

import structlog

from ingest.bus import BusSettings, consumer, ensure_topics, reaching
from ingest.cdc.configuration import connector_configuration, connector_name
from ingest.cdc.settings import Settings as Settings
from ingest.cdc.settings import change_topic, settings_of, tables_of, topic_of
from ingest.cdc.worker import Worker
from ingest.connector import Interpret, RawMessage
from ingest.errors import Unavailable
from ingest.feeds import Feed
from ingest.interpret.changes import interpret_change
from ingest.interpret.source import source_of
from ingest.positions import Mark, Positions

log = structlog.get_logger()

_PAGE = 500
_POLL_MS = 500


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
        self._bus = feed.site.section("bus", BusSettings)
        self._positions = positions or Positions(feed.site.name, feed.name)
        self._topic = change_topic(feed)
        self._consumer: Any = None
        self._heard_at = 0.0  # when change capture last said anything, by our own clock

    async def read(self) -> AsyncIterator[Sequence[RawMessage]]:
        """Changes, as long as anybody asks. Raises Unavailable when Kafka, Connect or the database is away."""
        if self._consumer is None:
            await asyncio.to_thread(self._open)
        while True:
            records = await asyncio.to_thread(self._poll)
            if not records:
                self._mind_the_quiet()
                continue
            self._heard_at = time.monotonic()
            messages = [message for record in records if (message := self._message(record)) is not None]
            if messages:
                yield messages  # returns here when they are durable
            await asyncio.to_thread(self._positions.move, self._topic, Mark(str(records[-1].offset + 1), ""))

    async def refuse(self, message: RawMessage, reason: str) -> None:
        """The change stays a dead letter; the row's next change comes by itself."""

    async def acknowledge(self, messages: Sequence[RawMessage]) -> None:
        """Told. The position moves once the batch is settled."""

    async def close(self) -> None:
        """Let go of the connection."""
        self._shut()

    def _open(self) -> None:
        ensure_topics(self._bus, [topic_of(self._feed, self._bus.replication)])
        if self._settings.connect_url:
            worker = Worker(self._settings.connect_url, connector_name(self._feed))
            worker.hand_in(connector_configuration(self._feed, self._bus))
        self._consumer = consumer(self._bus, [self._topic], partitions=[0], max_poll_records=_PAGE)
        with reaching(self._bus):
            (place,) = self._consumer.assignment()
            mark = self._positions.marks.get(self._topic)
            if mark is not None:
                self._consumer.seek(place, int(mark.row_ver))
        self._heard_at = time.monotonic()

    def _poll(self) -> list[Any]:
        with reaching(self._bus):
            return [record for records in self._consumer.poll(timeout_ms=_POLL_MS).values() for record in records]

    def _message(self, record: Any) -> RawMessage | None:
        """A change as a message; None of what says only that change capture is alive."""
        if record.value is None or b'"op":' not in record.value:
            return None
        body = b'{"version":%d,"change":%b}' % (record.offset, record.value)
        return RawMessage(body=body, media_type="application/json", received_at=self._feed.clock.now_ms())

    def _mind_the_quiet(self) -> None:
        if time.monotonic() - self._heard_at > self._settings.quiet_s:
            self._shut()
            raise Unavailable(f"Change capture of feed {self._feed.name} says nothing.")

    def _shut(self) -> None:
        reader, self._consumer = self._consumer, None
        if reader is not None:
            reader.close()
