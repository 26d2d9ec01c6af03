"""The bus against a real broker: topics as declared, records where their key says, and what is not stored is said."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Literal

import msgspec
import pytest
from kafka import KafkaAdminClient

from infra.local.kafka import KafkaProcess, start_kafka
from ingest.bus import (
    KPI,
    RAW,
    BusSettings,
    Producer,
    consumer,
    ensure_topics,
    partition_of,
    read_to_end,
    topics,
)
from ingest.errors import Malformed, Misconfigured, Unavailable
from ingest.retention import keep_as_said
from ingest.topics import connection
from tests.conftest import free_port

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def bus(kafka: KafkaProcess) -> BusSettings:
    """The settings of the session's broker, topics made."""
    settings = BusSettings(bootstrap=kafka.bootstrap)
    ensure_topics(settings)
    return settings


def test_topics_are_made_once_and_a_second_time_changes_nothing(bus: BusSettings) -> None:
    assert ensure_topics(bus) == []
    assert {topic.partitions for topic in topics(bus)} == {6}


def test_a_retention_that_the_site_file_changes_is_changed_in_kafka(bus: BusSettings) -> None:
    shorter = msgspec.structs.replace(bus, deadletter_days=3)
    with KafkaAdminClient(**connection(bus)) as admin:
        for settings in (shorter, bus):
            assert keep_as_said(admin, topics(settings)) == ["his.deadletter.v1"]
            until = time.monotonic() + 60  # a broker tells of what was changed a moment later
            while keep_as_said(admin, topics(settings)):
                assert time.monotonic() < until
                time.sleep(0.1)


def test_another_number_of_partitions_is_refused_by_name(bus: BusSettings) -> None:
    with pytest.raises(Misconfigured, match=r"his\.\w+\.v1 has 6 partitions, \[bus\] partitions says 4"):
        ensure_topics(msgspec.structs.replace(bus, partitions=4))


def test_a_record_lies_in_the_partition_of_its_key(bus: BusSettings) -> None:
    producer = Producer(bus)
    sent = {key: producer.send(KPI, key, key.encode()) for key in ("ticket-1", "ticket-2", "ticket-3")}
    producer.flush()
    assert {key: record.position()[0] for key, record in sent.items()} == {
        key: partition_of(key, bus.partitions) for key in sent
    }
    producer.close()


def test_a_reader_gets_a_topic_to_its_end_and_then_returns(bus: BusSettings) -> None:
    producer = Producer(bus)
    for number in range(500):
        producer.send(KPI, f"cell-{number}", b"{}")
    producer.flush()
    reader = consumer(bus, [KPI])
    keys = {record.key.decode() for record in read_to_end(reader)}
    assert {f"cell-{number}" for number in range(500)} <= keys
    assert list(read_to_end(reader)) == []
    reader.close()
    producer.close()


def test_a_reader_that_polls_impatiently_gets_its_partitions_at_every_start(bus: BusSettings) -> None:
    for start in range(4):  # each of them failed nine times in ten when an answer to a joining could be missed
        reader = consumer(bus, [KPI], group=f"impatient-{start}")
        until = time.monotonic() + 30
        while len(reader.assignment()) < bus.partitions and time.monotonic() < until:
            reader.poll(timeout_ms=1)
        assert len(reader.assignment()) == bus.partitions
        reader.close(autocommit=False)


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_bare_records_are_the_same_records(bus: BusSettings, compression: Literal["none", "gzip"]) -> None:
    producer = Producer(msgspec.structs.replace(bus, compression=compression))
    for number in range(2_000):
        producer.send(RAW, f"{compression}-{number % 7}", b"%d" % number if number % 5 else None)
        if number % 300 == 0:
            producer.flush()
    producer.flush()
    producer.close()
    told = []
    for bare in (False, True):
        reader = consumer(bus, [RAW], bare=bare, max_poll_records=70)  # batches are taken in parts
        told.append({(r.key, r.value, r.offset, r.timestamp) for r in read_to_end(reader)})
        reader.close()
    assert told[0] == told[1]
    assert len([key for key, *_ in told[1] if key.startswith(compression.encode())]) == 2_000


def test_a_record_that_is_too_long_is_malformed_not_unavailable(bus: BusSettings) -> None:
    producer = Producer(bus)
    with pytest.raises(Malformed, match="too long"):
        producer.send(RAW, "feed", b"\0" * (bus.max_message_bytes + 1))
    producer.close()


def test_nobody_there_is_one_sentence() -> None:
    settings = BusSettings(bootstrap=f"127.0.0.1:{free_port()}")
    with pytest.raises(Unavailable, match="does not answer"):
        ensure_topics(settings)


def test_a_producer_says_what_was_not_stored_and_works_again_when_the_broker_is_back(tmp_path: Path) -> None:
    port, controller = free_port(), free_port()
    broker = start_kafka(tmp_path, port, controller)
    senders_before = _senders()
    settings = BusSettings(bootstrap=broker.bootstrap)
    ensure_topics(settings)
    producer = Producer(settings)
    producer.send(RAW, "feed", b"before")
    producer.flush()
    broker.stop()
    with pytest.raises(Unavailable):
        producer.send(RAW, "feed", b"while away")
        producer.flush(timeout_s=2)
    assert _senders() == senders_before
    broker = start_kafka(tmp_path, port, controller)
    try:
        sent = producer.send(RAW, "feed", b"after")
        producer.flush()
        assert sent.position()[1] >= 1
        reader = consumer(settings, [RAW])
        assert {b"before", b"after"} <= {record.value for record in read_to_end(reader)}
        reader.close()
    finally:
        producer.close()
        broker.stop()


def _senders() -> int:
    """How many of the driver's sending threads are alive."""
    return sum(type(thread).__name__ == "Sender" for thread in threading.enumerate())
