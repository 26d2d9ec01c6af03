"""Views of a HIS database: polls the canonical views (domain specification 7.2) on PostgreSQL, and never writes.

What may have become visible late is read anew by each poll; of a fact that several rows tell, all of them are read.
"""

from __future__ import annotations

import asyncio
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
from ingest.interpret.views import TOGETHER, VIEWS, interpret_row
from ingest.positions import Mark, Positions
from ingest.views import Line, View, bodies

log = structlog.get_logger()

_PAGE = 500
_SAY_EVERY = 20_000
_ORDER = ("row_ver", "src_pk")


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
            scanned.update(line.version for line in rows)
            fresh = [line for line in rows if line.version not in view.told]
            if fresh:
                standing = await asyncio.to_thread(self._standing, view, fresh)
                # Returns here when they are durable.
                yield [self._message(body) for body in bodies(view, fresh, standing)]
                view.told.update(line.version for line in fresh)
                self._say_progress(view, len(fresh))
            if rows:
                at = Mark(rows[-1].row_ver, rows[-1].src_pk)
            if len(rows) < _PAGE:
                break
        view.polled(scanned, at, real_now_ms(), self._settings.overlap_s)
        if view.bound is not None:
            await asyncio.to_thread(self._positions.move, view.name, view.bound)

    def _page(self, view: View, after: Mark | None) -> list[Line]:
        beyond: sql.Composable = sql.SQL("")
        if after is not None:
            version, key = (sql.SQL(view.types[name]) for name in _ORDER)  # type names from the catalogue
            beyond = sql.SQL("and (row_ver, src_pk) > (cast({} as {}), cast({} as {})) ").format(
                sql.Literal(after.row_ver), version, sql.Literal(after.src_pk), key
            )
        which = sql.SQL("{}order by v.row_ver, v.src_pk limit {}").format(beyond, sql.Literal(_PAGE))
        return self._lines(view, which)

    def _lines(self, view: View, which: sql.Composable) -> list[Line]:
        assert self._connection is not None
        shared = sql.SQL(", ").join(sql.SQL("v.{}::text").format(sql.Identifier(name)) for name in view.together)
        query = sql.SQL(
            "select v.row_ver::text, v.src_pk::text, row_to_json(v)::text, array[{}]::text[] from {} v "
            "where row_ver is not null and src_pk is not null {}"
        ).format(shared, sql.Identifier(self._settings.schema, view.name), which)
        rows = self._connection.execute(query).fetchall()
        return [Line(str(row[0]), str(row[1]), str(row[2]), tuple(row[3])) for row in rows]

    def _standing(self, view: View, fresh: list[Line]) -> list[Line]:
        """All rows that tell a fact together with a fresh one, as they stand."""
        if not view.together:
            return []
        first = view.together[0]
        which = sql.SQL("and v.{} = any(cast({} as {}[]))").format(
            sql.Identifier(first),
            sql.Literal(sorted({line.shared[0] for line in fresh if line.shared[0] is not None})),
            sql.SQL(view.types[first]),
        )
        return self._lines(view, which)

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
                "where attrelid = format('%%I.%%I', %s::text, %s::text)::regclass and attnum > 0 and not attisdropped",
                [self._settings.schema, name],
            ).fetchall()
        )
        for column in (*_ORDER, *TOGETHER.get(name, ())):
            if column not in types:
                raise Misconfigured(f"Feed {self._feed.name}: view {name} has no column {column}.")
        known = next((view for view in self._views if view.name == name), None)
        return known or View(name, {str(k): str(v) for k, v in types.items()}, self._positions.marks.get(name))

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
