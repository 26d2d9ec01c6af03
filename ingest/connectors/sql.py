"""Views of a HIS database: polls the canonical views (domain specification 7.2) on PostgreSQL, and never writes.

Versions become visible out of order: a transaction that took its row versions early may commit late. So each poll
reads anew from where the view stood `overlap_s` ago, not from the last row seen; rows told already are left out.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import psycopg
import structlog
from psycopg import sql

from ingest.clock import real_now_ms
from ingest.connector import Interpret, RawMessage
from ingest.errors import Misconfigured, Unavailable
from ingest.feeds import Feed, FeedSettings
from ingest.interpret.source import source_of
from ingest.interpret.views import VIEWS, interpret_row
from ingest.positions import Mark, Positions

log = structlog.get_logger()

_PAGE = 500
_SAY_EVERY = 20_000


class Settings(FeedSettings, frozen=True, kw_only=True):
    """Section [feeds.<name>] of kind "sql"."""

    dsn: str  # e.g. "host=10.0.0.5 dbname=his user=hispulse_reader"; no password here
    password_file: str | None = None  # else PGPASSFILE, or no password
    schema: str = "public"
    views: tuple[str, ...] = ()  # default: every canonical view that the database has
    poll_s: float = 2.0
    overlap_s: float = 60.0  # longer than the longest transaction that writes these rows
    statement_timeout_s: float = 30.0


def connect(feed: Feed) -> SqlReader:
    """The reader of a feed."""
    return SqlReader(feed)


def interpreter(feed: Feed) -> Interpret:
    """Rows as events."""
    source = source_of(feed)
    return lambda raw: interpret_row(raw.body, source, raw.received_at)


class View:
    """One view and how far it has been told."""

    def __init__(self, name: str, version_type: str, key_type: str, start: Mark | None) -> None:
        self.name = name
        self.types = (version_type, key_type)
        self.bound = start  # everything before it has been told and can no longer be joined by late rows
        self.told: set[int] = set()  # hashes of the (version, key) that have been told beyond the bound
        self._stood: deque[tuple[int, Mark]] = deque()  # (real ms, the furthest row then)

    def polled(self, scanned: set[int], furthest: Mark | None, now_ms: int, overlap_s: float) -> None:
        """A poll is complete: the bound follows to where the view stood `overlap_s` ago."""
        self.told = scanned
        if furthest is not None and (not self._stood or self._stood[-1][1] != furthest):
            self._stood.append((now_ms, furthest))
        while self._stood and self._stood[0][0] <= now_ms - overlap_s * 1000:
            self.bound = self._stood.popleft()[1]


class SqlReader:
    """Polls the views in turn, a page at a time."""

    def __init__(self, feed: Feed, positions: Positions | None = None) -> None:
        assert isinstance(feed.settings, Settings)
        self._feed = feed
        self._settings = feed.settings
        self._positions = positions or Positions(feed.site.name, feed.name)
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None
        self._views: list[View] = []
        self._rows = 0

    async def read(self) -> AsyncIterator[Sequence[RawMessage]]:
        """New and changed rows, for as long as anybody asks. Raises Unavailable when the database is away."""
        try:
            if self._connection is None:
                await asyncio.to_thread(self._open)
            while True:
                for view in self._views:
                    async for page in self._poll(view):
                        yield page
                await asyncio.sleep(self._settings.poll_s)
        except psycopg.Error as error:
            self._shut()
            raise self._away(error) from None

    async def refuse(self, message: RawMessage, reason: str) -> None:
        """The row stays a dead letter until it changes."""

    async def acknowledge(self, messages: Sequence[RawMessage]) -> None:
        """Told. The position moves with the bound, at the end of a poll."""

    async def close(self) -> None:
        """Let go of the connection."""
        self._shut()

    async def _poll(self, view: View) -> AsyncIterator[Sequence[RawMessage]]:
        """One pass from the bound to the end; the position moves once all of it is durable."""
        at, scanned = view.bound, set[int]()
        while True:
            rows = await asyncio.to_thread(self._page, view, at)
            scanned.update(hash(row[:2]) for row in rows)
            fresh = [row for row in rows if hash(row[:2]) not in view.told]
            if fresh:
                yield [self._message(row[2]) for row in fresh]  # returns here when they are durable
                view.told.update(hash(row[:2]) for row in fresh)
                self._say_progress(view, len(fresh))
            if rows:
                at = Mark(*rows[-1][:2])
            if len(rows) < _PAGE:
                break
        view.polled(scanned, at, real_now_ms(), self._settings.overlap_s)
        if view.bound is not None:
            await asyncio.to_thread(self._positions.move, view.name, view.bound)

    def _page(self, view: View, after: Mark | None) -> list[tuple[str, str, str]]:
        assert self._connection is not None
        name = sql.Identifier(self._settings.schema, view.name)
        version, key = (sql.SQL(t) for t in view.types)  # type names from the catalogue
        beyond: sql.Composable = sql.SQL("")
        if after is not None:
            beyond = sql.SQL("and (row_ver, src_pk) > (cast({} as {}), cast({} as {})) ").format(
                sql.Literal(after.row_ver), version, sql.Literal(after.src_pk), key
            )
        query = sql.SQL(
            "select row_ver::text, src_pk::text, json_build_object('view', {}::text, 'row', row_to_json(v))::text "
            "from {} v where row_ver is not null and src_pk is not null {}order by v.row_ver, v.src_pk limit {}"
        ).format(sql.Literal(view.name), name, beyond, sql.Literal(_PAGE))
        return [(str(row[0]), str(row[1]), str(row[2])) for row in self._connection.execute(query).fetchall()]

    def _message(self, body: str) -> RawMessage:
        return RawMessage(
            body=body.encode(), media_type="application/json", received_at=self._feed.clock.now_ms(), origin=None
        )

    def _say_progress(self, view: View, rows: int) -> None:
        before, self._rows = self._rows, self._rows + rows
        if before // _SAY_EVERY != self._rows // _SAY_EVERY:
            log.info("reading", feed=self._feed.name, view=view.name, rows=self._rows)

    def _open(self) -> None:
        """A session that cannot write, and waits for nothing for long. Raises Unavailable, Misconfigured."""
        settings = self._settings
        timeout_ms = int(settings.statement_timeout_s * 1000)
        options = f"-c default_transaction_read_only=on -c statement_timeout={timeout_ms} -c lock_timeout=5000"
        self._connection = psycopg.connect(
            settings.dsn,
            autocommit=True,
            options=options,
            application_name="hispulse",
            connect_timeout=10,
            password=self._password(),
        )
        self._connection.read_only = True
        self._views = [self._view(name) for name in self._names()]

    def _password(self) -> str | None:
        if self._settings.password_file is None:
            return None
        try:
            return Path(self._settings.password_file).read_text("utf-8").strip()
        except OSError as error:
            raise Misconfigured(
                f"{self._feed.site.path}, [feeds.{self._feed.name}] password_file: unreadable ({type(error).__name__})."
            ) from None

    def _names(self) -> list[str]:
        assert self._connection is not None
        rows = self._connection.execute(
            "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = %s "
            "and c.relkind in ('v', 'm', 'r', 'p', 'f') and has_table_privilege(c.oid, 'select')",
            [self._settings.schema],
        ).fetchall()
        have = {str(row[0]) for row in rows}
        missing = [name for name in self._settings.views if name not in have]
        names = [name for name in VIEWS if name in (self._settings.views or have) and name in have]
        if missing or not names:
            where = f"{self._feed.site.path}, [feeds.{self._feed.name}] views"
            what = (
                f"the database has no readable view {', '.join(missing)}" if missing else "none of the views is there"
            )
            raise Misconfigured(f"{where}: {what}; the canonical views are {', '.join(VIEWS)}.")
        return names

    def _view(self, name: str) -> View:
        assert self._connection is not None
        types = dict(
            self._connection.execute(
                "select attname, format_type(atttypid, atttypmod) from pg_attribute "
                "where attrelid = format('%%I.%%I', %s::text, %s::text)::regclass and attname in ('row_ver', 'src_pk')",
                [self._settings.schema, name],
            ).fetchall()
        )
        for column in ("row_ver", "src_pk"):
            if column not in types:
                raise Misconfigured(f"Feed {self._feed.name}: view {name} has no column {column}.")
        known = next((view for view in self._views if view.name == name), None)
        return known or View(name, str(types["row_ver"]), str(types["src_pk"]), self._positions.marks.get(name))

    def _away(self, error: psycopg.Error) -> Unavailable | Misconfigured:
        """What is wrong, without the server's words: they may quote a row."""
        what = f"{type(error).__name__}{f' {error.sqlstate}' if error.sqlstate else ''}"
        if isinstance(
            error, (psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedColumn, psycopg.ProgrammingError)
        ):
            return Misconfigured(f"Feed {self._feed.name} cannot read its views ({what}).")
        return Unavailable(f"The database of feed {self._feed.name} does not answer ({what}).")

    def _shut(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
