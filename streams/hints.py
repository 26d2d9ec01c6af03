"""Hints: what one scope must know of another, carried from shard to shard on `his.hint.v1`, keyed by who must know.

Each is absolute: of two with the same sender the one with the greater stamp counts, whatever came first.
"""

from __future__ import annotations

import msgspec

from streams.facts import AnyFact
from streams.story import VisitHint


class Ask(msgspec.Struct, frozen=True, tag="ask", omit_defaults=True, gc=False):
    """`asker` has no visit of its own and refers to `to`: which visit is it in?"""

    to: str
    asker: str


class Answer(msgspec.Struct, frozen=True, tag="answer", omit_defaults=True, gc=False):
    """`about` is in `visit` ("" = in none that is known). `path`: the subjects it learnt that from, nearest first."""

    to: str
    about: str
    stamp: str
    visit: str = ""
    path: tuple[str, ...] = ()


class OfVisit(msgspec.Struct, frozen=True, tag="visit", omit_defaults=True, gc=False):
    """What visit `about` lets its subject `to` know; None: nothing any more, or its `survivor` does."""

    to: str
    about: str
    stamp: str
    hint: VisitHint | None = None
    survivor: str = ""


class Joined(msgspec.Struct, frozen=True, tag="joined", omit_defaults=True, gc=False):
    """Facts of visit `about`, which was joined to visit `to`. Each carries its own link, as placements do."""

    to: str
    about: str
    facts: dict[str, AnyFact]
    subjects: dict[str, str] = {}  # whose facts these are → the act that may close it, see Said


class Here(msgspec.Struct, frozen=True, tag="here", omit_defaults=True, gc=False):
    """`subject` was told the fact `to` by a source, in this revision."""

    to: str
    subject: str
    source: str
    revision: str


class Elsewhere(msgspec.Struct, frozen=True, tag="elsewhere", omit_defaults=True, gc=False):
    """Fact `event_id`, of which `to` was told as well, is another subject's; or, not `away`, it is `to`'s again."""

    to: str
    event_id: str
    stamp: str
    away: bool = True


Hint = Ask | Answer | OfVisit | Joined | Here | Elsewhere

_decoder = msgspec.json.Decoder(Hint)


def encode_hint(hint: Hint) -> bytes:
    """The hint as JSON."""
    return msgspec.json.encode(hint)


def decode_hint(body: bytes) -> Hint:
    """A hint from its JSON. Raises msgspec.MsgspecError."""
    hint: Hint = _decoder.decode(body)
    return hint


def stamp(epoch: int, count: int) -> str:
    """Text whose order is the order in which a shard's owners said things."""
    return f"{epoch:014d}-{count:012d}"
