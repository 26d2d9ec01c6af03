"""What names a batch on its way into the warehouse."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from kafka import TopicPartition

from warehouse.load import Batch


def batch(*values: bytes, first: int = 0, topic: str = "his.queue.v1") -> Batch:
    """A batch of one poll of one partition."""
    place = TopicPartition(topic, 0)
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
