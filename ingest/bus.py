"""The bus: the one place that speaks to Kafka with kafka-python; producers, consumers and the making of topics."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, OffsetAndMetadata, TopicPartition
from kafka.errors import KafkaError, MessageSizeTooLargeError, for_code
from kafka.partitioner.default import murmur2

from ingest.consuming import finish_joining, read_compiled
from ingest.errors import Malformed, Unavailable
from ingest.events import domains
from ingest.retention import keep_as_said
from ingest.sender_thread import let_sleep, rouse
from ingest.topics import ALIAS as ALIAS
from ingest.topics import CONTROL as CONTROL
from ingest.topics import DEADLETTER as DEADLETTER
from ingest.topics import JOURNEY as JOURNEY
from ingest.topics import KPI as KPI
from ingest.topics import RAW as RAW
from ingest.topics import BusSettings as BusSettings
from ingest.topics import Topic, away, connection, refuse_other_partitions
from ingest.topics import event_topic as event_topic
from ingest.topics import topics as _topics

_TOPIC_EXISTS = 36


def topics(settings: BusSettings) -> list[Topic]:
    """Every topic of the platform, one for each domain that the vocabulary has and the derived ones."""
    return _topics(settings, tuple(domains()))


@lru_cache(maxsize=65_536)  # the keys of a day's visits come again and again
def partition_of(key: str, partitions: int) -> int:
    """The partition of a key: murmur2, as Kafka's own default and aiokafka's."""
    return int(murmur2(key.encode()) & 0x7FFFFFFF) % partitions


def ensure_topics(settings: BusSettings, more: Iterable[Topic] = ()) -> list[str]:
    """Create the missing topics; their names. Raises Unavailable, Misconfigured (other partitions than the site's)."""
    wanted = {topic.name: topic for topic in (*topics(settings), *more)}
    with reaching(settings), KafkaAdminClient(**connection(settings)) as admin:
        have = {t["name"]: len(t["partitions"]) for t in admin.describe_topics() if t["name"] in wanted}
        refuse_other_partitions(wanted, have)
        keep_as_said(admin, [wanted[name] for name in have])
        missing = [topic for name, topic in wanted.items() if name not in have]
        if not missing:
            return []
        answer = admin.create_topics({topic.name: topic.declared for topic in missing}, raise_errors=False)
        for topic in answer["topics"]:
            if topic["error_code"] not in (0, _TOPIC_EXISTS):  # another process may have been first
                raise Unavailable(f"Kafka did not create {topic['name']}: {for_code(topic['error_code']).__name__}")
        admin.wait_for_topics([topic.name for topic in missing])
    return [topic.name for topic in missing]


@contextmanager
def reaching(settings: BusSettings) -> Iterator[None]:
    """Says in one sentence, as Unavailable, what a Kafka client would say in many."""
    try:
        yield
    except (KafkaError, OSError) as error:
        raise away(settings, error) from None


class Sent:
    """A record on its way; where it lies is known once the producer has been flushed."""

    __slots__ = ("_future",)

    def __init__(self, future: Any) -> None:
        self._future = future

    def position(self) -> tuple[int, int]:
        """(partition, offset). Only after a flush that did not raise."""
        stored = self._future.get(timeout=0)
        return int(stored.partition), int(stored.offset)


class Producer:
    """Writes to the log, acknowledged by all replicas. After a failure it starts anew by itself.

    Many records share one flush, and set out with it at the latest; send and flush may be called from several threads.
    """

    def __init__(self, settings: BusSettings, *, linger_ms: int = 5) -> None:
        self._settings = settings
        self._linger_ms = linger_ms
        self._lock = threading.Lock()
        self._known: set[str] = set()  # topics whose partitions it has learnt
        self._kafka: Any = None
        self._pending: list[Any] = []

    @property
    def ready(self) -> bool:
        """Whether `send` returns at once: connected, and told where the partitions lie."""
        return self._kafka is not None

    def connect(self, names: list[str]) -> None:
        """Connect and learn where the partitions of topics lie; it may take its time. Raises Unavailable."""
        with reaching(self._settings):
            kafka = self._connected()
            try:
                rouse(kafka)
                for name in names:
                    kafka.partitions_for(name)
                self._known.update(names)
            except KafkaError:
                self._start_anew(kafka)
                raise

    def send(self, topic: str, key: str, value: bytes | None, partition: int | None = None) -> Sent:
        """Put a record on its way. A value of None is a tombstone. Raises Unavailable, or Malformed when too long."""
        with reaching(self._settings):
            kafka = self._connected()
            (let_sleep if topic in self._known else rouse)(kafka)
            try:
                future = kafka.send(topic, value=value, key=key.encode(), partition=partition)
            except MessageSizeTooLargeError:
                raise Malformed("too long: record") from None
        with self._lock:
            self._pending.append(future)
        return Sent(future)

    def flush(self, timeout_s: float = 10.0) -> None:
        """Return when everything sent so far is stored; else raise Unavailable (some of it may be stored)."""
        with self._lock:
            pending, self._pending = self._pending, []
            kafka = self._kafka
        if not pending:
            return
        try:
            rouse(kafka)
            kafka.flush(timeout=timeout_s)
            failed = next((future.exception for future in pending if not future.succeeded()), None)
        except KafkaError as error:
            failed = error
        if failed is not None:
            self._start_anew(kafka)
            raise Unavailable(f"Kafka at {self._settings.bootstrap} did not store it ({type(failed).__name__}).")

    def close(self) -> None:
        """Give up what is still on its way and let go of the connection."""
        with self._lock:
            kafka, self._kafka, self._pending = self._kafka, None, []
        if kafka is not None:
            _abandon(kafka)

    def _connected(self) -> Any:
        with self._lock:
            if self._kafka is None:
                self._kafka = KafkaProducer(
                    **connection(self._settings),
                    acks="all",
                    linger_ms=self._linger_ms,
                    batch_size=128 * 1024,
                    compression_type=None if self._settings.compression == "none" else self._settings.compression,
                    max_request_size=self._settings.max_message_bytes,
                    max_block_ms=10_000,
                    request_timeout_ms=10_000,
                    delivery_timeout_ms=20_000,
                    allow_auto_create_topics=False,
                    metrics_enabled=False,
                )
            return self._kafka

    def _start_anew(self, kafka: Any) -> None:
        with self._lock:
            if self._kafka is kafka:
                self._kafka, self._known = None, set()
        _abandon(kafka)


def _abandon(kafka: Any) -> None:
    """Close a producer and what it still holds. Its own `close` first waits for what will not come, raises, and leaves
    its thread behind; so the thread is told to give up before."""
    rouse(kafka)
    kafka._sender.force_close()
    with suppress(KafkaError):
        kafka.close(timeout=2)


def consumer(
    settings: BusSettings,
    names: list[str],
    *,
    group: str | None = None,
    partitions: list[int] | None = None,
    from_end: bool = False,
    bare: bool = False,
    **options: Any,
) -> Any:
    """A kafka-python consumer of bytes. With a group it shares the partitions and commits only when told to; without
    one it reads all partitions (or those named) from the start, or from the end. `bare` records have offset, key,
    value and timestamp only, and come twice as fast. Raises Unavailable."""
    with reaching(settings):
        told = {
            **connection(settings),
            "group_id": group,
            "enable_auto_commit": False,
            "auto_offset_reset": "latest" if from_end else "earliest",
            "session_timeout_ms": 6_000,  # a killed reader's partitions go to another in seconds
            "heartbeat_interval_ms": 2_000,
            "max_poll_records": 5_000,
            "allow_auto_create_topics": False,
            "metrics_enabled": False,
        }
        made = KafkaConsumer(**told | options)
        if bare:
            read_compiled(made)
        if group is not None:
            finish_joining(made)
            made.subscribe(names)
        else:
            numbers = range(settings.partitions) if partitions is None else partitions
            made.assign([TopicPartition(name, number) for name in names for number in numbers])
    return made


def read_to_end(reader: Any, timeout_s: float = 30.0) -> Iterator[Any]:
    """The records from where an assigned consumer stands to what was the end at the call: a whole compacted topic.

    Raises Unavailable when the end does not come into reach in time."""
    ends = reader.end_offsets(list(reader.assignment()))
    deadline = time.monotonic() + timeout_s
    while any(reader.position(tp) < end for tp, end in ends.items()):
        if time.monotonic() > deadline:
            raise Unavailable("Kafka did not deliver a topic to its end in time.")
        for records in reader.poll(timeout_ms=200).values():
            yield from records


def commit(reader: Any, next_offsets: Mapping[tuple[str, int], int]) -> bool:
    """Remember for the group where to read on, by (topic, partition); False when the partitions are no longer ours."""
    told = {TopicPartition(*place): OffsetAndMetadata(offset, "", -1) for place, offset in next_offsets.items()}
    try:
        reader.commit(told)
    except KafkaError:  # said again with the next batch; what is read twice changes nothing
        return False
    return True
