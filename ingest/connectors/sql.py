"""Views of a HIS database: polls them on PostgreSQL, MySQL and MariaDB, SQL Server or Oracle, and never writes.

The views are the canonical ones (domain specification 7.2), or what a site file says in SQL of the vendor's own tables.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import structlog

from ingest.clock import real_now_ms
from ingest.connector import Interpret, RawMessage
from ingest.databases import statements
from ingest.databases.database import COUNTING, Database
from ingest.databases.lines import Line, bodies
from ingest.databases.plan import BEGINNING, Planned, Table, planned, recheck_of
from ingest.databases.reconcile import Check
from ingest.databases.reconciliation import Reconciliation
from ingest.databases.settings import SqlSettings, check
from ingest.databases.view import View
from ingest.events.envelope import Event
from ingest.feeds import Feed
from ingest.interpret.counts import COUNTS, interpret_counts
from ingest.interpret.source import source_of
from ingest.interpret.views import interpret_row
from ingest.positions import Mark, Positions

log = structlog.get_logger()

Settings = SqlSettings

_SAY_EVERY = 20_000
_PAGES_A_TURN = 20
_LONGEST_WAIT_S = 1.0
_TOGETHER = 500  # facts or keys asked for in one statement; Oracle takes 1000


def connect(feed: Feed) -> SqlReader:
    """The reader of a feed."""
    return SqlReader(feed)


def interpreter(feed: Feed) -> Interpret:
    """Rows as events."""
    source = source_of(feed)

    def interpret(raw: RawMessage) -> list[Event]:
        if raw.media_type == COUNTS:
            return interpret_counts(raw.body, source, raw.received_at, feed.name)
        return interpret_row(raw.body, source, raw.received_at)

    return interpret


class SqlReader:
    """Polls the views in turn, a page at a time."""

    def __init__(self, feed: Feed, positions: Positions | None = None, memory: Path | None = None) -> None:
        assert isinstance(feed.settings, SqlSettings)
        check(feed, feed.settings)
        self._feed = feed
        self._settings = feed.settings
        self._positions = positions or Positions(feed.site.name, feed.name)
        self._memory = memory
        self._database = Database(feed, feed.settings, memory and memory / "load")
        self._planned: list[Planned] = []
        self._compared = Reconciliation(feed, feed.settings, memory)
        self.rows_told = 0
        self._unfinished = False

    @property
    def database(self) -> Database:
        """What it asks."""
        return self._database

    async def read(self) -> AsyncIterator[Sequence[RawMessage]]:
        """New and changed rows, for as long as anybody asks. Raises Unavailable when the database is away."""
        if not self._database.is_open:
            await asyncio.to_thread(self._open)
        while True:
            self._unfinished = False
            for each in self._planned:
                if each.name in self._settings.off_peak_views and self._database.is_peak():
                    continue
                told = self._poll(each) if isinstance(each, View) else self._compare(each)
                async for page in told:
                    yield page
                if isinstance(each, View) and not self._unfinished:
                    async for page in self._reconcile(each):
                        yield page
            await asyncio.sleep(0 if self._unfinished else self._settings.poll_s)

    async def refuse(self, message: RawMessage, reason: str) -> None:
        """The row stays a dead letter until it changes, and is counted as one."""
        if reason and message.media_type != COUNTS:
            self._compared.refused(message.body)

    async def acknowledge(self, messages: Sequence[RawMessage]) -> None:
        """Told. The position moves with the bound, at the end of a poll."""

    async def close(self) -> None:
        """Let go of the connection and of what is remembered."""
        self._database.close()
        for each in self._planned:
            if isinstance(each, Table):
                each.close()
        self._compared.close()
        self._planned = []

    def planned(self) -> list[Planned]:
        """What it reads, once the database is open. Raises Unavailable, Misconfigured."""
        self._open()
        return self._planned

    def _open(self) -> None:
        self._database.open()
        self._planned = planned(
            self._feed, self._settings, self._database, self._positions, self._planned, self._memory
        )
        self._compared.open(self._planned)

    async def _poll(self, view: View) -> AsyncIterator[Sequence[RawMessage]]:
        """One pass from where it is due to the end; the position moves once all of it is durable. What is much is read
        in turns with the other views."""
        kind, at = view.next_poll(real_now_ms())
        keys, limit, lines, pages = set[int](), 0, list[Line](), 0
        while len(lines) == limit:
            if kind == "new" and pages == _PAGES_A_TURN:
                self._unfinished = True
                await self._move(view)
                return
            limit, pages = await self._allowance(), pages + 1
            lines = await self._lines(view, statements.page(view.relation, at, limit))
            if kind == "recheck":
                keys.update(line.key for line in lines)
            async for messages in self._tell(view, lines, late=view.is_late(kind)):
                yield messages
            if lines:
                at = Mark(lines[-1].row_ver, lines[-1].src_pk)
                view.reached(kind, at, real_now_ms())
        view.polled(kind, keys, at, real_now_ms())
        await self._move(view)

    async def _tell(self, view: View, lines: list[Line], *, late: bool) -> AsyncIterator[Sequence[RawMessage]]:
        """Those of these rows that have not been told as they stand."""
        fresh = view.fresh(lines)
        if not fresh:
            return
        standing = await self._standing(view, fresh)
        # Returns here when they are durable.
        yield self._messages(bodies(view.name, bool(view.together), fresh, standing))
        view.told(fresh)
        await asyncio.to_thread(self._compared.told, view.name, fresh)
        self._note(view.name, len(fresh), late=late)

    async def _reconcile(self, view: View) -> AsyncIterator[Sequence[RawMessage]]:
        """A look at what the HIS has, when it is due; then what was missed is pulled again, and the rest is told."""
        check = self._compared.checks.get(view.name)
        if check is None:
            return
        if check.is_due(real_now_ms()) and view.is_caught_up:
            await self._look(check)
        elif check.is_in_doubt and check.may_conclude(view.overlapped_at, real_now_ms()):
            missing, before = await asyncio.to_thread(check.missing), self.rows_told
            for first in range(0, len(missing), _TOGETHER):
                await self._allowance()
                keys = missing[first : first + _TOGETHER]
                lines = await self._lines(view, statements.standing(view.relation, "src_pk", keys))
                async for messages in self._tell(view, lines, late=False):
                    yield messages
                await asyncio.to_thread(self._compared.pulled, check, keys, lines)
            counts = await asyncio.to_thread(self._compared.conclude, check, self.rows_told - before)
            if counts:
                now_ms = self._feed.clock.now_ms()
                yield [RawMessage(body=each, media_type=COUNTS, received_at=now_ms) for each in counts]

    async def _look(self, check: Check) -> None:
        """What the HIS has, by department and hour, and the keys of hours that have changed."""

        async def asked(statement: statements.Statement) -> list[tuple[Any, ...]]:
            await self._allowance()
            return await asyncio.to_thread(self._database.rows, check.view + COUNTING, statement)

        await self._compared.look(check, asked)

    async def _move(self, view: View) -> None:
        """Keep where a view stands."""
        if view.bound is not None:
            await asyncio.to_thread(self._positions.move, recheck_of(view.name), view.recheck_bound or BEGINNING)
            await asyncio.to_thread(self._positions.move, view.name, view.bound)

    async def _compare(self, table: Table) -> AsyncIterator[Sequence[RawMessage]]:
        """A look at all rows of what is bounded, when it is due."""
        if not table.is_due(real_now_ms()):
            return
        await self._allowance()
        statement = table.statement(self._feed.clock.now_ms())
        lines = await self._lines(table, statement)
        changes = table.changes(lines, self._feed.clock.now_ms())
        for page in table.pages(changes, self._settings.page_rows):
            yield self._messages(table.bodies(page))
            await asyncio.to_thread(table.told, page)
            self._note(table.name, len(page), late=False)
        await asyncio.to_thread(table.looked, lines, real_now_ms())

    async def _allowance(self) -> int:
        """How many rows may be asked for, once some may."""
        while True:
            rows, wait_s = self._database.allowance()
            if rows:
                return rows
            self._database.book.waited(min(wait_s, _LONGEST_WAIT_S))
            await asyncio.sleep(min(wait_s, _LONGEST_WAIT_S))

    async def _lines(self, of: Planned, statement: statements.Statement) -> list[Line]:
        rows = await asyncio.to_thread(self._database.rows, of.name, statement)
        return of.reader.lines(rows)

    async def _standing(self, view: View, fresh: list[Line]) -> list[Line]:
        """All rows that tell a fact together with a fresh one, as they stand."""
        if not view.together:
            return []
        wanted = sorted({line.shared[0] for line in fresh if line.shared[0] is not None})
        found: list[Line] = []
        for first in range(0, len(wanted), _TOGETHER):
            await self._allowance()
            asked = statements.standing(view.relation, view.together[0], wanted[first : first + _TOGETHER])
            found += await self._lines(view, asked)
        return found

    def _messages(self, told: Sequence[bytes]) -> list[RawMessage]:
        now_ms = self._feed.clock.now_ms()
        return [RawMessage(body=body, media_type="application/json", received_at=now_ms) for body in told]

    def _note(self, view: str, rows: int, *, late: bool) -> None:
        if late:
            self._database.book.found_late(view, rows)
            log.warning("rows of a long transaction", feed=self._feed.name, view=view, rows=rows)
        before, self.rows_told = self.rows_told, self.rows_told + rows
        if before // _SAY_EVERY != self.rows_told // _SAY_EVERY:
            log.info("reading", feed=self._feed.name, view=view, rows=self.rows_told)
