"""What a bounded set of rows said last: for tables that have no version, all rows are compared with it.

A row that says something else is told under a new version, our own: the time of the look, and always more than before.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Any, Literal, NamedTuple

import msgspec
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from ingest.databases.lines import Line
from ingest.errors import Unavailable


class Known(msgspec.Struct, frozen=True):
    """What a row said last, and under which version of ours."""

    src_pk: str
    version: int
    columns: dict[str, Any]
    shared: tuple[str | None, ...] = ()

    @property
    def line(self) -> Line:
        """The row as it was told."""
        return Line(str(self.version), self.src_pk, {**self.columns, "row_ver": self.version}, self.shared)


class Changed(NamedTuple):
    """A row to tell, and what it said before."""

    line: Line
    before: dict[str, Any] | None
    known: Known | None  # to remember once it is told; None: to forget


def compared(
    known: dict[str, Known], lines: Iterable[Line], now_ms: int, vanished: Literal["ignore", "retract"]
) -> list[Changed]:
    """The rows that say something else than before, then those that are gone, if that is to be told."""
    found, seen = [], set[str]()
    for line in lines:
        seen.add(line.src_pk)
        before = known.get(line.src_pk)
        columns = msgspec.to_builtins(line.columns, enc_hook=str)
        if before is not None and before.columns == columns:
            continue
        now = Known(line.src_pk, _later(before, now_ms), columns, line.shared)
        found.append(Changed(now.line, before.columns if before else None, now))
    if vanished == "retract":
        gone = [each for key, each in known.items() if key not in seen]
        for each in gone:
            deleted = {**each.columns, "is_deleted": 1, "row_ver": _later(each, now_ms)}
            found.append(Changed(Line(str(deleted["row_ver"]), each.src_pk, deleted, each.shared), each.columns, None))
    return found


def _later(before: Known | None, now_ms: int) -> int:
    return max(now_ms, before.version + 1 if before else 0)


class Memory:
    """The rows of one view on disk, sealed; a stay of ours between two looks loses nothing."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._box = SecretBox(key)
        self._one_at_a_time = Lock()  # a feed that stops lets go while a thread of its may still be keeping
        self._key = key
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._store = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._store.execute("pragma journal_mode = wal")
            self._store.execute("create table if not exists known (of blob primary key, said blob not null)")
            self._store.execute("create table if not exists window (since text not null)")
        except sqlite3.Error as error:
            raise Unavailable(f"What a feed has seen cannot be kept at {path} ({type(error).__name__}).") from None

    def load(self) -> dict[str, Known]:
        """All that is remembered; what another key has sealed is forgotten."""
        found = {}
        for of, said in self._store.execute("select of, said from known").fetchall():
            try:
                known = msgspec.json.decode(self._box.decrypt(said), type=Known)
            except (CryptoError, msgspec.DecodeError):
                self._store.execute("delete from known where of = ?", [of])
                continue
            found[known.src_pk] = known
        return found

    def keep(self, known: Sequence[Known], forgotten: Iterable[str]) -> None:
        """Remember these, and forget those, both or neither. Raises Unavailable when the disk does not take it."""
        sealed = [(self._of(each.src_pk), self._box.encrypt(msgspec.json.encode(each))) for each in known]
        gone = [(self._of(key),) for key in forgotten]
        with self._writing() as store:
            store.executemany("insert or replace into known values (?, ?)", sealed)
            store.executemany("delete from known where of = ?", gone)

    def since(self) -> str:
        """The first day of the last look; "" before any."""
        found = self._store.execute("select since from window").fetchone()
        return str(found[0]) if found else ""

    def looked(self, since: str) -> None:
        """A look from this day on is complete."""
        with self._writing() as store:
            store.execute("delete from window")
            store.execute("insert into window values (?)", [since])

    def close(self) -> None:
        """Let go of the file."""
        with self._one_at_a_time:
            self._store.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Both or neither. Raises Unavailable when the disk does not take it, or the file is closed."""
        with self._one_at_a_time:
            try:
                self._store.execute("begin immediate")
                yield self._store
                self._store.execute("commit")
            except sqlite3.Error as error:
                with suppress(sqlite3.Error):
                    self._store.rollback()
                raise Unavailable(f"What a feed has seen cannot be kept ({type(error).__name__}).") from None

    def _of(self, src_pk: str) -> bytes:
        return hashlib.blake2b(src_pk.encode(), key=self._key, digest_size=16).digest()
