"""Where an event is written: once under its subject, and beside it a placement when it names its visit."""

from __future__ import annotations

from ingest.bus import JOURNEY, Producer, event_topic, partition_of
from ingest.events import domain_of, encode
from ingest.events.envelope import Event, kind_of, subject_of
from ingest.journey import Placement, encode_placement


def publish(producer: Producer, event: Event, partitions: int) -> None:
    """Put an event on its way. What every shard must hear goes to every partition. Raises Unavailable."""
    topic, key = event_topic(domain_of(kind_of(event))), subject_of(event)
    if event.broadcast:
        body = encode(event)
        for partition in range(partitions):
            producer.send(topic, key, body, partition)
        return
    producer.send(topic, key, encode(event), partition_of(key, partitions))
    if event.visit_id is not None:
        placement = Placement(visit_id=event.visit_id, event=event)
        partition = partition_of(event.visit_id, partitions)
        producer.send(JOURNEY, event.visit_id, encode_placement(placement), partition)
