"""What of a database is read, and how: views whose rows have versions, and tables that are compared row by row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from ingest.clock import real_now_ms
from ingest.databases import statements
from ingest.databases.database import Database
from ingest.databases.lines import Line, Reader, bodies, body_of
from ingest.databases.settings import Query, SqlSettings
from ingest.databases.snapshot import Changed, Memory, compared
from ingest.databases.statements import Relation, Statement
from ingest.databases.view import Rhythm, Start, View
from ingest.errors import Misconfigured
from ingest.feeds import Feed
from ingest.interpret.times import local_date
from ingest.interpret.views import TOGETHER, VIEWS
from ingest.positions import Mark, Positions
from ingest.settings import home

BEGINNING = Mark("", "")  # before all rows


class Table:
    """Rows without a version: all of them are looked at now and then, and what says something else is told."""

    def __init__(self, name: str, feed: Feed, query: Query, relation: Relation, memory: Memory) -> None:
        self.name = name
        self.together = TOGETHER.get(name, ())
        self.reader = Reader(relation, self.together)
        self._feed, self._query, self._relation, self._memory = feed, query, relation, memory
        self._known = memory.load()
        self._looked_at = 0
        self._since = self._remembered = memory.since()
        self._window_moved = False

    def is_due(self, now_ms: int) -> bool:
        """Whether it is time for a look."""
        return now_ms - self._looked_at >= self._query.every_s * 1000

    def statement(self, now_ms: int) -> Statement:
        """All rows from the first of the days that count."""
        since = local_date(now_ms, self._feed.zone) - timedelta(days=self._query.days - 1)
        self._window_moved = since.isoformat() != self._remembered  # since a look that came to its end
        self._since = since.isoformat()
        source = source_of(self._relation.engine, self._query, since, self._relation.source)
        return statements.everything(self._relation._replace(source=source), self._query.max_rows + 1)

    def changes(self, lines: Sequence[Line], now_ms: int) -> list[Changed]:
        """What has changed. Raises Misconfigured when it is not bounded."""
        if len(lines) > self._query.max_rows:
            where = self._feed.site.place(f"feeds.{self._feed.name}.queries.{self.name}", "sql")
            raise Misconfigured(
                f"{where}: gives more than max_rows = {self._query.max_rows} rows; bound it with {{since}}, e.g. "
                "where created_at >= {since}."
            )
        # A row that is gone when the window moves has left the window.
        return compared(self._known, lines, now_ms, "ignore" if self._window_moved else self._query.vanished)

    def pages(self, changes: list[Changed], rows: int) -> Iterator[list[Changed]]:
        """Changes in portions; those that tell a fact together stay together."""
        changes.sort(key=lambda changed: tuple(map(str, changed.line.shared)))
        first = 0
        while first < len(changes):
            last = first + rows
            while self.together and last < len(changes) and changes[last].line.shared == changes[last - 1].line.shared:
                last += 1
            yield changes[first:last]
            first = last

    def bodies(self, page: Sequence[Changed]) -> list[bytes]:
        """The messages of a portion."""
        if not self.together:
            return [body_of(self.name, [changed.line], changed.before) for changed in page]
        fresh = [changed.line for changed in page]
        told = {line.src_pk for line in fresh}
        return bodies(self.name, True, fresh, (k.line for k in self._known.values() if k.src_pk not in told))

    def told(self, page: Sequence[Changed]) -> None:
        """These are durable."""
        kept = [changed.known for changed in page if changed.known is not None]
        gone = [changed.line.src_pk for changed in page if changed.known is None]
        self._memory.keep(kept, gone)
        self._known.update({each.src_pk: each for each in kept})
        for key in gone:
            self._known.pop(key, None)

    def looked(self, lines: Sequence[Line], now_ms: int) -> None:
        """A look is complete: what is no longer there is forgotten."""
        there = {line.src_pk for line in lines}
        gone = [key for key in self._known if key not in there]
        if gone:
            self._memory.keep([], gone)
        if self._since != self._remembered:
            self._memory.looked(self._since)
            self._remembered = self._since
        self._known = {key: each for key, each in self._known.items() if key in there}
        self._looked_at = now_ms

    def close(self) -> None:
        """Let go of what is remembered."""
        self._memory.close()


Planned = View | Table


def planned(
    feed: Feed,
    settings: SqlSettings,
    database: Database,
    positions: Positions,
    before: Sequence[Planned],
    memory: Path | None,
) -> list[Planned]:
    """What is read; what was read before a connection was lost goes on. Raises Misconfigured."""
    have = database.names()
    found = []
    for name in _names(feed, settings, have):
        known = next((each for each in before if each.name == name), None)
        found.append(known or _plan(name, feed, settings, database, have, positions, memory))
    return found


def _names(feed: Feed, settings: SqlSettings, have: dict[str, str]) -> list[str]:
    from_sql = {name for name, query in settings.queries.items() if query.sql}
    asked = settings.views or tuple(settings.queries)  # what a site file names is never left out in silence
    missing = [name for name in asked if name not in VIEWS or (name not in have and name not in from_sql)]
    wanted = settings.views or {*have, *settings.queries}
    names = [name for name in VIEWS if name in wanted and (name in have or name in from_sql)]
    if missing or not names:
        where = feed.site.place(f"feeds.{feed.name}", "views")
        what = f"the database has no readable view {', '.join(missing)}" if missing else "none of the views is there"
        raise Misconfigured(f"{where}: {what}; the canonical views are {', '.join(VIEWS)}.")
    return names


def _plan(
    name: str,
    feed: Feed,
    settings: SqlSettings,
    database: Database,
    have: dict[str, str],
    positions: Positions,
    memory: Path | None,
) -> Planned:
    query = settings.queries.get(name, Query())
    view = statements.view_source(settings.engine, database.schema, have.get(name, name))
    since = local_date(feed.clock.now_ms(), feed.zone) - timedelta(days=query.days - 1)
    source = source_of(settings.engine, query, since, view)
    relation = Relation(settings.engine, source, database.columns(source))
    needed = ["src_pk", *TOGETHER.get(name, ())] + (["row_ver"] if query.mode == "versions" else [])
    for column in needed:
        if column not in relation.columns:
            where = f"[feeds.{feed.name}.queries.{name}]"
            hint = f' (a table that has none: mode = "snapshot" in {where})' if column == "row_ver" else ""
            raise Misconfigured(f"Feed {feed.name}: view {name} has no column {column}{hint}.")
    if query.mode == "snapshot":
        path = (memory or home() / "positions") / feed.site.name / f"{feed.name}.{name}.rows"
        relation = relation._replace(source=view if not query.sql else source)
        return Table(name, feed, query, relation, Memory(path, feed.pseudonyms.key_at_rest()))
    rhythm = Rhythm(settings.overlap_s, settings.overlap_every_s, settings.recheck_overlap_s, settings.recheck_every_s)
    bound = positions.marks.get(name) or (_last(database, name, relation) if settings.begin == "end" else None)
    recheck = positions.marks.get(recheck_of(name), bound)
    return View(name, relation, Start(bound, None if recheck == BEGINNING else recheck), rhythm, real_now_ms())


def recheck_of(view: str) -> str:
    """Under which name the place is kept from which a view is read anew for long transactions."""
    return f"{view} recheck"


def source_of(engine: Any, query: Query, since: date, view: str) -> str:
    """What is read: the database's view, or what the site file says."""
    return statements.query_source(engine, query.sql, since) if query.sql else view


def _last(database: Database, name: str, relation: Relation) -> Mark | None:
    """The last row there is."""
    lines = Reader(relation, ()).lines(database.rows(name, statements.newest(relation)))
    return Mark(lines[0].row_ver, lines[0].src_pk) if lines else None
