"""What the owners of all shards last said on `his.kpi.v1`, and how far it may be believed.

A flush of a shard counts once its shard record has come; of two owners the one with the newer epoch is believed, from
its first record on, and its cells replace the older owner's when it has caught up. What a late owner of an older epoch
still says is ignored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from streams.cells import FeedMark, Pack, ShardRecord, decode_record


class Shown(NamedTuple):
    """A pack that counts."""

    day: str
    hour: int  # UTC, since 1970
    pack: Pack


class _Shard:
    def __init__(self) -> None:
        self.epoch = -1  # the newest that claimed the shard
        self.said: ShardRecord | None = None  # the last word of an owner that had caught up
        self.spoke_at = 0  # real time: its owner's last word, caught up or not
        self.read = self.to_read = 0  # while it catches up
        self.caught_up = False
        self.shown: dict[str, str] = {}  # record key → stage
        self.pending: dict[str, Pack] = {}


class Latest:
    """All shards, as far as the topic has been read."""

    def __init__(self, shards: int) -> None:
        self._shards = {number: _Shard() for number in range(shards)}
        self.packs: dict[str, dict[str, Shown]] = {}  # stage → record key → pack
        self.changes: dict[str, int] = {}  # stage → how often its packs changed

    def apply(self, key: str, value: bytes | None) -> bool:
        """Take one record, in order within its partition. True when what readers see may have changed."""
        shard = self._shards.setdefault(int(key.partition("|")[0]), _Shard())
        if value is None:
            shard.pending.pop(key, None)  # what is shown goes when a shard record no longer names it
            return False
        record = decode_record(key, value)
        if record.epoch < shard.epoch:
            return False
        if isinstance(record, Pack):
            shard.pending[key] = record
            return False
        shard.epoch, shard.spoke_at = record.epoch, record.published_at
        shard.read, shard.to_read = record.read, record.to_read
        if record.caught_up:
            self._close(shard, record)
        else:
            shard.caught_up = False  # the old numbers stay, and are marked
        return True

    def _close(self, shard: _Shard, record: ShardRecord) -> None:
        named = set(record.packs)
        for key in [key for key in shard.shown if key not in named or self._epoch(shard, key) != record.epoch]:
            self._hide(shard, key)
        for key in sorted(shard.pending):
            pack = shard.pending[key]
            if pack.epoch < record.epoch or (pack.flush <= record.flush and key not in named):
                del shard.pending[key]
            elif pack.flush <= record.flush:
                self._show(shard, key, shard.pending.pop(key))
        shard.said = record
        shard.caught_up = named <= shard.shown.keys()

    def _epoch(self, shard: _Shard, key: str) -> int:
        return self.packs[shard.shown[key]][key].pack.epoch

    def _show(self, shard: _Shard, key: str, pack: Pack) -> None:
        _, stage, day, hour, *_ = key.split("|")
        shard.shown[key] = stage
        self.packs.setdefault(stage, {})[key] = Shown(day, int(hour), pack)
        self.changes[stage] = self.changes.get(stage, 0) + 1

    def _hide(self, shard: _Shard, key: str) -> None:
        stage = shard.shown.pop(key)
        del self.packs[stage][key]
        self.changes[stage] = self.changes.get(stage, 0) + 1

    @property
    def catching_up(self) -> bool:
        """Is there a shard whose owner has not (or not wholly) said what it knows?"""
        return not all(shard.caught_up for shard in self._shards.values())

    @property
    def broken(self) -> frozenset[str]:
        """The stages that some shard has set events aside for."""
        return frozenset(stage for record in self._said() for stage in record.broken)

    @property
    def progress(self) -> float | None:
        """Of the log that owners who catch up must read, how much they have: 0 to 1; None where nobody says."""
        behind = [shard for shard in self._shards.values() if shard.to_read]
        to_read = sum(shard.to_read for shard in behind)
        return sum(shard.read for shard in behind) / to_read if to_read else None

    @property
    def published_at(self) -> int:
        """When the newest flush was published, real time UTC ms; 0 = never."""
        return max((record.published_at for record in self._said()), default=0)

    @property
    def spoken_at(self) -> int:
        """When the most silent shard last spoke, real time UTC ms: no number is newer than that. 0 = nobody ever."""
        return min((shard.spoke_at for shard in self._shards.values() if shard.spoke_at), default=0)

    @property
    def orphans(self) -> dict[str, int]:
        """Subjects that still belong to no visit after a day, by `source|kind`."""
        found: Counter[str] = Counter()
        for record in self._said():
            found.update(record.orphans_of)
        return dict(sorted(found.items()))

    def feeds(self) -> list[FeedMark]:
        """How far each source has come in each domain, over all shards."""
        return merge_marks(mark for record in self._said() for mark in record.feeds)

    def _said(self) -> Iterator[ShardRecord]:
        return (shard.said for shard in self._shards.values() if shard.said is not None)


def merge_marks(marks: Iterable[FeedMark]) -> list[FeedMark]:
    """One mark per source and domain: the latest of times, the sum of counts."""
    merged: dict[tuple[str, str], FeedMark] = {}
    for mark in marks:
        key = (mark.source_system, mark.domain)
        merged[key] = _merged(merged[key], mark) if key in merged else mark
    return [merged[key] for key in sorted(merged)]


def _merged(one: FeedMark, other: FeedMark) -> FeedMark:
    lags = dict(one.lag_buckets)
    for bucket, n in other.lag_buckets.items():
        lags[bucket] = lags.get(bucket, 0) + n
    return FeedMark(
        source_system=one.source_system,
        domain=one.domain,
        heard_at=max(one.heard_at, other.heard_at),
        watermark=max(one.watermark, other.watermark),
        events=one.events + other.events,
        lag_buckets=lags,
    )
