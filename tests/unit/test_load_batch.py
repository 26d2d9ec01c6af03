"""What names a batch on its way into the warehouse."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from kafka import TopicPartition

from warehouse.load import Batch


def batch(*values: bytes, first: int = 0, topic: str = "his.queue.v1", partition: int = 0) -> Batch:
    """A batch of one poll of one partition."""
    place = TopicPartition(topic, partition)
    made = Batch()
    made.take({place: [SimpleNamespace(offset=first + number, value=value) for number, value in enumerate(values)]})
    return made


def test_the_same_records_have_the_same_name() -> None:
    assert batch(b"1", b"2").token == batch(b"1", b"2").token


@pytest.mark.parametrize(
    "other",
    [batch(b"1", b"2", first=1), batch(b"1", b"2", topic="his.orders.v1"), batch(b"1", b"2", b"3"), batch(b"0", b"2")],
    ids=["further on", "elsewhere", "more", "of a log begun anew"],
)
def test_other_records_have_another(other: Batch) -> None:
    assert other.token != batch(b"1", b"2").token


BEAT, CORRECTED = b'{"event_type":"feed.heartbeat"}', b'{"event_type":"record.corrected"}'


def test_what_is_on_every_partition_is_taken_from_the_first_and_what_is_on_one_from_there() -> None:
    assert list(batch(BEAT, CORRECTED, topic="his.control.v1").records.values) == [BEAT, CORRECTED]
    elsewhere = batch(BEAT, CORRECTED, BEAT, topic="his.control.v1", partition=4)
    assert list(elsewhere.records.values) == [CORRECTED]
    assert elsewhere.next_offsets == {("his.control.v1", 4): 3}
