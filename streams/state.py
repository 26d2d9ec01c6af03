"""Where a shard keeps what it knows: one RocksDB, state and next offsets written together.

A store that was written by another version of the fold is emptied: the log holds everything that it knew.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Protocol

import msgspec
from rocksdict import Options, Rdict, WriteBatch

from ingest.errors import Unavailable
from streams.cells import FeedMark

_ROOT = Path(__file__).resolve().parent
_META = b"m"
# The modules that decide what a state means.
_FOLD = ("arrivals", "facts", "faults", "fold", "hints", "holding", "homes", "house", "joining", "kept", "linker",
         "marks", "rivals", "shard", "speech", "state", "story", "subject", "taking", "visit")  # fmt: skip


class Meta(msgspec.Struct, kw_only=True):
    """What a shard knows beside its scopes. Written with them, in one batch."""

    version: str = ""
    complete: bool = False  # has it once caught up? If not, what it should have said is still unsaid
    offsets: dict[str, int] = {}  # topic → next offset of this partition
    said: int = 0  # how many derived records it has stamped
    feeds: list[FeedMark] = []
    feeds_day: str = ""  # the local day that the lag buckets count
    moves: dict[str, bytes] = {}  # event id → the last word on a visit.moved, as JSON
    joined_once: dict[str, list[str]] = {}  # visit → those that it was joined to before another word said otherwise
    late: dict[str, int] = {}  # day → corrections that came after the horizon
    undecodable: int = 0
    not_taken: dict[str, int] = {}  # topic → events on which not a rule but the taking in failed


class Store(Protocol):
    """Bytes by id, and one Meta."""

    def meta(self) -> Meta:
        """As last written; empty for a new store."""

    def get(self, name: str) -> bytes | None:
        """What is kept under an id."""

    def items(self) -> Iterator[tuple[str, bytes]]:
        """All ids and what is kept under them."""

    def write(self, changed: Mapping[str, bytes | None], meta: Meta) -> None:
        """All or nothing. None removes."""

    def close(self) -> None:
        """Let another process open it."""


class MemoryStore:
    """A store that forgets: for files, tests and comparisons."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}
        self._meta = msgspec.msgpack.encode(Meta())

    def meta(self) -> Meta:
        """As last written."""
        return msgspec.msgpack.decode(self._meta, type=Meta)

    def get(self, name: str) -> bytes | None:
        """What is kept under an id."""
        return self._kept.get(name)

    def items(self) -> Iterator[tuple[str, bytes]]:
        """All of it."""
        yield from self._kept.items()

    def write(self, changed: Mapping[str, bytes | None], meta: Meta) -> None:
        """Keep it."""
        for name, value in changed.items():
            if value is None:
                self._kept.pop(name, None)
            else:
                self._kept[name] = value
        self._meta = msgspec.msgpack.encode(meta)

    def close(self) -> None:
        """Nothing to let go of."""


class RocksStore:
    """A store on disk. Raises Unavailable when another process holds it."""

    def __init__(self, path: Path) -> None:
        options = Options(raw_mode=True)
        options.create_if_missing(True)
        options.set_max_log_file_size(1 << 20)
        options.set_keep_log_file_num(2)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._db = Rdict(str(path), options)
        except Exception as error:
            if "lock" in str(error).lower():
                raise Unavailable(f"The state in {path} is held by another process.") from None
            raise Unavailable(f"The state in {path} cannot be opened.") from None

    def meta(self) -> Meta:
        """As last written."""
        written = self._db.get(_META)
        return Meta() if written is None else msgspec.msgpack.decode(written, type=Meta)

    def get(self, name: str) -> bytes | None:
        """What is kept under an id."""
        found: bytes | None = self._db.get(b"s" + name.encode())
        return found

    def items(self) -> Iterator[tuple[str, bytes]]:
        """All of it."""
        for key, value in self._db.items():
            if key != _META:
                yield key[1:].decode(), value

    def write(self, changed: Mapping[str, bytes | None], meta: Meta) -> None:
        """One batch: state and offsets together, or neither."""
        batch = WriteBatch(raw_mode=True)
        for name, value in changed.items():
            if value is None:
                batch.delete(b"s" + name.encode())
            else:
                batch.put(b"s" + name.encode(), value)
        batch.put(_META, msgspec.msgpack.encode(meta))
        self._db.write(batch)

    def wipe(self) -> None:
        """Forget everything."""
        self._db.delete_range(b"", b"\xff")

    def close(self) -> None:
        """Let another process open it."""
        self._db.close()


def open_store(directory: Path, shard: int, version: str) -> RocksStore:
    """The store of a shard, emptied when another version of the fold wrote it or it cannot be read.

    Where another process still holds it (a worker that is gone for the group but not for the machine), a second
    place beside it is used: what it lacks is read from the log.
    """
    for name in (f"shard-{shard:03d}", f"shard-{shard:03d}-b", f"shard-{shard:03d}-c"):
        path = directory / name
        try:
            store = RocksStore(path)
        except Unavailable:
            continue
        if _written_by(store) in ("", version):
            return store
        store.close()
        shutil.rmtree(path)
        return RocksStore(path)
    raise Unavailable(f"No state directory for shard {shard} in {directory} can be opened.")


def _written_by(store: RocksStore) -> str:
    try:
        return store.meta().version
    except msgspec.MsgspecError:
        return "unreadable"


@cache
def _sources() -> bytes:
    """A digest of everything that decides what a state means: the fold's own code and the vocabulary."""
    digest = hashlib.sha256()
    events = _ROOT.parent / "ingest" / "events"
    for path in sorted([*(_ROOT / f"{name}.py" for name in _FOLD), *_ROOT.glob("stages/*.py"), *events.glob("*.py")]):
        if path.exists():
            digest.update(path.name.encode() + path.read_bytes())
    return digest.digest()


def fold_version(house: object) -> str:
    """Names the fold and the house's rules; a state of another name is built anew."""
    return hashlib.sha256(_sources() + repr(house).encode()).hexdigest()[:16]
