"""What a feed has told of its views' recent rows, on disk: keys and versions as keyed hashes, by department and hour.

No identifier lies here in clear. What is lost of it is told once more, which changes nothing.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from ingest.databases.counting import Place
from ingest.errors import Unavailable

_TABLES = """
create table if not exists told (
    view text, pk blob, ver blob, hour text, dept text, deleted int, refused int default 0, gone int default 0,
    primary key (view, pk)
) without rowid;
create table if not exists there (
    view text, hour text, dept text, n int, total text, missing int, unversioned int, deleted int,
    primary key (view, hour, dept)
) without rowid;
create table if not exists begun (view text primary key, row_ver text) without rowid;
"""


class Row(NamedTuple):
    """A row of the HIS as far as it is remembered."""

    src_pk: str
    row_ver: str
    place: Place
    is_deleted: bool = False


class There(NamedTuple):
    """What the HIS has in a department's hour, and what of it is not told."""

    n: int
    total: str  # of the checksums, as the database said it
    missing: int = 0
    unversioned: int = 0  # rows without a version: nobody can say when they change, they are not read
    deleted: int = 0  # marked as deleted by the view itself


class Told:
    """The memory of one feed."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._key = key
        self._one_at_a_time = Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._store = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._store.execute("pragma journal_mode = wal")
            self._store.execute("pragma synchronous = normal")
            self._store.executescript(_TABLES)
        except sqlite3.Error as error:
            raise Unavailable(f"What a feed has told cannot be kept at {path} ({type(error).__name__}).") from None

    def begin(self, view: str, row_ver: str | None) -> tuple[bool, str | None]:
        """Whether this view is remembered for the first time, and the version that its telling began with."""
        found = self._store.execute("select row_ver from begun where view = ?", [view]).fetchone()
        if found is None:
            with self._writing() as store:
                store.execute("insert into begun values (?, ?)", [view, row_ver])
        return found is None, row_ver if found is None else found[0]

    def keep(self, view: str, rows: Iterable[Row]) -> None:
        """These are told."""
        kept = [(view, self._of(row.src_pk), self._of(row.row_ver, 8), *row.place, int(row.is_deleted)) for row in rows]
        if kept:
            with self._writing() as store:
                store.executemany(
                    "insert or replace into told (view, pk, ver, hour, dept, deleted) values (?, ?, ?, ?, ?, ?)", kept
                )

    def refuse(self, view: str, keys: Sequence[str]) -> None:
        """What these rows said became a dead letter."""
        if keys:
            with self._writing() as store:
                refused = [(view, self._of(key)) for key in keys]
                store.executemany("update told set refused = 1 where view = ? and pk = ?", refused)

    def untold(self, view: str, rows: Iterable[Row]) -> list[Row]:
        """Those of these rows that are not told as they stand; of the others it is noted where they belong now."""
        found, moved = [], []
        for row in rows:
            pk = self._of(row.src_pk)
            known = self._store.execute(
                "select ver, hour, dept, gone from told where view = ? and pk = ?", [view, pk]
            ).fetchone()
            if known is None or known[0] != self._of(row.row_ver, 8):
                found.append(row)
            elif (known[1], known[2]) != tuple(row.place) or known[3]:
                moved.append((*row.place, view, pk))
        if moved:
            with self._writing() as store:
                store.executemany("update told set hour = ?, dept = ?, gone = 0 where view = ? and pk = ?", moved)
        return found

    def by_hour(self, view: str) -> dict[str, int]:
        """How many rows of each hour are told, and were still there when last compared."""
        asked = "select hour, count(*) from told where view = ? and gone = 0 group by hour"
        return dict(self._store.execute(asked, [view]).fetchall())

    def not_among(self, view: str, hours: Sequence[str], keys: Iterable[str]) -> set[bytes]:
        """The hashes of what is told of these hours and has none of these keys."""
        wanted, among = set(hours), self.hashes(keys)
        known = self._store.execute("select pk, hour from told where view = ? and gone = 0", [view])
        return {pk for pk, hour in known if hour in wanted and pk not in among}

    def hashes(self, keys: Iterable[str]) -> set[bytes]:
        """Keys as they lie here."""
        return {self._of(key) for key in keys}

    def lose(self, view: str, hashes: Iterable[bytes]) -> None:
        """These are no longer there. What its view had marked as deleted before may go."""
        with self._writing() as store:
            rows = [(view, pk) for pk in hashes]
            store.executemany("delete from told where view = ? and pk = ? and deleted = 1", rows)
            store.executemany("update told set gone = 1 where view = ? and pk = ?", rows)

    def there(self, view: str) -> dict[Place, There]:
        """What the HIS had when it was last asked."""
        found = self._store.execute(
            "select hour, dept, n, total, missing, unversioned, deleted from there where view = ?", [view]
        )
        return {Place(hour, dept): There(*rest) for hour, dept, *rest in found.fetchall()}

    def settle(self, view: str, hours: Iterable[str], there: Mapping[Place, There]) -> None:
        """These hours were compared, and this is all that is there in them."""
        with self._writing() as store:
            store.executemany("delete from there where view = ? and hour = ?", [(view, hour) for hour in hours])
            store.executemany(
                "insert or replace into there values (?, ?, ?, ?, ?, ?, ?, ?)",
                [(view, *place, *each) for place, each in there.items()],
            )

    def apart(self, view: str) -> dict[tuple[str, str], tuple[int, int]]:
        """Of each day and department: how many rows were refused, and how many are gone."""
        found = self._store.execute(
            "select substr(hour, 1, 10), dept, sum(refused and not gone), sum(gone) from told "
            "where view = ? and (refused or gone) group by 1, 2",
            [view],
        )
        return {(day, dept): (refused, gone) for day, dept, refused, gone in found.fetchall()}

    def forget(self, view: str, before: str) -> None:
        """What lies before a day or an hour is no longer compared."""
        with self._writing() as store:
            store.execute("delete from told where view = ? and hour < ?", [view, before])
            store.execute("delete from there where view = ? and hour < ?", [view, before])

    def close(self) -> None:
        """Let go of the file."""
        with self._one_at_a_time:
            self._store.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._one_at_a_time:
            try:
                self._store.execute("begin immediate")
                yield self._store
                self._store.execute("commit")
            except sqlite3.Error as error:
                with suppress(sqlite3.Error):
                    self._store.rollback()
                raise Unavailable(f"What a feed has told cannot be kept ({type(error).__name__}).") from None

    def _of(self, text: str, size: int = 12) -> bytes:
        return hashlib.blake2b(text.encode(), key=self._key, digest_size=size).digest()
