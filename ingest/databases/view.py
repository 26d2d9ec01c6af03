"""A view of a database and how far it has been told.

Changes become visible out of order: a transaction that took its versions early may commit late. So beside what is new,
the last `overlap_s` are read anew now and then, and every `recheck_s` the last `recheck_overlap_s`: what only that
finds was hidden by a longer transaction, and is counted. What has been told is left out, unless it says something else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Literal, NamedTuple

from ingest.databases.lines import AGAIN, Line, Reader
from ingest.databases.statements import Relation
from ingest.interpret.views import TOGETHER
from ingest.polled import Polled
from ingest.positions import Mark

Kind = Literal["new", "overlap", "recheck"]

_REMEMBERED = 500_000  # rows; what is forgotten is told once more, which changes nothing
_SMALL = 100_000
_DAY_MS = 86_400_000


@dataclass(frozen=True)
class Rhythm:
    """How far back is read anew, and how often."""

    overlap_s: float
    overlap_every_s: float
    recheck_overlap_s: float
    recheck_every_s: float


class Start(NamedTuple):
    """Where another process came to; what its rechecks have not settled is read once more."""

    bound: Mark | None = None
    recheck: Mark | None = None  # None: from the beginning


class View:
    """One view: what it is read from, where its reading stands, and what has been told of it."""

    def __init__(self, name: str, relation: Relation, start: Start, rhythm: Rhythm, now_ms: int) -> None:
        self.name = name
        self.relation = relation
        self.together = TOGETHER.get(name, ())  # the columns that rows of one fact share
        self.reader = Reader(relation, self.together)
        self.furthest = start.bound
        self._rhythm = rhythm
        self._near: Polled[Mark | None] = Polled(name, start.bound)
        self._far: Polled[Mark | None] = Polled(name, start.recheck)
        self._knows = start.bound is None  # of all that lies within a recheck, whether it has been told
        self._contents: dict[int, tuple[int, int]] = {}  # key → (what it said, how often it had changed)
        self._caught_up = False  # what is still to be read for the first time goes before what is read anew
        self._heard: dict[int, tuple[int, int]] = {}  # as above, of what is being told
        self._overlapped_at = self._rechecked_at = now_ms
        kind = relation.columns["row_ver"].type
        self._is_coarse = relation.engine != "postgresql" or "(0)" in kind  # only it leaves out a fraction of nought
        self._first = now_ms % _DAY_MS // 100 + 1  # tenths of a second: less than a second has microseconds

    @property
    def bound(self) -> Mark | None:
        """Everything up to it has been told and is no longer expected to be joined by what comes late."""
        return self._near.bound

    @property
    def recheck_bound(self) -> Mark | None:
        """As `bound`, of transactions that are as long as a recheck goes back; None: the very beginning."""
        return self._far.bound if self._is_bounded() else self._near.bound

    @property
    def is_caught_up(self) -> bool:
        """Whether it has been read to its end."""
        return self._caught_up

    @property
    def overlapped_at(self) -> int:
        """When the last of it was read anew, real time."""
        return self._overlapped_at

    def is_late(self, kind: Kind) -> bool:
        """Whether what such a poll tells was hidden by a longer transaction."""
        return kind == "recheck" and self._knows

    def next_poll(self, now_ms: int) -> tuple[Kind, Mark | None]:
        """What the next poll is for, and after which place it begins."""
        if not self._caught_up:
            return "new", self.furthest
        if now_ms - self._rechecked_at >= self._rhythm.recheck_every_s * 1000 and self._is_bounded():
            return "recheck", self._far.bound
        if now_ms - self._overlapped_at >= self._rhythm.overlap_every_s * 1000:
            return "overlap", self._near.bound
        return "new", self.furthest

    def fresh(self, lines: Iterable[Line]) -> list[Line]:
        """The lines that have not been told as they stand. One that says something else under the same version, as
        of a time that knows seconds only, is told with how often it did, so that its latest word counts."""
        found = []
        for line in lines:
            key, content = line.key, line.content
            known = self._contents.get(key)
            if known is None or known[0] != content:
                changes = 0 if known is None else known[1] + 1
                self._heard[key] = (content, changes)
                found.append(self._numbered(line, changes))
        return found

    def told(self, lines: Iterable[Line]) -> None:
        """These are durable."""
        for line in lines:
            if (said := self._heard.pop(line.key, None)) is not None:  # a view may give a row twice
                self._contents[line.key] = said
        for key in list(islice(self._contents, max(0, len(self._contents) - _REMEMBERED))):
            del self._contents[key]

    def _numbered(self, line: Line, changes: int) -> Line:
        """A row with how often it has changed under its version. Where versions are whole seconds, what a process
        tells later than another counts more: nobody remembers what the other has told of this second."""
        coarse = self._first if ":" in line.row_ver and "." not in line.row_ver and self._is_coarse else 0
        return line._replace(columns={**line.columns, AGAIN: coarse + changes}) if coarse + changes else line

    def reached(self, kind: Kind, at: Mark, now_ms: int) -> None:
        """A page that ends at a place was told: nothing can join what lies before it after `overlap_s` from now."""
        if kind == "new":
            self.furthest = at
            self._stood(at, now_ms)

    def polled(self, kind: Kind, keys: set[int], at: Mark | None, now_ms: int) -> None:
        """A poll came to its end; `keys` are of all that it saw."""
        self.furthest, was_behind, self._caught_up = at, not self._caught_up, True
        if kind != "new" or was_behind:
            self._overlapped_at = now_ms
        if kind == "recheck":
            self._rechecked_at, self._knows = now_ms, True
            self._contents = {key: said for key, said in self._contents.items() if key in keys}
        self._stood(at, now_ms)

    def _stood(self, at: Mark | None, now_ms: int) -> None:
        self._near.polled(set(), at, now_ms, self._rhythm.overlap_s)
        self._far.polled(set(), at, now_ms, self._rhythm.recheck_overlap_s)

    def _is_bounded(self) -> bool:
        """Reading anew from the very beginning is for small tables only."""
        return self._far.bound is not None or len(self._contents) <= _SMALL
