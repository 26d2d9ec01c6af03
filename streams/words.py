"""What shards say to each other travels in bundles: one record holds many placements or hints for one partition.

A send costs some 80 µs, a word in a bundle next to nothing. A bundle is a JSON array of what would else be a record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

import msgspec

from ingest.bus import partition_of
from ingest.journey import Placement, decode_placement
from streams.hints import Hint, decode_hint

MOST_BYTES = 200_000  # of one bundle


class Say(NamedTuple):
    """A word for whoever holds `key`."""

    topic: str
    key: str
    value: bytes


class Bundle(NamedTuple):
    """A record of words for one partition."""

    topic: str
    partition: int
    value: bytes


_partition = lru_cache(maxsize=200_000)(partition_of)


def bundles(says: Iterable[Say], partitions: int) -> Iterator[Bundle]:
    """The words by topic and partition, in their order, in as few records as may be."""
    waiting: dict[tuple[str, int], list[bytes]] = {}
    lengths: dict[tuple[str, int], int] = {}
    for topic, key, value in says:
        to = topic, _partition(key, partitions)
        if lengths.get(to, 0) + len(value) > MOST_BYTES and waiting.get(to):
            yield Bundle(*to, _array(waiting.pop(to)))
            lengths[to] = 0
        waiting.setdefault(to, []).append(value)
        lengths[to] = lengths.get(to, 0) + len(value)
    for to, values in waiting.items():
        yield Bundle(*to, _array(values))


def _array(values: list[bytes]) -> bytes:
    return values[0] if len(values) == 1 else b"[" + b",".join(values) + b"]"


_placements = msgspec.json.Decoder(list[Placement])
_hints = msgspec.json.Decoder(list[Hint])


def placements(value: bytes) -> list[Placement]:
    """The placements of a record: one, as connectors write them, or a bundle. Raises Malformed or MsgspecError."""
    return _placements.decode(value) if value[:1] == b"[" else [decode_placement(value)]


def hints(value: bytes) -> list[Hint]:
    """The hints of a record. Raises msgspec.MsgspecError."""
    return _hints.decode(value) if value[:1] == b"[" else [decode_hint(value)]
