"""The linker: in which visit is a ticket, an order, a bill, a prescription, an appointment?

A small order-independent fold per subject. A subject's link is the visit that its earliest event names (by time, then
event id, as last revised); if none names one, that of the first subject it refers to that has one (a ticket's bill,
a bill's order or prescription). An appointment is in every visit that says it came of it. Events that name no visit
are put into the journey of the link, and taken out again when the link moves. Only the link moves them: an event that
names its visit is put there by the connector.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from typing import NamedTuple

import msgspec

from ingest.events import decode, encode
from ingest.events.envelope import Event
from ingest.journey import Placement
from streams.hints import Answer, Ask, OfVisit
from streams.story import ID_LENGTH, VisitHint

Stamp = Callable[[], str]  # the next word's stamp


class Link(msgspec.Struct, array_like=True):
    """What is known of one subject's visit."""

    named: dict[str, tuple[int, str, str]] = {}  # visit → (time, event id, revision) of the first event to name it
    loose: dict[str, tuple[str, bytes]] = {}  # telling → (revision, body) of events that name no visit
    revisions: dict[str, str] = {}  # telling → revision, of events that name one and that the scope does not keep
    put: dict[str, dict[str, str]] = {}  # loose telling → visit → revision as last put there
    refs: dict[str, tuple[int, str, int]] = {}  # subject referred to → (time, event id, position)
    asked: list[str] = []
    askers: list[str] = []
    answered: dict[str, tuple[str, tuple[str, ...]]] = {}  # asker → what it was last told
    answers: dict[str, tuple[str, str, tuple[str, ...]]] = {}  # subject or visit → (stamp, visit, path)
    hints: dict[str, tuple[str, VisitHint | None, str]] = {}  # visit → (stamp, its hint, the visit it was joined to)
    source: str = ""  # who tells of it; "*" when several do
    rivals: dict[str, bytes] = {}  # event id → one telling's body, of facts that several sources tell
    ousted: dict[str, tuple[str, list[str]]] = {}  # losing telling → (revision, visits that it was taken out of)
    # Of facts whose id does not name their subject, see homes.py.
    homes: dict[str, str] = {}  # telling → revision that its home was told
    elsewhere: dict[str, tuple[str, bool]] = {}  # event id → (stamp, is it another subject's?)
    told: dict[str, tuple[str, str]] = {}  # a home's: source → (revision, subject) as last told
    tellers: dict[str, bool] = {}  # a home's: subject → was it told that the fact is elsewhere?


class Where(NamedTuple):
    """A link: the visit and the subjects it was learnt from."""

    visit: str
    path: tuple[str, ...]


NOWHERE = Where("", ())


def note(link: Link, event: Event, known_revision: str | None, stamp: Stamp, *, everywhere: bool) -> list[Placement]:
    """Learn from an event of the subject; returns what must be taken out of a visit that it named by mistake.

    `known_revision` is that of the telling so far, if the scope keeps it. `everywhere`: the subject is an appointment,
    whose events go to every visit of its link, also when they name one.
    """
    key = event.event_id[:ID_LENGTH] + event.source_system
    taken: list[Placement] = []
    if event.visit_id is not None:
        if key in link.put:  # the connector put it there as well, where it may not belong
            link.put[key].setdefault(event.visit_id, "")
        taken = _named(link, event, key, known_revision, stamp)
        if not everywhere:
            if link.loose and key in link.loose and link.loose[key][0] < event.revision:
                del link.loose[key]
                visits = [v for v in link.put.pop(key, {}) if v != event.visit_id]
                taken += [Placement(visit_id=v, event=event, placed=False, link=stamp()) for v in visits]
            return taken
    latest = link.loose.get(key, ("",))[0]
    if not everywhere:  # an old word, corrected by one that names its visit, is nowhere
        latest = max(latest, known_revision or "", link.revisions.get(key, ""))
    if event.revision > latest:
        link.loose[key] = (event.revision, encode(event))
    for position, ref in enumerate(getattr(event, "ref_ids", ()) or ()):
        place = (event.occurred_at, event.event_id[:ID_LENGTH], position)
        link.refs[ref] = min(link.refs.get(ref, place), place)
    return taken


def _named(link: Link, event: Event, key: str, known_revision: str | None, stamp: Stamp) -> list[Placement]:
    visit = event.visit_id
    assert visit is not None
    event_id = event.event_id[:ID_LENGTH]
    first = link.named.get(visit)
    if (
        first is None
        or (event.occurred_at, event_id) < first[:2]
        or ((event.occurred_at, event_id) == first[:2] and event.revision > first[2])
    ):
        link.named[visit] = (event.occurred_at, event_id, event.revision)
    if known_revision is None:
        known_revision = link.revisions.get(key)
        if known_revision is None or known_revision < event.revision:
            link.revisions[key] = event.revision
    if len(link.named) == 1:
        return []
    if known_revision is not None and event.revision < known_revision:  # an old word: its visit is not the last one's
        return [Placement(visit_id=visit, event=event, placed=False, link=stamp())]
    return [Placement(visit_id=v, event=event, placed=False, link=stamp()) for v in link.named if v != visit]


