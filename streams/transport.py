"""How Kafka reaches the fold: whole fetches through Faust, and a producer beside it.

Faust costs about 90 µs an event whatever the payload. So its consumer hands over one message for each partition fetch,
and the fold runs in plain Python over the list. Four habits of faust-streaming 0.15.3 are held in check here:
its gap bookkeeping, its belief in commits that failed, its reading on from what the group committed, and its pause
of a second when every buffer is full.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, cast

import aiokafka
import faust
from aiokafka.errors import KafkaError
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread
from faust.transport.drivers.aiokafka import Consumer as OneByOne
from faust.transport.drivers.aiokafka import Transport as OneByOneTransport
from faust.types import TP, ConsumerMessage

from ingest.errors import Misconfigured, Unavailable
from ingest.topics import BusSettings

FETCH_WAIT_MS = 500  # how long the broker holds a fetch that finds nothing


class Fetch(NamedTuple):
    """What one fetch brought of one partition: the values from offset `first` to offset `last`."""

    first: int
    last: int
    values: list[bytes | None]


Resume = Callable[[set[TP]], Awaitable[Mapping[TP, int]]]


class _Thread(AIOKafkaConsumerThread):  # type: ignore[misc]
    """Faust's consumer thread, whose fetches wait less long."""

    def _create_worker_consumer(self, transport: Any) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        return consumer


class Consumer(OneByOne):  # type: ignore[misc]
    """Faust's consumer, handing over one message for each partition fetch.

    The app's `resume` is asked, on every assignment, where to read on: the offsets that were written together with the
    state, whatever the group has committed. Group commits serve lag tools only.
    """

    def _new_consumer_thread(self) -> AIOKafkaConsumerThread:
        return _Thread(self, loop=self.loop, beacon=self.beacon)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, ConsumerMessage]]:
        """One message per partition fetch."""
        fetched, active = await self._wait_next_records(timeout)
        if not fetched or self.should_stop:
            return
        generation = self.app.consumer_generation_id
        for tp, records in fetched.items():
            if not self.flow_active or self.app.consumer_generation_id != generation:
                return  # what is dropped here is read again: the shards say where they stand
            if active is None or tp in active:
                self.app.monitor.track_tp_end_offset(tp, self.highwater(tp))
                # Faust takes the offsets between two messages for a gap, and counts the message itself into it.
                self._read_offset[tp] = records[-1].offset - 1
                yield tp, self._message_of(tp, records)

    def _message_of(self, tp: TP, records: list[Any]) -> ConsumerMessage:
        last = records[-1]
        fetch = Fetch(records[0].offset, last.offset, [record.value for record in records])
        return ConsumerMessage(
            tp.topic,
            tp.partition,
            last.offset,
            last.timestamp / 1000.0,
            last.timestamp_type,
            (),
            None,
            fetch,
            None,
            0,
            0,
            tp,
            generation_id=self.app.consumer_generation_id,
        )

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Stand where the shards' own state says, not where the group committed."""
        resume: Resume | None = getattr(self.app, "resume", None)
        if resume is None:
            return cast(Mapping[TP, int], await super().seek_to_committed())
        await self.seek_wait(offsets := await resume(self.assignment()))
        return offsets

    def _new_offset(self, tp: TP) -> int | None:
        """The highest acknowledged offset plus one: one agent acknowledges a partition in order.

        The highest is kept, so that a commit that failed is tried again.
        """
        acked = self._acked[tp]
        if not acked:
            return None
        highest = max(acked)
        self._acked_index[tp].intersection_update({highest})
        acked[:] = [highest]
        return cast(int, highest) + 1

    async def _commit_offsets(self, offsets: Mapping[TP, int], start_new_transaction: bool = True) -> bool:
        """Commit, and do not believe in a commit that failed (as 0.15.3 does)."""
        before = {tp: self._committed_offset[tp] for tp in offsets}
        committed = await super()._commit_offsets(offsets, start_new_transaction)
        if not committed:
            self._committed_offset.update(before)
        return cast(bool, committed)

    def on_buffer_full(self, tp: TP) -> None:
        """Nothing: a full buffer holds the reader back by itself; without active partitions Faust sleeps a second."""

    on_buffer_drop = on_buffer_full


class Transport(OneByOneTransport):  # type: ignore[misc]
    """Faust's Kafka transport with the consumer above."""

    Consumer = Consumer


