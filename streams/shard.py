"""What one shard does with what it reads: decode, observe, refold what changed, and say what others must know.

No Kafka and no clock in here: values come in, records to write come out, `now` is passed. The worker and
`fold_in_memory` drive the same object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

import msgspec

from ingest.errors import Malformed
from ingest.events import any_event, domains
from ingest.events.control import VisitMoved
from ingest.events.envelope import Event
from ingest.journey import decode_placement, encode_placement
from ingest.topics import CONTROL, HINT, JOURNEY, event_topic
from streams import linker, speech
from streams.faults import set_aside
from streams.fold import SCOPE_OF_SUBJECT, ScopeState, observe, refold, take_hint
from streams.hints import Answer, Ask, Hint, Joined, OfVisit, decode_hint, encode_hint, stamp
from streams.holding import Holding, freeze, glance, thaw
from streams.house import HouseRules
from streams.marks import Marks
from streams.stages import declared
from streams.stages.stage import StageRow
from streams.state import Meta, Store
from streams.story import ID_LENGTH

_APPOINTMENT = "appointment_id"
_decode = msgspec.json.Decoder(any_event()).decode


class Say(NamedTuple):
    """A record that the shard wants written, keyed by who must know."""

    topic: str
    key: str
    value: bytes


class Book(Protocol):
    """Where rows are counted into cells."""

    def replace(self, old_rows: Sequence[StageRow], new_rows: Sequence[StageRow]) -> None:
        """Take the old rows out and the new ones in."""


class Settled(NamedTuple):
    """What a round of changes comes to: write `says`, and when they are stored, `changed` and the meta."""

    says: list[Say]
    changed: dict[str, bytes | None]


def _folded_topics() -> frozenset[str]:
    """The topics of subjects that fold or link here; of the others only how far they have come matters."""
    wanted = {*SCOPE_OF_SUBJECT, _APPOINTMENT} - {"visit_id"}
    return frozenset(event_topic(name) for name, kinds in domains().items() if any(k.subject in wanted for k in kinds))


_FOLDED = _folded_topics()


def _stages_told_on(topic: str) -> list[str]:
    """The stages that fold from a topic."""
    subjects = {kind.subject for name, kinds in domains().items() if event_topic(name) == topic for kind in kinds}
    scopes = {"visit"} if topic == JOURNEY else {SCOPE_OF_SUBJECT[s] for s in subjects if s in SCOPE_OF_SUBJECT}
    return sorted(stage.code for stage in declared() if stage.scope in scopes)


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
        self._room = room  # how many decoded holdings are kept in memory
        self._held: dict[str, Holding] = {}
        self._dirty: dict[str, Holding] = {}
        self._dropped: list[str] = []
        self._last_at: dict[str, int] = {}  # every id that is held, here or in the store
        self._moves: dict[str, Event] = {key: _decode(body) for key, body in self.meta.moves.items()}
        self._joined = linker.moves(self._moves)
        for topic, count in self.meta.not_taken.items():
            self._count_broken(_stages_told_on(topic), count)

    # Opening and completing

    def open(self) -> Iterator[None]:
        """Learn from the store which rows count. Yields now and then, so that others get a turn."""
        for n, (name, data) in enumerate(self.store.items()):
            seen = glance(data)
            self._last_at[name] = seen.last_at
            if self.meta.complete:
                self.book.replace((), seen.rows)
                self._count_broken(seen.broken, 1)
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

    # Taking in

    def take(self, topic: str, values: Iterable[bytes | None], oldest: int = 0, now: int = 0) -> None:
        """What a fetch brought of one topic. What happened before `oldest` is counted and not folded."""
        given = [value for value in values if value is not None]
        self.events += len(given)
        if topic == JOURNEY:
            self._each(topic, given, lambda value: self._placement(value, oldest))
        elif topic == HINT:
            self._each(topic, given, lambda value: self.hear(decode_hint(value), now))
        elif topic == CONTROL:
            self._each(topic, given, lambda value: self._control(value, oldest))
        elif topic in _FOLDED:
            self._each(topic, given, lambda value: self._event(topic, value, oldest))
        else:
            self.meta.undecodable += self.marks.hear_all(topic, given)

    def _each(self, topic: str, values: list[bytes], take: Callable[[bytes], None]) -> None:
        for value in values:
            try:
                take(value)
            except (Malformed, msgspec.MsgspecError):
                self.meta.undecodable += 1
            except Exception:  # one absurd event must not stop all others; what it was to tell is broken
                self._count_broken(_stages_told_on(topic), 1)
                self.meta.not_taken[topic] = self.meta.not_taken.get(topic, 0) + 1

    def _event(self, topic: str, value: bytes, oldest: int) -> None:
        event: Event = _decode(value)
        self.marks.hear(topic, event)
        at = _matters_until(event)
        if at < oldest:
            day = self.house.local_day(event.occurred_at)
            self.meta.late[day] = self.meta.late.get(day, 0) + 1
            return
        kind, everywhere = SCOPE_OF_SUBJECT.get(event.subject), event.subject == _APPOINTMENT
        if kind == "visit" or (kind is None and not everywhere):
            return
        name = getattr(event, event.subject)
        held = self.holding(name)
        if kind is not None and held.scope is None:
            held.scope = ScopeState(kind, name)
            take_hint(held.scope, linker.hint_for(held.link, name))
        key = event.event_id[:ID_LENGTH] + event.source_system
        known = held.scope.tellings.get(key) if held.scope is not None else None
        self._link(held, event, known.revision if known is not None else None, everywhere)
        if held.scope is not None and observe(held.scope, event) and held.aside:
            held.aside.pop(key, None)
        self._changed(name, held, at)

    def _link(self, held: Holding, event: Event, known: str | None, everywhere: bool) -> None:
        link, visit = held.link, event.visit_id
        if visit is None and (not held.loose_since or event.occurred_at < held.loose_since):
            held.loose_since = event.occurred_at
        before = dict(link.named) if len(link.named) < 2 else None
        for taken in linker.note(link, event, known, self._stamp, everywhere=everywhere):
            held.said.takes.append(encode_placement(taken))
        if visit is None or everywhere or link.loose or before is None or before.keys() != link.named.keys():
            held.link_changed = True

    def _placement(self, value: bytes, oldest: int) -> None:
        told = decode_placement(value)
        event, name = told.event, told.visit_id
        at = _matters_until(event)
        if at < oldest:
            return  # counted where the event itself was read
        held = self.holding(name)
        if held.scope is None:
            held.scope = ScopeState("visit", name)
        if observe(held.scope, told) and held.aside:
            held.aside.pop(event.event_id[:ID_LENGTH] + event.source_system, None)
        if told.placed and event.subject != "visit_id":
            speech.belongs(held.said, event)
        self._changed(name, held, at)

    def hear(self, hint: Hint, now: int) -> None:
        """Take what another scope says."""
        held = self.holding(hint.to)
        if isinstance(hint, Joined):
            held.scope = held.scope or ScopeState("visit", hint.to)
            speech.join(held, hint)
        elif isinstance(hint, Ask):
            linker.asked_by(held.link, hint.asker)
            held.link_changed = True
        elif isinstance(hint, Answer):
            held.link_changed |= linker.learn(held.link, hint)
        elif isinstance(hint, OfVisit):
            linker.hear(held.link, hint)
        if held.scope is not None and held.scope.scope != "visit":
            take_hint(held.scope, linker.hint_for(held.link, hint.to))
        self._changed(hint.to, held, 0 if held.last_at else now)

    def _control(self, value: bytes, oldest: int) -> None:
        event: Event = _decode(value)
        self.marks.hear(CONTROL, event)
        if not isinstance(event, VisitMoved) or event.occurred_at < oldest:
            return
        known = self._moves.get(event.event_id)
        if known is None or known.revision < event.revision:
            self._moves[event.event_id] = event
            self.meta.moves[event.event_id] = value
            before, self._joined = self._joined, linker.moves(self._moves)
            for visit in {*before, *self._joined}:
                if before.get(visit) != self._joined.get(visit) and visit in self._last_at:
                    self._changed(visit, self.holding(visit), 0)

    def _changed(self, name: str, held: Holding, at: int) -> None:
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

    def _stamp(self) -> str:
        self.meta.said += 1
        return stamp(self.epoch, self.meta.said)

    # Settling

    @property
    def unsettled(self) -> int:
        """How many holdings have changed since the last settling."""
        return len(self._dirty)

    def settle(self) -> Settled:
        """Work out what changed: rows into cells, and what others must know."""
        says: list[Say] = []
        if self.meta.complete:
            for name, held in self._dirty.items():
                self._refold(name, held)
                says.extend(self._say(name, held))
        changed: dict[str, bytes | None] = dict.fromkeys(self._dropped)
        changed |= {name: freeze(held) for name, held in self._dirty.items()}
        self._dirty, self._dropped = {}, []
        self.meta.feeds, self.meta.feeds_day = self.marks.marks(), self.marks.day
        return Settled(says, changed)

    def _refold(self, name: str, held: Holding) -> None:
        scope = held.scope
        if scope is None:
            return
        if scope.touched is None or scope.touched:
            try:
                refold(scope, self.house)
            except Exception:
                found = set_aside(scope, self.house, held.aside)
                self._count_broken(found, 1)
                held.broken = sorted([*held.broken, *found])
        if held.broken and not held.aside:
            self._count_broken(held.broken, -1)
            held.broken = []
        rows: list[StageRow] = [] if scope.scope == "visit" and name in self._joined else scope.rows
        if rows is not held.rows and rows != held.rows:
            self.book.replace(held.rows, rows)
            held.rows = rows

    def _count_broken(self, stages: list[str], by: int) -> None:
        for stage in stages:
            self.broken[stage] = self.broken.get(stage, 0) + by
            if not self.broken[stage]:
                del self.broken[stage]

    def _say(self, name: str, held: Holding) -> Iterator[Say]:
        if held.scope is not None and held.scope.scope == "visit":
            for hint in speech.of_visit(name, held, self._joined.get(name, ""), self._stamp):
                yield Say(HINT, hint.to, encode_hint(hint))
            return
        if not held.link_changed:
            return
        held.link_changed = False
        takes, held.said.takes = held.said.takes, []
        yield from (Say(JOURNEY, decode_placement(body).visit_id, body) for body in takes)
        everywhere, link = held.scope is None, held.link
        for placement in linker.placements(link, name, self._stamp, everywhere=everywhere):
            yield Say(JOURNEY, placement.visit_id, encode_placement(placement))
        for ask in linker.questions(link, name):
            yield Say(HINT, ask.to, encode_hint(ask))
        for answer in linker.replies(link, name, self._stamp):
            yield Say(HINT, answer.to, encode_hint(answer))
        if held.loose_since and held.scope is not None and not linker.where(link, name).visit:
            self.unlinked[name] = held.loose_since
        else:
            self.unlinked.pop(name, None)
            held.loose_since = 0

    # Keeping house

    def make_room(self) -> None:
        """Forget decoded holdings beyond what memory has room for. Only once what changed is stored."""
        if len(self._held) > self._room:
            for name in list(self._held)[: len(self._held) - self._room // 2]:
                if name not in self._dirty:
                    del self._held[name]

    def drop_before(self, oldest: int) -> int:
        """Forget what had its last event before `oldest`: out of the cells now, out of the store at the next settling.

        Returns how many.
        """
        old = [name for name, last_at in self._last_at.items() if last_at < oldest]
        for name in old:
            held = self.holding(name)
            self.book.replace(held.rows, ())
            self._count_broken(held.broken, -1)
            self.unlinked.pop(name, None)
            self._dirty.pop(name, None)
            del self._held[name], self._last_at[name]
        self._dropped.extend(old)
        return len(old)

    def rows(self) -> Iterator[StageRow]:
        """All rows of what is in memory."""
        for held in self._held.values():
            yield from held.rows


def _matters_until(event: Event) -> int:
    """When an event is over for the live fold: a booking made days ago is about its slot."""
    if event.subject != _APPOINTMENT:
        return event.occurred_at
    slots = (getattr(event, name, None) for name in ("slot_start", "new_slot_start"))
    return max(event.occurred_at, *(slot or 0 for slot in slots))
