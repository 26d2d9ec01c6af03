"""The reconciliation of a feed with its HIS: one check a view, one memory, one account of what was found."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from ingest.clock import real_now_ms
from ingest.databases.counting import COUNTED, counting_of
from ingest.databases.lines import Line, Reader
from ingest.databases.plan import Planned
from ingest.databases.reconcile import Check, hospital_time
from ingest.databases.reconciled import DayCount, ReconciledBook
from ingest.databases.settings import SqlSettings
from ingest.databases.statements import Statement
from ingest.databases.told import Told
from ingest.databases.view import View
from ingest.errors import Unavailable
from ingest.feeds import Feed
from ingest.interpret.counts import Count, Counts
from ingest.interpret.views import RowMessage
from ingest.settings import home

Ask = Callable[[Statement], Awaitable[list[tuple[Any, ...]]]]


class Reconciliation:
    """What of a feed's views is compared."""

    def __init__(self, feed: Feed, settings: SqlSettings, memory: Path | None) -> None:
        self._feed, self._settings, self._memory = feed, settings, memory
        self._book = ReconciledBook(feed.site.name, feed.name, memory and memory / "reconciled")
        self._told: Told | None = None
        self._refused: dict[str, list[str]] = {}  # of what is being told
        self._first: set[str] = set()  # views whose earlier telling nobody remembers: what they lack is no gap
        self.checks: dict[str, Check] = {}

    def open(self, planned: Iterable[Planned]) -> None:
        """Begin to compare what is planned. Tables without versions are compared whole as they are read."""
        if not self._settings.reconcile_every_s:
            return
        if self._told is None:
            path = (self._memory or home() / "positions") / self._feed.site.name / f"{self._feed.name}.told"
            self._told = Told(path, self._feed.pseudonyms.key_at_rest())
        for view in planned:
            if not isinstance(view, View):
                self._book.found.whole = sorted({*self._book.found.whole, view.name})
            elif view.name not in self.checks:
                self._begin(view, self._told)
        self._book.write()

    def _begin(self, view: View, told: Told) -> None:
        counting = counting_of(view.name, view.relation, self._offset_min())
        if counting is None:
            self._book.found.not_counted = sorted({*self._book.found.not_counted, view.name})
            return
        begun = view.furthest.row_ver if view.furthest is not None and self._settings.begin == "end" else None
        is_first, begun = told.begin(view.name, begun)
        if is_first and view.furthest is not None:
            self._first.add(view.name)
        every_s, days = self._settings.reconcile_every_s, self._settings.reconcile_days
        self.checks[view.name] = Check(counting, told, begun, every_s=every_s, days=days)

    def hospital_time(self) -> datetime:
        """The hospital's local time."""
        return hospital_time(self._feed.clock.now_ms(), self._offset_min())

    async def look(self, check: Check, asked: Ask) -> None:
        """What the HIS has of a view, and the keys of hours that have changed. Raises Unavailable."""
        began = time.monotonic()
        try:
            totals = await asked(await asyncio.to_thread(check.totals, self.hospital_time()))
            for hour in await asyncio.to_thread(check.look, totals, real_now_ms()):
                rows = await asked(check.rows_of(hour))
                await asyncio.to_thread(check.compare, Reader(check.counting.keys, ()).lines(rows))
            await asyncio.to_thread(check.compared, time.monotonic() - began, real_now_ms())
        except Unavailable:
            check.postpone(time.monotonic() - began, real_now_ms())
            raise

    def told(self, view: str, lines: Sequence[Line]) -> None:
        """These are durable."""
        if (check := self.checks.get(view)) is not None:
            check.keep(lines, self.hospital_time())
            check.refuse(self._refused.pop(view, []))

    def refused(self, body: bytes) -> None:
        """A message of rows became a dead letter: of what is not counted nobody asks later, so it is not kept."""
        message = msgspec.json.decode(body, type=RowMessage)
        if message.view not in self.checks:
            return
        keys = [str(row["src_pk"]) for row in (message.row, *message.beside)]
        self._refused.setdefault(message.view, []).extend(keys)

    def pulled(self, check: Check, keys: Sequence[str], lines: Sequence[Line]) -> None:
        """These keys were asked for again, and these rows are there and told."""
        check.keep(lines, self.hospital_time())
        check.pulled(keys)

    def conclude(self, check: Check, pulled: int) -> list[bytes]:
        """A view is compared. Returns a message for each of its days that is not as it was."""
        check.conclude()
        found = 0 if check.view in self._first else pulled
        self._first.discard(check.view)
        days: dict[str, list[DayCount]] = {}
        for count in self._book.put(check.view, check.standing(), found, real_now_ms()):
            days.setdefault(count.day, []).append(count)
        return [self._message(check.view, day, counts) for day, counts in days.items()]

    def _message(self, view: str, day: str, counts: Sequence[DayCount]) -> bytes:
        said = [Count(each.dept, each.rows, each.held, each.why) for each in counts]
        return msgspec.json.encode(Counts(view, day, said, COUNTED[view].event_type))

    def close(self) -> None:
        """Let go of what is remembered."""
        if self._told is not None:
            self._told.close()
        self._told, self.checks = None, {}

    def _offset_min(self) -> int:
        now = datetime.fromtimestamp(self._feed.clock.now_ms() / 1000, UTC).astimezone(self._feed.zone)
        offset = now.utcoffset()
        return int(offset.total_seconds() // 60) if offset else 0
