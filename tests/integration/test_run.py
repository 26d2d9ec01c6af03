"""A feed against a broker: durable before acknowledged, dead letters beside, back by itself after an outage."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from nacl.public import PrivateKey

from infra.local.kafka import KafkaProcess, start_kafka
from ingest.bus import (
    CONTROL,
    DEADLETTER,
    JOURNEY,
    RAW,
    BusSettings,
    consumer,
    ensure_topics,
    event_topic,
    read_to_end,
)
from ingest.clock import Clock
from ingest.connector import RawMessage
from ingest.errors import Ignored, Malformed, Misconfigured
from ingest.events import decode
from ingest.events.control import PatientMerged
from ingest.events.envelope import Event, Instant, Telling, assemble
from ingest.events.queue import QueueJoined
from ingest.feeds import Feed, FeedSettings
from ingest.journey import decode_placement
from ingest.privacy import Pseudonyms, SiteKey
from ingest.raw import DeadLetter, Sealer, unseal
from ingest.run import FeedRun
from ingest.settings import load_site
from tests.conftest import free_port

pytestmark = pytest.mark.services

NINE = 1_741_741_200_000  # an instant; the clock of these tests is the real one, long after it


class Told:
    """A connector whose messages are given beforehand; it notes what was answered."""

    def __init__(self, *batches: Sequence[RawMessage]) -> None:
        self.answers: list[str] = []
        self.closed = False
        self._batches = batches

    async def read(self) -> AsyncIterator[Sequence[RawMessage]]:
        for batch in self._batches:
            yield batch

    async def refuse(self, message: RawMessage, reason: str) -> None:
        self.answers.append(f"{message.body.decode()} refused, {reason}")

    async def acknowledge(self, messages: Sequence[RawMessage]) -> None:
        self.answers.extend(f"{message.body.decode()} acknowledged" for message in messages)

    async def close(self) -> None:
        self.closed = True


def message(text: str) -> RawMessage:
    return RawMessage(body=text.encode(), media_type="text/plain", received_at=NINE)


def interpret(raw: RawMessage) -> Iterable[Event]:
    """`join <ticket> <visit>`, `merge`, `later <ticket>`; anything else is malformed, `hello` none of our business."""
    word, *more = raw.body.decode().split()
    telling = Telling(facility_id="H001", source_system="QUEUE^T", ingested_at=raw.received_at)
    if word == "join":
        yield assemble(QueueJoined, telling, Instant(NINE, "ms", 480), ticket_id=more[0], visit_id=more[1])
    elif word == "crowd":
        yield assemble(QueueJoined, telling, Instant(NINE, "ms", 480), ticket_id="t0", ref_ids=tuple(more))
    elif word == "later":
        yield assemble(QueueJoined, telling, Instant(NINE + 601_000, "ms", 480), ticket_id=more[0])
    elif word == "merge":
        yield assemble(
            PatientMerged, telling, Instant(NINE, "ms", 480), surviving_patient_id="p1", prior_patient_id="p2"
        )
    elif word == "hello":
        raise Ignored("trigger:hello")
    else:
        raise Malformed("unreadable: line 1")


PRIVATE = PrivateKey.generate()


def feed_run(bus: BusSettings, connector: Told, name: str, **settings: Any) -> FeedRun:
    feed = Feed(
        name,
        FeedSettings(kind="told", source_system="QUEUE^T", **settings),
        load_site("demo"),
        Clock(),
        Pseudonyms(SiteKey(b"k" * 32)),
    )
    return FeedRun(feed, connector, interpret, bus, Sealer(PRIVATE.public_key))


def run(feed: FeedRun) -> None:
    asyncio.run(feed.run(asyncio.Event()))


@pytest.fixture(scope="module")
def bus(kafka: KafkaProcess) -> BusSettings:
    settings = BusSettings(bootstrap=kafka.bootstrap)
    ensure_topics(settings)
    return settings


def everything(bus: BusSettings, topic: str, wanted: Callable[[Any], bool] = lambda record: True) -> list[Any]:
    reader = consumer(bus, [topic])
    records = [record for record in read_to_end(reader) if wanted(record)]
    reader.close()
    return records


def test_a_message_is_answered_when_its_raw_form_event_and_placement_are_in_the_log(bus: BusSettings) -> None:
    told = Told([message("join t1 v1"), message("hello"), message("join t2 v1")])
    run(feed_run(bus, told, "first"))
    assert told.answers == ["join t1 v1 acknowledged", "hello acknowledged", "join t2 v1 acknowledged"]
    assert told.closed
    raw = [unseal(r.value, PRIVATE)[1].body for r in everything(bus, RAW, lambda r: r.key == b"first")]
    assert raw == [b"join t1 v1", b"hello", b"join t2 v1"]
    events = [decode(r.value) for r in everything(bus, event_topic("queue"), lambda r: r.key in (b"t1", b"t2"))]
    placements = [decode_placement(r.value) for r in everything(bus, JOURNEY, lambda r: r.key == b"v1")]
    assert {p.event.event_id for p in placements} == {e.event_id for e in events}
    assert all(p.placed and p.link == "" for p in placements)


def test_an_event_longer_than_the_log_takes_is_a_dead_letter_and_those_behind_it_flow(bus: BusSettings) -> None:
    crowd = "crowd " + " ".join(["b" * 32] * 40_000)
    told = Told([message(crowd), message("join t9 v9")])
    run(feed_run(msgspec.structs.replace(bus, max_message_bytes=1_400_000), told, "crowd"))
    refused, acknowledged = told.answers
    assert refused.endswith(" refused, too long: event") and acknowledged == "join t9 v9 acknowledged"


def test_a_dead_letter_tells_the_reason_and_where_the_message_lies_and_never_what_it_was(bus: BusSettings) -> None:
    told = Told([message("join t3 v3"), message("Zhang San 13800000000"), message("join t4 v3")])
    run(feed_run(bus, told, "second", malformed_limit=0.9))
    assert told.answers == [
        "Zhang San 13800000000 refused, unreadable: line 1",
        "join t3 v3 acknowledged",
        "join t4 v3 acknowledged",
    ]
    (record,) = everything(bus, DEADLETTER, lambda r: r.key == b"second")
    assert b"Zhang" not in record.value
    letter = msgspec.json.decode(record.value, type=DeadLetter)
    assert letter.reason == "unreadable: line 1"
    (kept,) = everything(bus, RAW, lambda r: (r.partition, r.offset) == (letter.partition, letter.offset))
    assert unseal(kept.value, PRIVATE)[1].body == b"Zhang San 13800000000"


def test_an_event_further_ahead_than_ten_minutes_is_put_aside_and_its_message_acknowledged(bus: BusSettings) -> None:
    told = Told([message("later t5")])
    run(feed_run(bus, told, "third"))
    assert told.answers == ["later t5 acknowledged"]
    assert everything(bus, event_topic("queue"), lambda r: r.key == b"t5") == []
    (record,) = everything(bus, DEADLETTER, lambda r: r.key == b"third")
    letter = msgspec.json.decode(record.value, type=DeadLetter)
    assert (letter.reason, letter.event_type) == ("future_time: occurred_at", "queue.joined")


def test_what_every_shard_must_hear_is_on_every_partition(bus: BusSettings) -> None:
    run(feed_run(bus, Told([message("merge")]), "fourth"))
    records = everything(bus, CONTROL, lambda r: r.key == b"p1")
    assert sorted(r.partition for r in records) == list(range(bus.partitions))


def test_a_feed_that_is_mostly_malformed_stops_and_says_so(bus: BusSettings) -> None:
    told = Told([message("join t6 v6")] * 3, [message("?")] * 3, [message("join t7 v6")])
    with pytest.raises(Misconfigured, match=r"Feed fifth stopped: 3 of its last 6 messages .* unreadable: line 1"):
        run(feed_run(bus, told, "fifth", malformed_limit=0.4, malformed_window=10))
    assert told.answers[-3:] == ["? refused, unreadable: line 1"] * 3


def test_while_kafka_is_away_nothing_is_acknowledged_and_then_all_of_it_is(tmp_path: Path) -> None:
    port, controller = free_port(), free_port()
    broker = start_kafka(tmp_path, port, controller)
    bus = BusSettings(bootstrap=broker.bootstrap)
    ensure_topics(bus)
    broker.stop()
    told = Told([message("join t8 v8")])
    answered_while_away: list[str] = []

    async def outage() -> KafkaProcess:
        running = asyncio.create_task(feed_run(bus, told, "sixth").run(asyncio.Event()))
        await asyncio.sleep(1)
        answered_while_away.extend(told.answers)
        back = await asyncio.to_thread(start_kafka, tmp_path, port, controller)
        await running
        return back

    broker = asyncio.run(outage())
    try:
        assert answered_while_away == []
        assert told.answers == ["join t8 v8 acknowledged"]
        assert everything(bus, event_topic("queue"), lambda r: r.key == b"t8")
    finally:
        broker.stop()


def test_a_feed_asked_to_stop_during_an_outage_leaves_its_messages_unacknowledged() -> None:
    bus = BusSettings(bootstrap=f"127.0.0.1:{free_port()}")
    told = Told([message("join t9 v9")])

    async def stopped() -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(feed_run(bus, told, "seventh").run(stop))
        await asyncio.sleep(0.5)
        stop.set()
        await running

    asyncio.run(stopped())
    assert told.answers == []
    assert told.closed