class WholeFetch(faust.Schema):  # type: ignore[misc]
    """Hands a fetch through: decoding is the fold's."""

    def loads_key(self, app: Any, message: Any, **_: Any) -> Any:  # noqa: ARG002 - Faust's signature
        """Records of a fetch have no key in common."""
        return None

    def loads_value(self, app: Any, message: Any, **_: Any) -> Any:  # noqa: ARG002 - Faust's signature
        """The Fetch itself."""
        return message.value


def security_of(settings: BusSettings) -> dict[str, Any]:
    """aiokafka's options for the site's security settings."""
    options: dict[str, Any] = {"security_protocol": settings.security.upper()}
    if settings.security.endswith("ssl"):
        options["ssl_context"] = aiokafka.helpers.create_ssl_context(
            cafile=settings.ca_file, certfile=settings.cert_file, keyfile=settings.key_file
        )
    if settings.security.startswith("sasl"):
        if not (settings.username and settings.password_file):
            raise Misconfigured("[bus] security is SASL: username and password_file must be set.")
        options["sasl_plain_password"] = Path(settings.password_file).read_text("utf-8").strip()
        options |= {"sasl_mechanism": settings.sasl_mechanism, "sasl_plain_username": settings.username}
    return options


def _away(settings: BusSettings, error: Exception) -> Unavailable:
    return Unavailable(f"Kafka at {settings.bootstrap} does not answer ({type(error).__name__}).")


class Record(NamedTuple):
    """A record to write. Without a partition the key decides."""

    topic: str
    key: bytes | None
    value: bytes | None
    partition: int | None = None


class Outlet:
    """Writes what the fold says, acknowledged by all replicas, in batches."""

    def __init__(self, settings: BusSettings) -> None:
        self._settings = settings
        self._kafka: aiokafka.AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Connect. Raises Unavailable."""
        self._kafka = aiokafka.AIOKafkaProducer(
            bootstrap_servers=self._settings.bootstrap,
            acks="all",
            linger_ms=0,
            max_batch_size=512 * 1024,
            max_request_size=self._settings.max_message_bytes,
            compression_type=None if self._settings.compression == "none" else self._settings.compression,
            **security_of(self._settings),
        )
        try:
            await self._kafka.start()
        except KafkaError as error:
            raise _away(self._settings, error) from None

    async def write(self, records: Iterable[Record]) -> None:
        """Return when all are stored. Raises Unavailable; then some may be stored."""
        assert self._kafka is not None
        try:
            waiting = [await self._kafka.send(r.topic, r.value, r.key, r.partition) for r in records]
            for stored in waiting:
                await stored
        except KafkaError as error:
            raise _away(self._settings, error) from None

    async def stop(self) -> None:
        """Let go of the connection."""
        if self._kafka is not None:
            await self._kafka.stop()


async def last_records(settings: BusSettings, topic: str, partition: int) -> dict[bytes, bytes]:
    """A compacted partition from start to end: each key's last value, tombstoned keys left out. Raises Unavailable."""
    tp = aiokafka.TopicPartition(topic, partition)
    reader = aiokafka.AIOKafkaConsumer(
        bootstrap_servers=settings.bootstrap,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        **security_of(settings),
    )
    found: dict[bytes, bytes] = {}
    try:
        await reader.start()
        reader.assign([tp])
        end = (await reader.end_offsets([tp]))[tp]
        await reader.seek_to_beginning(tp)
        while await reader.position(tp) < end:
            for records in (await reader.getmany(tp, timeout_ms=500)).values():
                for record in records:
                    if record.value is None:
                        found.pop(record.key, None)
                    else:
                        found[record.key] = record.value
    except KafkaError as error:
        raise _away(settings, error) from None
    finally:
        await reader.stop()
    return found


async def log_bounds(consumer: Consumer, tps: set[TP]) -> dict[TP, tuple[int, int]]:
    """For each partition the first offset still kept and the end."""
    thread = consumer._thread
    kafka = thread._ensure_consumer()
    first = await thread.call_thread(kafka.beginning_offsets, list(tps))
    end = await thread.call_thread(kafka.end_offsets, list(tps))
    return {tp: (first[tp], end[tp]) for tp in tps}


async def offsets_since(consumer: Consumer, tps: set[TP], appended_at: int) -> dict[TP, int]:
    """For each partition the first offset appended at that instant or later; partitions without one are left out."""
    thread = consumer._thread
    kafka = thread._ensure_consumer()
    found = await thread.call_thread(kafka.offsets_for_times, dict.fromkeys(tps, appended_at))
    return {tp: at.offset for tp, at in found.items() if at is not None}
