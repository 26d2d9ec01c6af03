"""How Kafka reaches the fold: whole fetches through Faust.

Faust costs about 90 µs an event whatever the payload. So its consumer hands over one message for each partition fetch,
and the fold runs in plain Python over the list. Four habits of faust-streaming 0.15.3 are held in check here:
its gap bookkeeping, its belief in commits that failed, its reading on from what the group committed, and its pause
of a second when every buffer is full.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, NamedTuple, cast

import aiokafka
import faust
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread
from faust.transport.drivers.aiokafka import Consumer as OneByOne
from faust.transport.drivers.aiokafka import Transport as OneByOneTransport
from faust.types import TP as TP
from faust.types import ConsumerMessage
from mode.threads import WorkerThread

_PARTING_S = 3.0
FETCH_WAIT_MS = 500  # how long the broker holds a fetch that finds nothing


class Fetch(NamedTuple):
    """What one fetch brought of one partition: the values from offset `first` to offset `last`."""

    first: int
    last: int
    values: list[bytes | None]


Resume = Callable[[set[TP]], Awaitable[Mapping[TP, int]]]


class _Parting(WorkerThread):  # type: ignore[misc] # Faust brings no types
    """A thread that goes with its process: while Kafka is away, saying goodbye to it would take for ever."""

    def __init__(self, service: Any, **options: Any) -> None:
        super().__init__(service, **options)
        self.daemon = True

    def stop(self) -> None:
        """Wait for its end, but not for ever as the original does, with the whole process."""
        self.is_stopped.wait(_PARTING_S)


class _Thread(AIOKafkaConsumerThread):  # type: ignore[misc] # Faust brings no types
    """Faust's consumer thread, whose fetches wait less long."""

    Worker = _Parting

    def _create_worker_consumer(self, transport: Any) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        return consumer


class Consumer(OneByOne):  # type: ignore[misc] # Faust brings no types
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


class Transport(OneByOneTransport):  # type: ignore[misc] # Faust brings no types
    """Faust's Kafka transport with the consumer above."""

    Consumer = Consumer


class WholeFetch(faust.Schema):  # type: ignore[misc] # Faust brings no types
    """Hands a fetch through: decoding is the fold's."""

    def loads_key(self, app: Any, message: Any, **_: Any) -> Any:  # noqa: ARG002 - Faust's signature
        """Records of a fetch have no key in common."""
        return None

    def loads_value(self, app: Any, message: Any, **_: Any) -> Any:  # noqa: ARG002 - Faust's signature
        """The Fetch itself."""
        return message.value


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
