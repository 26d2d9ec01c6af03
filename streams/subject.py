"""What a subject says to others once its link has changed.

To visits, which of its events are theirs; to subjects that it refers to and to those that refer to it, in which visit
it is; to the homes of its facts, that it was told them.

What a visit says: streams/speech.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ingest.journey import Placement, decode_placement, encode_placement
from ingest.topics import HINT, JOURNEY
from streams import homes, linker, rivals
from streams.hints import Hint, encode_hint
from streams.holding import Holding
from streams.words import Say


def words_of(name: str, held: Holding, priority: Sequence[str], stamp: Callable[[], str]) -> Iterator[Say]:
    """All that it must say now. Remembers it as said."""
    takes, held.said.takes = held.said.takes, []
    for body in takes:
        yield Say(JOURNEY, decode_placement(body).visit_id, body)
    for placement in _placements(name, held, priority, stamp):
        yield Say(JOURNEY, placement.visit_id, encode_placement(placement))
    for hint in _hints(name, held, priority, stamp):
        yield Say(HINT, hint.to, encode_hint(hint))


def _placements(name: str, held: Holding, priority: Sequence[str], stamp: Callable[[], str]) -> Iterator[Placement]:
    link, scope = held.link, held.scope
    told = scope.tellings if scope is not None else {}
    lost = rivals.losers(link, told, priority) if link.rivals else {}
    if link.elsewhere:
        lost |= homes.away(link, told)
    if lost:
        yield from rivals.takes(link, lost, stamp)
    if link.loose:
        yield from linker.placements(link, name, stamp, everywhere=scope is None, losers=lost)


def _hints(name: str, held: Holding, priority: Sequence[str], stamp: Callable[[], str]) -> Iterator[Hint]:
    link, scope = held.link, held.scope
    if link.refs:
        yield from linker.questions(link, name)
    if link.askers:
        yield from linker.replies(link, name, stamp)
    if scope is not None and scope.scope in homes.scopes():
        yield from homes.heres(link, scope.tellings, name)
    if link.tellers:
        yield from homes.judge(link, name, priority, stamp)
