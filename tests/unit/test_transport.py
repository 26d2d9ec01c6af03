"""The guards on Faust's consumer: each fails here without it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, NamedTuple

import faust
from faust.transport.drivers.aiokafka import Consumer as OneByOne
from faust.types import TP

from streams.transport import Consumer, Fetch, Transport

QUEUE = TP("his.queue.v1", 0)
ORDERS = TP("his.orders.v1", 0)


class Record(NamedTuple):
    """What aiokafka hands over, as far as the consumer looks."""

    offset: int
    value: bytes
    timestamp: int = 0
    timestamp_type: int = 1


class Kafka:
    """What a broker would answer."""

    def __init__(self, fetched: dict[TP, list[Record]]) -> None:
        self.fetched = fetched
        self.commits_fail = False
        self.committed: dict[TP, int] = {}


def consumer_of(kind: type[OneByOne], kafka: Kafka) -> Any:
    """A consumer of an app that is not connected: its driver's calls are answered by `kafka`."""

    class Unconnected(kind):  # type: ignore[misc]  # of whichever class is tested
        async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> dict[TP, list[Record]]:
            return {tp: records for tp, records in kafka.fetched.items() if tp in (active_partitions or ())}

        async def _commit(self, offsets: Mapping[TP, int]) -> bool:
            if not kafka.commits_fail:
                kafka.committed.update(offsets)
            return not kafka.commits_fail

        def assignment(self) -> set[TP]:
            return set(kafka.fetched)

        def highwater(self, tp: TP) -> int:
            return kafka.fetched[tp][-1].offset + 1

    async def nothing(*_: Any) -> None:
        """Nobody listens."""

    app = faust.App("guards", broker="kafka://127.0.0.1:1", web_enabled=False)
    app.transport = Transport(app.conf.broker_consumer, app)
    app.topics._acking_topics.update(tp.topic for tp in kafka.fetched)
    consumer = Unconnected(app.transport, nothing, nothing, nothing)
    consumer._set_active_tps(set(kafka.fetched))
    return consumer


def fetches(*offsets: int) -> list[Record]:
    return [Record(offset, b"event") for offset in offsets]


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(test())


async def read(consumer: Any) -> list[Any]:
    """What comes of one round of fetching, with the offsets kept as Faust's own reading loop keeps them."""
    messages = []
    async for tp, message in consumer.getmany(timeout=0):
        known = consumer._read_offset[tp]
        if known is not None and message.offset - known > 1:
            await consumer._add_gap(tp, known + 1, message.offset)
        consumer._read_offset[tp] = message.offset
        messages.append(message)
    return messages


def test_one_message_for_each_partition_fetch() -> None:
    async def test() -> None:
        consumer = consumer_of(Consumer, Kafka({QUEUE: fetches(5, 6, 7), ORDERS: fetches(40)}))
        messages = await read(consumer)
        assert [(m.topic, m.offset, m.value) for m in messages] == [
            ("his.queue.v1", 7, Fetch(5, 7, [b"event"] * 3)),
            ("his.orders.v1", 40, Fetch(40, 40, [b"event"])),
        ]

    run(test)


def test_a_commit_reaches_the_end_of_all_acknowledged_fetches() -> None:
    async def test() -> None:
        kafka = Kafka({QUEUE: fetches(0, 1, 2)})
        consumer = consumer_of(Consumer, kafka)
        for last in (2, 5, 8):
            kafka.fetched[QUEUE] = fetches(last - 2, last - 1, last)
            for message in await read(consumer):
                consumer.ack(message)
        await consumer.force_commit()
        assert kafka.committed == {QUEUE: 9}
        assert not consumer._gap[QUEUE]  # no gap is made up between the last offsets of two fetches

    run(test)


def test_a_commit_that_failed_is_not_believed_and_is_tried_again() -> None:
    async def test() -> None:
        kafka = Kafka({QUEUE: fetches(0, 1, 2)})
        consumer = consumer_of(Consumer, kafka)
        for message in await read(consumer):
            consumer.ack(message)
        kafka.commits_fail = True
        assert not await consumer.force_commit()
        kafka.commits_fail = False
        assert await consumer.force_commit()
        assert kafka.committed == {QUEUE: 3}

    run(test)


def test_it_reads_on_from_where_the_state_stands_not_the_group() -> None:
    async def test() -> None:
        consumer = consumer_of(Consumer, Kafka({QUEUE: fetches(5)}))
        sought: dict[TP, int] = {}

        async def resume(assigned: set[TP]) -> Mapping[TP, int]:
            return dict.fromkeys(assigned, 4)

        async def seek_wait(offsets: Mapping[TP, int]) -> None:
            sought.update(offsets)

        consumer.app.resume, consumer.seek_wait = resume, seek_wait
        await consumer.perform_seek()
        assert sought == {QUEUE: 4}

    run(test)


def test_a_full_buffer_does_not_send_the_reader_to_sleep() -> None:
    async def test() -> None:
        consumer = consumer_of(Consumer, Kafka({QUEUE: fetches(0)}))
        consumer.on_buffer_full(QUEUE)
        assert [m.offset for m in await read(consumer)] == [0]

    run(test)
