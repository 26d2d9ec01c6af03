"""Rivals: several sources tell one fact of a subject and name different visits; it is only in the winner's.

The winner is that of specification 5.1, the best source by the site's priority. A source that loses once loses for
good, so whatever it has in a journey is taken out and stays out, in any order of arrival.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from ingest.events import decode, encode
from ingest.events.envelope import Event
from ingest.events.identity import source_rank
from ingest.journey import Placement
from streams.linker import Link
from streams.story import ID_LENGTH, Fact


def note(link: Link, tellings: Mapping[str, Fact], event: Event) -> None:
    """Remember a fact that another source has told too."""
    source = event.source_system
    if not link.source:
        link.source = source
    if link.source == source:
        return
    event_id = event.event_id[:ID_LENGTH]
    link.source = "*"
    if event_id in link.rivals:
        return
    for told in (tellings, link.revisions, link.loose):
        for key in told:
            if key[:ID_LENGTH] == event_id and key[ID_LENGTH:] != source:
                remember(link, event)
                return


def remember(link: Link, event: Event) -> None:
    """Keep one telling's body of a fact that may have to be taken out of journeys."""
    link.rivals.setdefault(event.event_id[:ID_LENGTH], encode(event))


def losers(link: Link, tellings: Mapping[str, Fact], priority: Sequence[str]) -> dict[str, str]:
    """The tellings that another source's outranks, with their revisions. Who all name one visit need no judge."""
    if not link.rivals or len(link.named) < 2:
        return {}
    latest: dict[str, str] = {}
    for key, revision in _revisions(link, tellings):
        if key[:ID_LENGTH] in link.rivals:
            latest[key] = max(latest.get(key, ""), revision)
    best: dict[str, str] = {}
    for key in sorted(latest, key=lambda key: source_rank(key[ID_LENGTH:], priority)):
        best.setdefault(key[:ID_LENGTH], key)
    return {key: revision for key, revision in latest.items() if best[key[:ID_LENGTH]] != key}


def _revisions(link: Link, tellings: Mapping[str, Fact]) -> Iterator[tuple[str, str]]:
    yield from ((key, fact.revision) for key, fact in tellings.items())
    yield from link.revisions.items()
    yield from ((key, revision) for key, (revision, _) in link.loose.items())


def takes(link: Link, losers: dict[str, str], stamp: Callable[[], str]) -> Iterator[Placement]:
    """What must be taken out of journeys. Remembers it as done."""
    for key, revision in losers.items():
        answered = {visit for _, visit, _ in link.answers.values() if visit}
        visits = {*link.named, *answered, *link.put.pop(key, {})}
        done_at, done_in = link.ousted.get(key, ("", []))
        untold = visits - set(done_in) if done_at == revision else visits
        if not untold:
            continue
        # Another source's telling stands in for the one to be taken out: of that only who, what and which counts.
        stand_in = decode(link.rivals[key[:ID_LENGTH]])
        event = msgspec.structs.replace(stand_in, source_system=key[ID_LENGTH:], revision=revision)
        for visit in sorted(untold):
            yield Placement(visit_id=visit, event=event, placed=False, link=stamp())
        link.ousted[key] = (revision, sorted({*visits, *(done_in if done_at == revision else ())}))
