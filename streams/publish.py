"""What a shard publishes on `his.kpi.v1`: packs of absolute cells, then one shard record that closes the flush.

An owner begins with the epoch after the last one that it finds, and publishes every live cell before its first closing
record; readers ignore whoever speaks of an older epoch. Packs that are gone are tombstoned.
"""

from __future__ import annotations

from collections.abc import Mapping

from ingest.topics import KPI
from streams.book import CellBook
from streams.cells import CellKey, Pack, Partial, ShardRecord, encode_record, epoch_of, record_key
from streams.outlet import Record
from streams.shard import Shard

MOST_BYTES = 400_000  # of one record; well below the broker's message limit


class Publisher:
    """One shard's voice."""

    def __init__(self, number: int, before: Mapping[bytes, bytes], versions: dict[str, str], owner: str = "") -> None:
        """`before`: what this partition of the topic holds now, left by earlier owners."""
        self.number = number
        self._versions = versions
        self._owner = owner
        self._own_key = str(number).encode()
        # Of all records, not of the shard's only: that may be a late word of an owner before the last.
        self.epoch = max((epoch_of(key.decode(), value) for key, value in before.items()), default=0) + 1
        self._flush = 0
        self._keys: set[str] = set()  # packs that are published and live
        self._leftover = {key for key in before if key != self._own_key}
        self._parts: dict[str, int] = {}  # pack → the number of its records
        self._began = False

    def claim(self, shard: Shard, published_at: int, read: int = 0, to_read: int = 0) -> Record:
        """Says that somebody new owns the shard and is catching up, and how far it has come."""
        return self._closing(shard, published_at, caught_up=False, read=read, to_read=to_read)

    def flush(self, shard: Shard, book: CellBook, published_at: int) -> list[Record]:
        """What has changed since the last flush (the first time: everything), closed by a shard record."""
        self._flush += 1
        records: list[Record] = []
        for name, cells in book.dirty().items() if self._began else book.everything():
            records.extend(self._pack(name, cells))
        if not self._began:
            mine = {key.encode() for key in self._keys}
            records.extend(self._record(key, None) for key in sorted(self._leftover - mine))
            self._leftover, self._began = set(), True
        records.append(self._closing(shard, published_at, caught_up=True))
        return records

    def _pack(self, name: str, cells: list[tuple[CellKey, Partial]]) -> list[Record]:
        """The records of one pack, as many as it takes; and tombstones for those that it took before."""
        bodies = self._bodies(cells)
        most = max(len(bodies), self._parts.get(name, 0))
        names = [record_key(self.number, name, self.epoch, part) for part in range(most)]
        self._parts[name] = len(bodies)
        if not bodies:
            del self._parts[name]
        self._keys.difference_update(names)
        self._keys.update(names[: len(bodies)])
        return [self._record(n.encode(), bodies[i] if i < len(bodies) else None) for i, n in enumerate(names)]

    def _bodies(self, cells: list[tuple[CellKey, Partial]]) -> list[bytes]:
        if not cells:
            return []
        body = encode_record(Pack(shard=self.number, epoch=self.epoch, flush=self._flush, cells=cells))
        if len(body) <= MOST_BYTES or len(cells) == 1:
            return [body]
        half = len(cells) // 2
        return [*self._bodies(cells[:half]), *self._bodies(cells[half:])]

    def _closing(self, shard: Shard, published_at: int, *, caught_up: bool, read: int = 0, to_read: int = 0) -> Record:
        record = ShardRecord(
            shard=self.number,
            epoch=self.epoch,
            flush=self._flush,
            caught_up=caught_up,
            offsets=dict(sorted(shard.meta.offsets.items())),
            feeds=shard.marks.marks(),
            packs=sorted(self._keys),
            versions=self._versions,
            broken=sorted(shard.broken),
            published_at=published_at,
            orphans=sum(shard.orphans.values()),
            orphans_of=shard.orphans,
            beyond_horizon=shard.meta.late,
            undecodable=shard.meta.undecodable,
            owner=self._owner,
            read=read,
            to_read=to_read,
        )
        return self._record(self._own_key, encode_record(record))

    def _record(self, key: bytes, value: bytes | None) -> Record:
        return Record(KPI, key, value, self.number)
