"""What a shard holds under one id: the scope's state, its last rows, its link, and what it has said to others.

Rows are kept beside the state, so that a shard opens by reading rows only, and a scope that comes back from disk knows
which rows it must replace.
"""

from __future__ import annotations

import msgspec

from streams.facts import AnyFact, Fact
from streams.fold import Core, ScopeState, core_of
from streams.joining import Joining
from streams.linker import Link
from streams.stages.stage import StageRow
from streams.story import VisitHint


class Said(msgspec.Struct, array_like=True):
    """What a holding has told others, or has yet to tell."""

    subjects: dict[str, str] = {}  # whose events are in this visit → acts that may close it ("" none, "*" any)
    untold: list[str] = []  # of these, who does not know the hint yet
    hint: VisitHint | None = None  # as last told
    survivor: str = ""  # the visit that it was joined to, as last told with it
    portions: dict[str, VisitHint | None] = {}  # act → as much of it as was told
    appointments: list[str] = []  # that were told this is their visit
    named_once: list[str] = []  # appointments that a telling named before it was corrected
    joined_to: str = ""
    named_there: dict[str, str] = {}  # subjects as last named to `joined_to`
    handed: dict[str, tuple[str, bool]] = {}  # telling → (revision, placed) as last handed to `joined_to`
    taken_back: dict[str, dict[str, str]] = {}  # visit that it was joined to once → telling → revision taken back
    takes: list[bytes] = []  # a subject's: placements still to be said


class Holding:
    """One id's worth of a shard, in memory."""

    __slots__ = (
        "aside",
        "broken",
        "joining",
        "last_at",
        "link",
        "link_changed",
        "loose_since",
        "rows",
        "said",
        "scope",
    )

    def __init__(self, scope: ScopeState | None = None) -> None:
        self.last_at = 0  # hospital time of the last event (or word from another scope)
        self.scope = scope  # None: an appointment, or a subject that so far was only asked about
        self.rows: list[StageRow] = []
        self.link = Link()
        self.said = Said()
        self.joining = Joining()
        self.aside: dict[str, Fact] = {}  # tellings on which a rule failed
        self.broken: list[str] = []  # the stages whose rule failed
        self.link_changed = True
        self.loose_since = 0  # time of the first event without a visit, until a link is found


class Glance(msgspec.Struct, array_like=True):
    """As much of a holding as a shard needs to open."""

    last_at: int
    rows: list[StageRow]
    broken: list[str]
    loose_since: int
    state: msgspec.Raw
    rest: msgspec.Raw


class _Whole(msgspec.Struct, array_like=True):
    last_at: int
    rows: list[StageRow]
    broken: list[str]
    loose_since: int
    state: Core | None
    rest: tuple[Link, Said, dict[str, AnyFact], Joining]


_encoder = msgspec.msgpack.Encoder(order="deterministic")  # costs a fiftieth; equal content, equal bytes
_whole = msgspec.msgpack.Decoder(_Whole)
_glance = msgspec.msgpack.Decoder(Glance)


def freeze(held: Holding) -> bytes:
    """A holding as bytes."""
    state = core_of(held.scope) if held.scope is not None else None
    rest = (held.link, held.said, held.aside, held.joining)
    return _encoder.encode(_Whole(held.last_at, held.rows, held.broken, held.loose_since, state, rest))


def thaw(data: bytes) -> Holding:
    """A holding from its bytes; rows as they were, to be worked out again at the next change."""
    whole = _whole.decode(data)
    held = Holding(ScopeState(*whole.state) if whole.state is not None else None)
    held.last_at, held.rows, held.broken, held.loose_since = whole.last_at, whole.rows, whole.broken, whole.loose_since
    held.link, held.said, held.aside, held.joining = whole.rest
    held.link_changed = False
    if held.scope is not None:
        held.scope.rows = held.rows
    return held


def glance(data: bytes) -> Glance:
    """Rows and what is unlinked, without the rest."""
    return _glance.decode(data)
