"""What a visit says to others: to its subjects what they must know of it, to an appointment that this is its visit,
and to the visit that it was joined to all that it knows.

Only what changed is said; `Said` remembers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

import msgspec

from ingest.events.envelope import Event, subject_of
from streams import joining
from streams.fold import SCOPE_OF_SUBJECT
from streams.hints import Answer, Hint, Joined, OfVisit
from streams.holding import Holding, Said
from streams.stages.ticket import CLOSING_ACT
from streams.story import Fact, VisitHint

_TELLS = frozenset({"registration.created", "patient.checked_in"})  # who came of an appointment says so
_ALWAYS = "registration.refunded"  # the act that every subject must know of
_ANY_ACT = "*"  # of a ticket that has not said what it is for


def belongs(said: Said, event: Event) -> None:
    """An event of a subject is in this visit: the subject must know of it."""
    kind = SCOPE_OF_SUBJECT.get(event.subject)
    if kind is None or kind == "visit":
        return
    subject, want = subject_of(event), ""
    if kind == "ticket":
        point = getattr(event, "service_point_type", None)
        want = _ANY_ACT if point is None else CLOSING_ACT.get(point, "")
    known = said.subjects.get(subject)
    told = want if known is None else _both(known, want)
    if told != known:
        said.subjects[subject] = told
        if subject not in said.untold:
            said.untold.append(subject)


def _both(wants: str, more: str) -> str:
    """The acts that either names: a ticket that is told with several kinds of service hears of the acts of each."""
    if wants == more or more == _ANY_ACT:
        return wants
    return more if wants == _ANY_ACT else ",".join(sorted({*wants.split(","), *more.split(",")}))


def of_visit(name: str, held: Holding, joined_to: str, once: Sequence[str], stamp: Callable[[], str]) -> Iterator[Hint]:
    """What a visit must say now. `once`: the visits that it was joined to before."""
    scope, said = held.scope, held.said
    if scope is None:
        return
    if said.subjects:
        yield from _to_subjects(name, said, None if joined_to else scope.visit, joined_to, stamp)
    yield from _to_appointments(name, said, scope.tellings, stamp)
    if joined_to or said.joined_to or once:
        known = {**held.aside, **scope.tellings} if held.aside else scope.tellings  # what was set aside was handed too
        yield from _to_survivor(name, said, known, joined_to, stamp)
        yield from _to_doubtful(name, said, known, [visit for visit in once if visit != joined_to], stamp)


def _to_subjects(
    name: str, said: Said, hint: VisitHint | None, survivor: str, stamp: Callable[[], str]
) -> Iterator[Hint]:
    elsewhere = survivor != said.survivor
    if hint == said.hint and not elsewhere and not said.untold:
        return
    portions: dict[str, VisitHint | None] = {}
    changed = set()
    for want in set(said.subjects.values()):
        portions[want] = portion = _portion(hint, want)
        if elsewhere or want not in said.portions or said.portions[want] != portion:
            said.portions[want] = portion
            changed.add(want)
    for subject, want in said.subjects.items():
        if want in changed or subject in said.untold:
            yield OfVisit(to=subject, about=name, stamp=stamp(), hint=portions[want], survivor=survivor)
    said.hint, said.survivor, said.untold = hint, survivor, []


def _portion(hint: VisitHint | None, want: str) -> VisitHint | None:
    """As much of a hint as a subject can use: the acts that may close it."""
    if hint is None or want == _ANY_ACT or not hint.acts:
        return hint
    wanted = _acts(want)
    acts = tuple([act for act in hint.acts if act[0] in wanted])
    return hint if len(acts) == len(hint.acts) else msgspec.structs.replace(hint, acts=acts)


@lru_cache(maxsize=1_000)
def _acts(want: str) -> frozenset[str]:
    return frozenset((*want.split(","), _ALWAYS))


def _to_appointments(name: str, said: Said, tellings: dict[str, Fact], stamp: Callable[[], str]) -> Iterator[Hint]:
    came_of = {
        fact.appointment_id
        for fact in tellings.values()
        if fact.type in _TELLS and fact.appointment_id and fact.placed and not fact.retracted
    }
    doubtful = set(said.named_once)
    if not doubtful and ((not came_of and not said.appointments) or came_of == set(said.appointments)):
        return
    for appointment in sorted(came_of - set(said.appointments)):
        yield Answer(to=appointment, about=name, stamp=stamp(), visit=name)
    for appointment in sorted((doubtful | set(said.appointments)) - came_of):
        yield Answer(to=appointment, about=name, stamp=stamp())
    said.appointments, said.named_once = sorted(came_of), []


def no_longer(said: Said, corrected: Fact) -> None:
    """An owner before us may have told the appointment that a telling named until now, and not have remembered."""
    if corrected.type in _TELLS and corrected.appointment_id:
        said.named_once = sorted({*said.named_once, corrected.appointment_id})


def _to_survivor(
    name: str, said: Said, tellings: dict[str, Fact], survivor: str, stamp: Callable[[], str]
) -> Iterator[Hint]:
    link = stamp()
    if said.joined_to and said.joined_to != survivor:
        back = {
            key: msgspec.structs.replace(tellings[key], placed=False, link=link)
            for key, (_, placed) in said.handed.items()
            if placed
        }
        said.handed = {}
        if back:
            yield Joined(to=said.joined_to, about=name, facts=back)
    if said.joined_to != survivor:
        said.joined_to, said.named_there = survivor, {}
    if not survivor:
        return
    news: dict[str, Fact] = {}
    for key, fact in tellings.items():
        was = said.handed.get(key)
        if was != (fact.revision, fact.placed) and (fact.placed or was is not None):
            said.handed[key] = (fact.revision, fact.placed)
            news[key] = msgspec.structs.replace(fact, link=link)
    if news or said.subjects != said.named_there:  # who has no fact that a visit's rules read asks for its visit too
        said.named_there = dict(said.subjects)
        yield Joined(to=survivor, about=name, facts=news, subjects=said.subjects)


def _to_doubtful(
    name: str, said: Said, tellings: dict[str, Fact], visits: list[str], stamp: Callable[[], str]
) -> Iterator[Hint]:
    """An owner before us may have handed facts to these visits, and have died before it could remember."""
    said.taken_back = {visit: told for visit, told in said.taken_back.items() if visit in visits}
    for visit in visits:
        told, link = said.taken_back.setdefault(visit, {}), stamp()
        back = {
            key: msgspec.structs.replace(fact, placed=False, link=link)
            for key, fact in tellings.items()
            if told.get(key) != fact.revision
        }
        told.update((key, fact.revision) for key, fact in back.items())
        if back:
            yield Joined(to=visit, about=name, facts=back)


def join(held: Holding, joined: Joined) -> None:
    """Take in the facts of a visit that was joined to this one."""
    assert held.scope is not None
    joining.take(held.joining, held.scope, joined.about, joined.facts)
    for subject, want in joined.subjects.items():
        wanted = held.said.subjects.get(subject)
        told = want if wanted is None else _both(wanted, want)
        if told != wanted:
            held.said.subjects[subject] = told
            held.said.untold.append(subject)
