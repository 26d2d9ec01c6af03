"""Taking in: what a shard does with each value that it reads, from the event to the holding that it changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import msgspec

from ingest.errors import Malformed
from ingest.events import any_event, domains
from ingest.events.control import VisitMoved
from ingest.events.envelope import Event, kind_of
from ingest.events.experience import ComplaintReceived
from ingest.events.inpatient import InpatientAdmitted
from ingest.events.registration import RegistrationCreated
from ingest.events.scheduling import ScheduleSessionPublished
from ingest.journey import Placement, encode_placement
from ingest.topics import CONTROL, HINT, JOURNEY, event_topic
from streams import homes, joining, linker, rivals, speech, words
from streams.fold import OF_NO_VISIT, SCOPE_OF_SUBJECT, ScopeState, observe, take_hint
from streams.hints import Answer, Ask, Elsewhere, Here, Hint, Joined, OfVisit
from streams.holding import Holding
from streams.stages import declared
from streams.story import ID_LENGTH

if TYPE_CHECKING:
    from streams.shard import Shard

_APPOINTMENT = "appointment_id"
_REGISTRATION = event_topic("registration")
_LONGEST_MS = 366 * 24 * 3600 * 1000
_LONGEST_STAY_MS = 60 * 24 * 3600 * 1000  # for so long whoever was admitted is known to be an inpatient
decode: Callable[[bytes], Event] = msgspec.json.Decoder(any_event()).decode


def _folded_topics() -> frozenset[str]:
    """The topics of subjects that fold or link here; of the others only how far they have come matters."""
    wanted = {*SCOPE_OF_SUBJECT, _APPOINTMENT} - {"visit_id"}
    return frozenset(event_topic(name) for name, kinds in domains().items() if any(k.subject in wanted for k in kinds))


_FOLDED = _folded_topics()


def stages_told_on(topic: str) -> list[str]:
    """The stages that fold from a topic."""
    subjects = {kind.subject for name, kinds in domains().items() if event_topic(name) == topic for kind in kinds}
    scopes = {"visit"} if topic == JOURNEY else {SCOPE_OF_SUBJECT[s] for s in subjects if s in SCOPE_OF_SUBJECT}
    return sorted(stage.code for stage in declared() if stage.scope in scopes)


def take(shard: Shard, topic: str, values: Iterable[bytes | None], oldest: int = 0, now: int = 0) -> None:
    """What a fetch brought of one topic. What happened before `oldest` is counted and not folded."""
    given = [value for value in values if value is not None]
    shard.events += len(given)
    if topic == JOURNEY:
        _each(shard, topic, given, lambda value: _journey(shard, value, oldest, now))
    elif topic == HINT:
        _each(shard, topic, given, lambda value: _hints(shard, value, now))
    elif topic == CONTROL:
        _each(shard, topic, given, lambda value: _control(shard, value, oldest))
    elif topic == _REGISTRATION and not shard.meta.complete:
        _each(shard, topic, given, lambda value: _registered(shard, value, oldest))
    elif topic in _FOLDED:
        _each(shard, topic, given, lambda value: _event(shard, topic, value, oldest, now))
    else:
        shard.meta.undecodable += shard.marks.hear_all(topic, given)


def _each(shard: Shard, topic: str, values: list[bytes], take: Callable[[bytes], None]) -> None:
    for value in values:
        try:
            take(value)
        except (Malformed, msgspec.MsgspecError):
            shard.meta.undecodable += 1
        except Exception:  # one absurd event must not stop all others; what it was to tell is broken
            shard.count_broken(stages_told_on(topic), 1)
            shard.meta.not_taken[topic] = shard.meta.not_taken.get(topic, 0) + 1


def _event(shard: Shard, topic: str, value: bytes, oldest: int, now: int) -> None:
    event: Event = decode(value)
    shard.marks.hear(topic, event)
    kind, everywhere = SCOPE_OF_SUBJECT.get(event.subject), event.subject == _APPOINTMENT
    if kind is None and not everywhere:
        return
    at = _matters_until(shard, event)
    if kind == "visit":
        return  # told on the journey
    if at < oldest:
        _count_late(shard, event, at, now - oldest)
        return
    name = getattr(event, event.subject)
    held = shard.holding(name)
    if kind is not None and held.scope is None:
        held.scope = ScopeState(kind, name)
        take_hint(held.scope, linker.hint_for(held.link, name))
    key = event.event_id[:ID_LENGTH] + event.source_system
    known = held.scope.tellings.get(key) if held.scope is not None else None
    _link(shard, held, event, known.revision if known is not None else None, everywhere)
    if held.scope is not None and observe(held.scope, event):
        held.aside.pop(key, None)
        if kind_of(event) in homes.roaming():
            rivals.remember(held.link, event)
            homes.move_out(held.link, held.scope)
            held.link_changed = True
    shard.changed(name, held, at)


def _link(shard: Shard, held: Holding, event: Event, known: str | None, everywhere: bool) -> None:
    link, visit = held.link, event.visit_id
    of_a_visit = held.scope is None or held.scope.scope not in OF_NO_VISIT
    if visit is None and of_a_visit and (not held.loose_since or event.occurred_at < held.loose_since):
        held.loose_since = event.occurred_at
    if held.scope is not None:
        rivals.note(link, held.scope.tellings, event)
    before = dict(link.named) if len(link.named) < 2 else None
    for taken in linker.note(link, event, known, shard.stamp, everywhere=everywhere):
        held.said.takes.append(encode_placement(taken))
    if visit is None or everywhere or link.loose or before is None or before.keys() != link.named.keys():
        held.link_changed = True
        if held.scope is not None and link.hints:  # what was heard before may count now, or count no more
            take_hint(held.scope, linker.hint_for(link, held.scope.id))


def _journey(shard: Shard, value: bytes, oldest: int, now: int) -> None:
    for told in words.placements(value):
        if not _placed(shard, told, oldest) and told.event.subject == "visit_id":
            _count_late(shard, told.event, _matters_until(shard, told.event), now - oldest)


def _hints(shard: Shard, value: bytes, now: int) -> None:
    for hint in words.hints(value):
        hear(shard, hint, now)


def _registered(shard: Shard, value: bytes, oldest: int) -> None:
    """A rebuilding shard reads registrations themselves: made days ahead, their placements may be gone."""
    event: Event = decode(value)
    shard.marks.hear(_REGISTRATION, event)
    if event.visit_id is not None:
        _placed(shard, Placement(visit_id=event.visit_id, event=event), oldest)


def _placed(shard: Shard, told: Placement, oldest: int) -> bool:
    """Take a placement in. False when what it is about was over before `oldest`."""
    event, name = told.event, told.visit_id
    at = _matters_until(shard, event)
    if at < oldest:
        return False
    held = shard.holding(name)
    if held.scope is None:
        held.scope = ScopeState("visit", name)
    scope, key = held.scope, event.event_id[:ID_LENGTH] + event.source_system
    before = scope.tellings.get(key)
    if joining.told_here(held.joining, scope, key, lambda: observe(scope, told)):
        held.aside.pop(key, None)
        if before is not None:
            speech.no_longer(held.said, before)
    if told.placed and event.subject != "visit_id":
        speech.belongs(held.said, event)
    shard.changed(name, held, at)
    return True


def _count_late(shard: Shard, event: Event, at: int, horizon_ms: int) -> None:
    """It is not folded; if it was that late when it was heard (and not only now, read again), its day is to be told."""
    if event.ingested_at - at > horizon_ms:
        day = shard.house.local_day(event.occurred_at)
        shard.meta.late[day] = shard.meta.late.get(day, 0) + 1


def hear(shard: Shard, hint: Hint, now: int) -> None:
    """Take what another scope says."""
    held = shard.holding(hint.to)
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
    elif isinstance(hint, Here):
        homes.note(held.link, hint)
        held.link_changed = True
    elif isinstance(hint, Elsewhere) and homes.learn(held.link, hint) and held.scope is not None:
        homes.move_out(held.link, held.scope)
        held.link_changed = True
    if held.scope is not None and held.scope.scope != "visit":
        take_hint(held.scope, linker.hint_for(held.link, hint.to))
    shard.changed(hint.to, held, 0 if held.last_at else now)


def _control(shard: Shard, value: bytes, oldest: int) -> None:
    event: Event = decode(value)
    shard.marks.hear(CONTROL, event)
    if isinstance(event, VisitMoved) and event.occurred_at >= oldest:
        shard.join(event, value)


def _matters_until(shard: Shard, event: Event) -> int:
    """When an event is over for the live fold; a year after it was heard whatever it says: a slip of the pen in a year
    may not stay for ever."""
    return min(_says_until(shard, event), event.ingested_at + _LONGEST_MS)


def _says_until(shard: Shard, event: Event) -> int:
    """A booking is about its slot, a registration about its day, an admission about the stay, a session about its end,
    a complaint about the time by which it is due."""
    if event.subject == _APPOINTMENT:
        slots = (getattr(event, name, None) for name in ("slot_start", "new_slot_start"))
        return max(event.occurred_at, *(slot or 0 for slot in slots))
    if type(event) is RegistrationCreated and event.planned_date is not None:
        return max(event.occurred_at, shard.house.day_closes_at(str(event.planned_date)))
    if type(event) is InpatientAdmitted:
        return event.occurred_at + _LONGEST_STAY_MS
    if type(event) is ScheduleSessionPublished:
        return max(event.occurred_at, event.session_end or event.session_start or 0)
    if type(event) is ComplaintReceived and event.due_at is not None:
        return max(event.occurred_at, event.due_at)
    return event.occurred_at
