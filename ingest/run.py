"""Runs a feed: raw messages in, sealed and published together, acknowledged once all of it is durable.

Three failures, three responses: what is none of our business is acknowledged and counted; what will never be valid
becomes a dead letter and is refused; while Kafka or the source is away nothing is acknowledged, and the feed tries
again by itself. When too much is malformed the feed stops and says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress

import msgspec
import structlog

from ingest.bus import ALIAS, DEADLETTER, JOURNEY, RAW, BusSettings, Producer, Sent, event_topic
from ingest.connector import Connector, Interpret, KeepsBack, KeepsCount, RawMessage
from ingest.errors import Malformed, Misconfigured, Unavailable
from ingest.events import domains, encode
from ingest.events.envelope import kind_of
from ingest.feeds import Feed
from ingest.heartbeat import heartbeat
from ingest.intake import FUTURE, MalformedShare, Outcome, take
from ingest.metrics import FeedCounts
from ingest.publish import publish
from ingest.raw import DeadLetter, Sealer
from ingest.renaming import Renamed, publish_renamed, renamed

log = structlog.get_logger()

HEARTBEAT_S = 3.0  # a feed's link counts as down after 10 s without one
_PATIENCE_S = (0.2, 5.0)  # first and longest pause before the next attempt
_FLUSH_S = 5.0
_GROWTH = 32  # an event is at most so much longer than its message: each short number becomes a pseudonym


class Stopping(Exception):
    """The feed is asked to stop while something is not durable: it stays unacknowledged."""


class FeedRun:
    """One feed at work."""

    def __init__(
        self, feed: Feed, connector: Connector, interpret: Interpret, bus: BusSettings, sealer: Sealer
    ) -> None:
        self.counts = FeedCounts(feed.name)
        self._feed = feed
        self._connector = connector
        self._told = connector if isinstance(connector, KeepsCount) else None
        self._interpret = interpret
        self._bus = bus
        self._producer = Producer(bus)
        self._sealer = sealer
        self._share = MalformedShare(feed.settings.malformed_limit, feed.settings.malformed_window)
        self._writing = asyncio.Lock()  # what one flush makes durable is sent under it
        self._connecting: asyncio.Future[None] | None = None
        self._away = False
        self._batches = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Until there is no more, or `stop` is set. Raises Misconfigured when too much is malformed."""
        beating = asyncio.create_task(self._beat())
        pause_s = _PATIENCE_S[0]
        try:
            while not stop.is_set():
                try:
                    async for batch in _until(stop, self._connector.read()):
                        self._note_away(None)
                        pause_s = _PATIENCE_S[0]
                        await self._settle(batch, stop)
                    return
                except Unavailable as reason:
                    self._note_away(reason)
                    pause_s = await _pause(stop, pause_s)
        except Stopping:
            log.info("stopped with messages unacknowledged", feed=self._feed.name)
        finally:
            beating.cancel()
            with suppress(asyncio.CancelledError):
                await beating
            await self._connector.close()
            if self._connecting is not None:  # a producer closed meanwhile would wait in vain, and we for it
                await asyncio.wait({self._connecting}, timeout=_FLUSH_S)
            self._producer.close()

    async def _settle(self, batch: Sequence[RawMessage], stop: asyncio.Event) -> None:
        """Make a batch durable, then answer for it."""
        taken = [(message, *self._kept(message)) for message in batch]
        self._batches += 1
        told = renamed(self._feed)
        raw = await self._durably(stop, lambda: self._send_all(told, taken))
        settled = [(message, outcome, sent) for (message, outcome, _), sent in zip(taken, raw, strict=True)]
        letters = [letter for message, outcome, sent in settled for letter in self._letters(message, outcome, sent)]
        if letters:
            await self._durably(stop, lambda: [self._send_letter(letter) for letter in letters])
        for message, outcome, _ in settled:
            if outcome.malformed:
                await self._connector.refuse(message, outcome.malformed)
        await self._connector.acknowledge([message for message, outcome, _ in settled if not outcome.malformed])
        for message, outcome, _ in settled:
            if self._told:
                self._told.settled(message, outcome)
            self.counts.settled(outcome)
            self._share.count(outcome)
        if sentence := self._share.passed():
            self.counts.stopped()
            raise Misconfigured(
                f"Feed {self._feed.name} stopped: {sentence}. Mend its mapping, or raise malformed_limit in "
                f"[feeds.{self._feed.name}] of {self._feed.site.path}."
            )

    def _kept(self, message: RawMessage) -> tuple[Outcome, bytes]:
        """A message's outcome and its sealed form; b"" when it is longer than the log takes."""
        sealed = self._sealer.seal(self._feed.name, message)
        longest = self._bus.max_message_bytes - 1024  # less what a record adds
        if max(len(message.body), len(sealed)) > longest:
            return Outcome(malformed="too long: message"), sealed if len(sealed) <= longest else b""
        outcome = take(message, self._interpret)
        if len(message.body) * _GROWTH > longest and any(len(encode(event)) > longest for event in outcome.events):
            return Outcome(malformed="too long: event"), sealed
        return outcome, sealed

    def _send_all(self, told: Renamed, taken: Sequence[tuple[RawMessage, Outcome, bytes]]) -> list[Sent | None]:
        publish_renamed(self._producer, told, self._bus.partitions)
        return [self._send(outcome, sealed) for _, outcome, sealed in taken]

    def _send(self, outcome: Outcome, sealed: bytes) -> Sent | None:
        """Raw first. A batch goes to one partition, so that it costs one write to disk."""
        sent = None
        if sealed:
            sent = self._producer.send(RAW, self._feed.name, sealed, self._batches % self._bus.partitions)
        for event in outcome.events:
            publish(self._producer, event, self._bus.partitions)
        return sent

    def _letters(self, message: RawMessage, outcome: Outcome, sent: Sent | None) -> list[DeadLetter]:
        """A letter for a malformed message, and one for each event put aside."""
        reasons: list[tuple[str, str | None]] = [(FUTURE, kind_of(event)) for event in outcome.future]
        if outcome.malformed:
            reasons.append((outcome.malformed, None))
        if not reasons:
            return []
        partition, offset = sent.position() if sent else (None, None)
        letters = [
            DeadLetter(
                feed=self._feed.name,
                reason=reason,
                received_at=message.received_at,
                event_type=event_type,
                partition=partition,
                offset=offset,
            )
            for reason, event_type in reasons
        ]
        for letter in letters:
            log.warning("dead letter", **msgspec.structs.asdict(letter))
        return letters

    def _send_letter(self, letter: DeadLetter) -> Sent:
        return self._producer.send(DEADLETTER, letter.feed, msgspec.json.encode(letter))

    async def _durably(self, stop: asyncio.Event, send: Callable[[], list[Sent | None]]) -> list[Sent | None]:
        """Send and flush until it holds. Sending anew changes nothing: readers know a fact by its id."""
        pause_s = _PATIENCE_S[0]
        while True:
            try:
                async with self._writing:
                    if not self._producer.ready:
                        await self._connect()
                    sent = send()
                    await asyncio.to_thread(self._producer.flush, _FLUSH_S)
            except Unavailable as reason:
                self._note_away(reason)
                pause_s = await _pause(stop, pause_s)
                if stop.is_set():
                    raise Stopping from None
            else:
                self._note_away(None)
                return sent

    async def _connect(self) -> None:
        """Learn where the topics lie. Raises Unavailable."""
        self._connecting = asyncio.ensure_future(asyncio.to_thread(self._producer.connect, self._topics()))
        await asyncio.shield(self._connecting)

    def _topics(self) -> list[str]:
        return [RAW, DEADLETTER, JOURNEY, ALIAS, *(event_topic(domain) for domain in domains())]

    def _note_away(self, reason: Unavailable | None) -> None:
        if self._away != (reason is not None):
            self._away = reason is not None
            self.counts.away(self._away)
            log.warning("away" if reason else "back", feed=self._feed.name, reason=str(reason or "") or None)

    async def _beat(self) -> None:
        """A heartbeat while the source answers; it waits for Kafka as everything does."""
        while True:
            if not self._away:
                now_ms = self._feed.clock.now_ms()
                kept = self._connector.kept_bytes if isinstance(self._connector, KeepsBack) else None
                beat = heartbeat(self._feed, now_ms, self.counts, kept)
                with suppress(Unavailable, Malformed):
                    async with self._writing:
                        if not self._producer.ready:
                            await self._connect()
                        publish(self._producer, beat, self._bus.partitions)
                        await asyncio.to_thread(self._producer.flush, _FLUSH_S)
            await asyncio.sleep(HEARTBEAT_S)


async def _until(
    stop: asyncio.Event, batches: AsyncIterator[Sequence[RawMessage]]
) -> AsyncIterator[Sequence[RawMessage]]:
    """The batches until there are no more or `stop` is set."""
    stopping = asyncio.ensure_future(stop.wait())
    try:
        while not stop.is_set():
            coming = asyncio.create_task(_next(batches))
            await asyncio.wait({coming, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not coming.done():
                coming.cancel()
                with suppress(asyncio.CancelledError):
                    await coming
                return
            batch = coming.result()
            if batch is None:
                return
            yield batch
    finally:
        stopping.cancel()


async def _next(batches: AsyncIterator[Sequence[RawMessage]]) -> Sequence[RawMessage] | None:
    try:
        return await anext(batches)
    except StopAsyncIteration:
        return None


async def _pause(stop: asyncio.Event, pause_s: float) -> float:
    """Wait, or until asked to stop. Returns the next pause, twice as long up to the longest."""
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), pause_s)
    return min(pause_s * 2, _PATIENCE_S[1])