def where(link: Link, subject: str) -> Where:
    """The link of a subject, from what is known now."""
    if link.named:
        return Where(_first_named(link), ())
    for ref, _ in sorted(link.refs.items(), key=lambda item: item[1]):
        _, visit, path = link.answers.get(ref, ("", "", ()))
        if visit and subject not in path:
            return Where(visit, (ref, *path))
    return NOWHERE


def _first_named(link: Link) -> str:
    if len(link.named) == 1:
        return next(iter(link.named))
    latest: dict[str, str] = {}
    for _, event_id, revision in link.named.values():
        latest[event_id] = max(latest.get(event_id, ""), revision)
    standing = [(at, event_id, visit) for visit, (at, event_id, r) in link.named.items() if latest[event_id] == r]
    return min(standing)[2]


def targets(link: Link, subject: str, *, everywhere: bool) -> list[str]:
    """The visits into which the subject's loose events belong."""
    own = where(link, subject).visit
    if not everywhere:
        return [own] if own else []
    return sorted({visit for _, visit, _ in link.answers.values() if visit} | ({own} if own else set()))


def placements(
    link: Link, subject: str, stamp: Stamp, *, everywhere: bool, losers: Container[str] = ()
) -> Iterator[Placement]:
    """What must be put into and taken out of journeys, so that they agree with the link. Remembers it as done.

    Tellings that lost to another source's are put nowhere, see rivals.py.
    """
    wanted = targets(link, subject, everywhere=everywhere) if link.loose else []
    for key, (revision, body) in link.loose.items():
        if key in losers:
            continue
        known = key in link.put
        was = link.put.get(key, {})
        if known and list(was) == wanted and all(r == revision for r in was.values()):
            continue
        event = decode(body)
        for visit in wanted:
            if was.get(visit) != revision:
                yield Placement(visit_id=visit, event=event, link=stamp())
        # What an owner before us may have put there while the link was another.
        doubtful = () if known else [*link.named, *(visit for _, visit, _ in link.answers.values() if visit)]
        for visit in {*was, *doubtful} - set(wanted):
            yield Placement(visit_id=visit, event=event, placed=False, link=stamp())
        if wanted or known:
            link.put[key] = dict.fromkeys(wanted, revision)


def questions(link: Link, subject: str) -> Iterator[Ask]:
    """What must be asked of other subjects: only who has no visit of its own asks."""
    if link.refs and not link.named:
        for ref in link.refs:
            if ref not in link.asked and ref != subject:
                link.asked.append(ref)
                yield Ask(to=ref, asker=subject)


def replies(link: Link, subject: str, stamp: Stamp) -> Iterator[Answer]:
    """What those who asked must now be told."""
    if not link.askers:
        return
    found = where(link, subject)
    for asker in link.askers:
        if link.answered.get(asker, NOWHERE) != tuple(found):
            link.answered[asker] = (found.visit, found.path)
            yield Answer(to=asker, about=subject, stamp=stamp(), visit=found.visit, path=found.path)


def asked_by(link: Link, asker: str) -> None:
    """Somebody asks: remember, and answer again even if nothing changed (it may have lost the answer)."""
    if asker not in link.askers:
        link.askers.append(asker)
    link.answered.pop(asker, None)


def learn(link: Link, answer: Answer) -> bool:
    """Take an answer. True when it changed something."""
    known = link.answers.get(answer.about)
    if known is not None and known[0] >= answer.stamp:
        return False
    link.answers[answer.about] = (answer.stamp, answer.visit, answer.path)
    return known is None or known[1:] != (answer.visit, answer.path)


def hear(link: Link, said: OfVisit) -> None:
    """Take what a visit lets its subject know."""
    known = link.hints.get(said.about)
    if known is None or known[0] < said.stamp:
        link.hints[said.about] = (said.stamp, said.hint, said.survivor)


def hint_for(link: Link, subject: str) -> VisitHint | None:
    """The hint that counts: of the subject's own visit, or of the one that this was joined to, and so on."""
    if not link.hints:
        return None
    visit, passed = where(link, subject).visit, set[str]()
    while visit in link.hints and visit not in passed:
        passed.add(visit)
        _, hint, survivor = link.hints[visit]
        if hint is not None:
            return hint
        visit = survivor
    return None


def moves(tellings: dict[str, Event]) -> dict[str, str]:
    """Visit → the visit it was joined to, from the last word on every `visit.moved`.

    In order of (time, event id): a later survivor replaces an earlier one; what would close a circle is left out.
    """
    joined: dict[str, str] = {}
    for event in sorted(tellings.values(), key=lambda e: (e.occurred_at, e.event_id)):
        prior = getattr(event, "prior_visit_id", None)
        if event.op == "retract" or not prior or not event.visit_id:
            continue
        end = event.visit_id
        while end in joined and end != prior:
            end = joined[end]
        if end != prior:
            joined[prior] = event.visit_id
    return joined
