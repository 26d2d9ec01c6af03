"""What a subject says to others once its link has changed.

To visits, which of its events are theirs; to subjects that it refers to and to those that refer to it, in which visit
it is; to the homes of its facts, that it was told them.

What a visit says: streams/speech.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ingest.journey import decode_placement, encode_placement
from ingest.topics import HINT, JOURNEY
from streams import homes, linker, rivals
from streams.hints import Hint, encode_hint
from streams.holding import Holding
from streams.words import Say


def words_of(name: str, held: Holding, priority: Sequence[str], stamp: Callable[[], str]) -> Iterator[Say]:
    """All that it must say now. Remembers it as said."""
    takes, held.said.takes = held.said.takes, []
    yield from (Say(JOURNEY, decode_placement(body).visit_id, body) for body in takes)
    link, everywhere = held.link, held.scope is None
    told = held.scope.tellings if held.scope is not None else {}
    lost = rivals.losers(link, told, priority) if link.rivals else {}
    if link.elsewhere:
        lost |= homes.away(link, told)
    for placement in (
        *rivals.takes(link, lost, stamp),
        *linker.placements(link, name, stamp, everywhere=everywhere, losers=lost),
    ):
        yield Say(JOURNEY, placement.visit_id, encode_placement(placement))
    hints: Iterator[Hint]
    for hints in (
        linker.questions(link, name),
        linker.replies(link, name, stamp),
        homes.heres(link, told, name),
        homes.judge(link, name, priority, stamp),
    ):
        for hint in hints:
            yield Say(HINT, hint.to, encode_hint(hint))
