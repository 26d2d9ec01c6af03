"""What kafka-python leaves to do: to finish joining a group, to read faster what a fetch brought, to forget records.

kafka-python reads records in Python, which takes longer than all else. Readers of everything, who want values and where
they lie, have them read by compiled code: aiokafka's, which Faust brings.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aiokafka.record.default_records import DefaultRecordBatch
from kafka import KafkaAdminClient, TopicPartition
from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError

from ingest.topics import BusSettings, connection


class _Unpacked(Fetcher.PartitionRecords):  # type: ignore[misc]  # kafka-python brings no types
    """One partition's part of a fetch, which kafka-python asks for its records."""

    def _unpack_records(self, tp: Any, records: Any, *_: Any) -> Iterator[Any]:
        """The records of each batch; what a broker wrote for itself is passed over. Nobody here writes transactions,
        so none is ever aborted."""
        while (batch := records.next_batch()) is not None:
            if self.check_crcs and not batch.validate_crc():
                raise CorruptRecordError(f"Record batch of {tp} at offset {batch.base_offset} failed its crc check")
            self.leader_epoch = batch.leader_epoch
            if not batch.is_control_batch:
                # aiokafka unpacks only with libraries of its own; what is packed kafka-python reads itself.
                plain = batch.compression_type == batch.CODEC_NONE
                for record in DefaultRecordBatch(bytes(batch._buffer)) if plain else batch:
                    self.next_fetch_offset = record.offset + 1
                    yield record
            self.next_fetch_offset = batch.next_offset  # also where its last records were compacted away
        self.drain()


def read_compiled(reader: Any) -> None:
    """Let a consumer that has not polled yet give records of offset, key, value and timestamp only."""
    reader._fetcher.PartitionRecords = _Unpacked


def finish_joining(reader: Any) -> None:
    """Let a consumer of a group wait for the answer to each joining that it began.

    kafka-python 3.0.12 forgets one that a change of metadata began when a poll ends before the answer is there, as it
    does at every start on a busy machine: the reader then stays without partitions, and without a word, for ever."""
    coordinator = reader._coordinator
    must_join = coordinator.need_rejoin
    coordinator.need_rejoin = lambda: coordinator.rejoining or must_join()


def forget(settings: BusSettings, topic: str, before: int) -> None:
    """Delete what lies before an offset (-1: all) on a topic of one partition. Raises kafka-python's errors."""
    admin = KafkaAdminClient(**connection(settings))
    try:
        admin.delete_records({TopicPartition(topic, 0): before})
    finally:
        admin.close()
