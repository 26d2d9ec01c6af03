"""What one shard does with what it reads: decode, observe, refold what changed, and say what others must know.

No Kafka and no clock in here: values come in, records to write come out, `now` is passed. The worker and
`fold_in_memory` drive the same object.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ingest.events.control import VisitMoved
from ingest.events.envelope import Event
from ingest.topics import HINT
from streams import hints, linker, speech, subject, taking
from streams.book import Book
from streams.faults import set_aside
from streams.fold import refold
from streams.hints import encode_hint
from streams.holding import Holding, freeze, glance, thaw
from streams.house import HouseRules
from streams.marks import Marks
from streams.orphans import Kinds
from streams.stages.stage import StageRow
from streams.state import Meta, Store
from streams.words import Say


class Shard:
    """One partition number's worth of the hospital."""

    def __init__(
        self,
        house: HouseRules,
        store: Store,
        book: Book,
        *,
        version: str = "",
        epoch: int = 0,
        room: int = 20_000,
    ) -> None:
        self.house = house
        self.store = store
        self.book = book
        self.epoch = epoch
        self.meta: Meta = store.meta()
        self.meta.version = version
        self.marks = Marks(house, self.meta)
        self.events = 0  # taken since the shard was opened
        self.broken: dict[str, int] = {}  # stage → holdings in which its rule failed
        self.unlinked: dict[str, int] = {}  # subject → time of its first event, while no visit is known for it
        self.orphans: dict[str, int] = {}  # of these, how many have waited too long, by source and kind
        self._kinds = Kinds()
        self._room = room  # how many decoded holdings are kept in memory
        self._held: dict[str, Holding] = {}
        self._dirty: dict[str, Holding] = {}  # changed since the last settling
        self._unstored: dict[str, Holding] = {}  # settled, and not yet in the store
        self._dropped: list[str] = []
        self._last_at: dict[str, int] = {}  # every id that is held, here or in the store
        self._moves: dict[str, Event] = {key: taking.decode(body) for key, body in self.meta.moves.items()}
        self._joined = linker.moves(self._moves)
        for topic, count in self.meta.not_taken.items():
            self.count_broken(taking.stages_told_on(topic), count)

    # Opening and completing

    def open(self) -> Iterator[None]:
        """Learn from the store which rows count. Yields now and then, so that others get a turn."""
        for n, (name, data) in enumerate(self.store.items()):
            if self.marks.arrivals.thaw(name, data):
                continue
            seen = glance(data)
            self._last_at[name] = seen.last_at
            if self.meta.complete:
                self.book.replace((), seen.rows)
                self.count_broken(seen.broken, 1)
                if seen.loose_since:
                    self.unlinked[name] = seen.loose_since
            if n % 2_000 == 1_999:
                yield

    def complete(self) -> Iterator[None]:
        """The log has been read to its end for the first time: work out and say everything.

        Until then nothing is: what is half read would only be taken back. Yields now and then, to be settled.
        """
        self.meta.complete = True
        for n, name in enumerate(list(self._last_at)):
            held = self.holding(name)
            if held.scope is not None:
                held.scope.touched = None
            held.link_changed = True
            self._dirty[name] = held
            if n % 1_000 == 999:
                yield

    def take(self, topic: str, values: Iterable[bytes | None], oldest: int = 0, now: int = 0) -> None:
        """What a fetch brought of one topic. What happened before `oldest` is counted and not folded."""
        taking.take(self, topic, values, oldest, now)

    def join(self, moved: VisitMoved, body: bytes) -> None:
        """A visit turns out to be another."""
        known = self._moves.get(moved.event_id)
        if known is not None and known.revision >= moved.revision:
            return
        self._moves[moved.event_id] = moved
        self.meta.moves[moved.event_id] = body
        before, self._joined = self._joined, linker.moves(self._moves)
        for visit in {*before, *self._joined}:
            if (was := before.get(visit, "")) != self._joined.get(visit, ""):
                if was and was not in self.meta.joined_once.setdefault(visit, []):
                    self.meta.joined_once[visit].append(was)
                if visit in self._last_at:
                    self.changed(visit, self.holding(visit), 0)

    def changed(self, name: str, held: Holding, at: int) -> None:
        if at > held.last_at:
            held.last_at = at
        self._last_at[name] = held.last_at
        self._dirty[name] = held

    def holding(self, name: str) -> Holding:
        """What is held under an id: from memory, else from the store, else new."""
        held = self._held.get(name)
        if held is None:
            kept = self.store.get(name) if name in self._last_at else None
            held = self._held[name] = thaw(kept) if kept is not None else Holding()
        return held

    def stamp(self) -> str:
        self.meta.said += 1
        return hints.stamp(self.epoch, self.meta.said)

    # Settling

    @property
    def unsettled(self) -> int:
        """How many holdings have changed since the last settling."""
        return len(self._dirty)

    def settle(self) -> list[Say]:
        """Work out what changed: rows into cells, and what others must know. Then it waits to be stored."""
        says: list[Say] = []
        if self.meta.complete:
            for name, held in self._dirty.items():
                self._refold(name, held)
                if held.scope is not None and held.scope.scope == "visit":
                    survivor, once = self._joined.get(name, ""), self.meta.joined_once.get(name, ())
                    for hint in speech.of_visit(name, held, survivor, once, self.stamp):
                        says.append(Say(HINT, hint.to, encode_hint(hint)))
                elif held.link_changed:
                    held.link_changed = False
                    says.extend(self._say(name, held))
            self.book.tell(self.marks.arrivals.news())
        self._unstored.update(self._dirty)
        self._dirty = {}
        return says

    def store_changes(self) -> None:
        """Write state and offsets, together. Only once all that was said is stored.

        Offsets stand for what has been settled, so nothing may have been taken since.
        """
        assert not self._dirty
        self.meta.feeds, self.meta.feeds_day = self.marks.marks(), self.marks.day
        changed: dict[str, bytes | None] = dict.fromkeys(self._dropped)
        changed |= {name: freeze(held) for name, held in self._unstored.items()}
        self.store.write(changed | self.marks.arrivals.unstored(), self.meta)
        self._unstored, self._dropped = {}, []
        self._make_room()

    def _refold(self, name: str, held: Holding) -> None:
        scope = held.scope
        if scope is None:
            return
        if scope.touched is None or scope.touched:
            try:
                refold(scope, self.house)
            except Exception:
                found = set_aside(scope, self.house, held.aside)
                self.count_broken(found, 1)
                held.broken = sorted([*held.broken, *found])
        if held.broken and not held.aside:
            self.count_broken(held.broken, -1)
            held.broken = []
        rows: list[StageRow] = [] if scope.scope == "visit" and name in self._joined else scope.rows
        if rows is not held.rows:
            self.book.replace(held.rows, rows)
            held.rows = rows

    def count_broken(self, stages: list[str], by: int) -> None:
        for stage in stages:
            self.broken[stage] = self.broken.get(stage, 0) + by
            if not self.broken[stage]:
                del self.broken[stage]

    def _say(self, name: str, held: Holding) -> Iterator[Say]:
        """What a subject must say once its link has changed."""
        self._kinds.forget(name)
        yield from subject.words_of(name, held, self.house.source_priority, self.stamp)
        if held.loose_since and held.scope is not None and not linker.where(held.link, name).visit:
            self.unlinked[name] = held.loose_since
        else:
            self.unlinked.pop(name, None)
            held.loose_since = 0

    # Keeping house

    def _make_room(self) -> None:
        """Forget decoded holdings beyond what memory has room for: all are stored, and the store has them."""
        if len(self._held) > self._room:
            for name in list(self._held)[: len(self._held) - self._room // 2]:
                del self._held[name]

    def drop_before(self, oldest: int) -> int:
        """Forget what had its last event before `oldest`: out of the cells now, out of the store at the next settling.

        Returns how many.
        """
        old = [name for name, last_at in self._last_at.items() if last_at < oldest]
        for name in old:
            held = self.holding(name)
            self.book.replace(held.rows, ())
            self.count_broken(held.broken, -1)
            self.unlinked.pop(name, None)
            self._dirty.pop(name, None)
            self._unstored.pop(name, None)
            del self._held[name], self._last_at[name]
        self._dropped.extend(old)
        self.marks.arrivals.drop_before(oldest)
        self._forget_moves(oldest)
        return len(old)

    def _forget_moves(self, oldest: int) -> None:
        """Who was joined to whom, long ago, of visits of which nothing is held here any more."""
        for event_id, moved in list(self._moves.items()):
            visits = (moved.visit_id, getattr(moved, "prior_visit_id", None))
            if moved.occurred_at < oldest and not any(visit in self._last_at for visit in visits):
                del self._moves[event_id], self.meta.moves[event_id]
        self.meta.joined_once = {v: once for v, once in self.meta.joined_once.items() if v in self._last_at}
        self._joined = linker.moves(self._moves)

    def count_orphans(self, since: int) -> None:
        """How many subjects have had their first event before `since` and still belong to no visit, by their kind."""
        lost = [name for name, first_at in self.unlinked.items() if first_at < since]
        self.orphans = self._kinds.count(lost, self._held, self.store)

    def rows(self) -> Iterator[StageRow]:
        """All rows of what is in memory."""
        for held in self._held.values():
            yield from held.rows
