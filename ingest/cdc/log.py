"""The topic on which a feed's changes lie, read from where they were last settled, and forgotten once they are.

What lies there is the HIS's own words: so it is kept only until its events and its sealed copy are durable.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import Any

import msgspec
import structlog

from ingest.bus import BusSettings, consumer, ensure_topics, reaching
from ingest.cdc.order import Order
from ingest.cdc.settings import change_topic, topic_of
from ingest.consuming import forget
from ingest.errors import Misconfigured, Unavailable
from ingest.feeds import Feed
from ingest.positions import Mark, Positions

log = structlog.get_logger()

_PAGE = 500
_POLL_MS = 500
_FORGET_EVERY_S = 60.0


class ChangeLog:
    """A feed's topic of changes, and how far it is settled."""

    def __init__(self, feed: Feed, positions: Positions) -> None:
        self._feed, self._positions = feed, positions
        self._bus = feed.site.section("bus", BusSettings)
        self._topic = change_topic(feed)
        self._reader: Any = None
        self._reading = threading.Lock()  # a reader that is closed may still be asked in a thread nobody waits for
        self._heard_at = 0.0
        self._forgot_at = time.monotonic()
        self.order = Order()

    @property
    def quiet_s(self) -> float:
        """For how long nothing has been heard, by our own clock."""
        return time.monotonic() - self._heard_at

    @property
    def has_begun(self) -> bool:
        """Whether anything was ever settled."""
        return self._topic in self._positions.marks

    def open(self) -> str:
        """Stand where the last settled change was; why not all since then is there, "" when it is. Raises
        Unavailable."""
        ensure_topics(self._bus, [topic_of(self._feed, self._bus.replication)])
        self._reader = consumer(self._bus, [self._topic], partitions=[0], max_poll_records=_PAGE)
        self._heard_at = time.monotonic()
        mark = self._positions.marks.get(self._topic)
        if mark is None:
            return ""
        self.order = _order(mark)
        with reaching(self._bus):
            (place,) = self._reader.assignment()
            first, end = (each([place])[place] for each in (self._reader.beginning_offsets, self._reader.end_offsets))
            settled = int(mark.row_ver)
            is_whole = first <= settled <= end
            self._reader.seek(place, settled if is_whole else first)
        return "" if is_whole else f"changes waited on {self._topic} for longer than kept_hours, or it was made anew"

    def poll(self) -> list[Any]:
        """What has come. Raises Unavailable."""
        with self._reading, reaching(self._bus):
            polled = self._reader.poll(timeout_ms=_POLL_MS) if self._reader is not None else {}
        records = [each for some in polled.values() for each in some]
        if records:
            self._heard_at = time.monotonic()
        return records

    def settled(self, offset: int, order: Order) -> None:
        """Everything before `offset` is durable. Raises Unavailable when the disk does not take it."""
        self.order = order
        self._positions.move(self._topic, Mark(str(offset), msgspec.json.encode(order).decode()))
        if time.monotonic() - self._forgot_at > _FORGET_EVERY_S:
            self._forgot_at = time.monotonic()
            with suppress(Unavailable), reaching(self._bus):  # said again with the next minute
                forget(self._bus, self._topic, offset)

    def close(self) -> None:
        """Let go of the connection."""
        with self._reading:
            reader, self._reader = self._reader, None
            if reader is not None:
                reader.close()


def _order(mark: Mark) -> Order:
    try:
        return msgspec.json.decode(mark.src_pk, type=Order)
    except msgspec.DecodeError:
        raise Misconfigured("The position of a feed of changes is unreadable; remove it to start anew.") from None
