"""What a fetch brought, read by compiled code: kafka-python reads records in Python, which takes longer than all else.

For readers of everything, who want values and where they lie. The compiled reader is aiokafka's, which Faust brings.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aiokafka.record.default_records import DefaultRecordBatch
from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError


class _Unpacked(Fetcher.PartitionRecords):  # type: ignore[misc]
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
