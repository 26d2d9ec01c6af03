"""Homes: where a fact is whose id does not name its subject. A report told of one order, and later of another, is only
where its winner says.

Each subject that was told such a fact says so to the fact's home, a holding keyed by the event id; the home judges by
the rule of specification 5.1 and lets every other subject know that the fact is elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache

import msgspec

from ingest.events import catalogue
from ingest.events.identity import source_rank
from streams.fold import SCOPE_OF_SUBJECT, ScopeState
from streams.hints import Elsewhere, Here
from streams.kept import KEPT
from streams.linker import Link
from streams.story import ID_LENGTH, Fact


@cache
def roaming() -> frozenset[str]:
    """The event types whose id does not follow from their subject. (Those of a visit fold from its journey.)"""
    return frozenset(
        event_type
        for event_type, kind in catalogue().items()
        if kind.subject not in kind.natural_key
        and SCOPE_OF_SUBJECT.get(kind.subject, "visit") != "visit"
        and event_type in KEPT
    )


@cache
def scopes() -> frozenset[str]:
    """The scopes that are told such facts."""
    return frozenset(SCOPE_OF_SUBJECT[catalogue()[event_type].subject] for event_type in roaming())


def heres(link: Link, tellings: Mapping[str, Fact], subject: str) -> Iterator[Here]:
    """What a subject must say to homes. Remembers it as said."""
    for key, fact in tellings.items():
        if fact.type in roaming() and link.homes.get(key, "") < fact.revision:
            link.homes[key] = fact.revision
            yield Here(to=key[:ID_LENGTH], subject=subject, source=key[ID_LENGTH:], revision=fact.revision)


def note(link: Link, here: Here) -> None:
    """A home hears where its fact was told."""
    told = (here.revision, here.subject)
    link.told[here.source] = max(link.told.get(here.source, told), told)
    link.tellers.setdefault(here.subject, False)


def judge(link: Link, event_id: str, priority: Sequence[str], stamp: Callable[[], str]) -> Iterator[Elsewhere]:
    """What a home must let subjects know. Remembers it as said."""
    if len(link.tellers) < 2:
        return
    best = min(link.told, key=lambda source: source_rank(source, priority))
    winner = link.told[best][1]
    for subject, away in link.tellers.items():
        if away != (subject != winner):
            link.tellers[subject] = not away
            yield Elsewhere(to=subject, event_id=event_id, stamp=stamp(), away=not away)


def learn(link: Link, said: Elsewhere) -> bool:
    """A subject hears from a home. True when that changed something."""
    known = link.elsewhere.get(said.event_id, ("", False))
    if known[0] >= said.stamp:
        return False
    link.elsewhere[said.event_id] = (said.stamp, said.away)
    return known[1] != said.away


def move_out(link: Link, scope: ScopeState) -> None:
    """Let the scope's facts be where their homes say."""
    for event_id, (_, away) in link.elsewhere.items():
        for key in [key for key in scope.tellings if key[:ID_LENGTH] == event_id]:
            if scope.tellings[key].placed == away:
                scope.put(key, msgspec.structs.replace(scope.tellings[key], placed=not away))


def away(link: Link, tellings: Mapping[str, Fact]) -> dict[str, str]:
    """The tellings that must be in no journey on this subject's account, with their revisions."""
    gone = {event_id for event_id, (_, away) in link.elsewhere.items() if away}
    return {key: fact.revision for key, fact in tellings.items() if key[:ID_LENGTH] in gone}
