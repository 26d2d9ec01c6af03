"""What a connector is: it reads raw messages and never interprets them.

A file in `ingest/connectors/` is a kind of connector. It defines `Settings` (extends FeedSettings),
`connect(feed) -> Connector` and `interpreter(feed) -> Interpret`; `run.py` does the rest.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import msgspec

from ingest.events.envelope import Event

if TYPE_CHECKING:
    from ingest.intake import Outcome


class RawMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it came, whole and unread."""

    body: bytes
    media_type: str  # "application/hl7-v2", "application/json" (a row), "text/csv"
    received_at: int  # hospital time, UTC ms; becomes `ingested_at` of its events
    fault: str = ""  # "reason: place" when the connector already knows it to be malformed, e.g. "too long: frame"
    origin: Any = None  # the connector's own: a connection, a position, a line; nobody else looks at it


# Pure: a message's events, of any number. Raises Ignored (valid, none of our business) or Malformed (never valid).
Interpret = Callable[[RawMessage], Iterable[Event]]


class Connector(Protocol):
    """One way in. The same protocol serves a server that is spoken to and a reader that asks."""

    def read(self) -> AsyncIterator[Sequence[RawMessage]]:
        """Yield what has come, in batches as they are at hand (a few hundred at most), until there is no more or
        the reading is cancelled. The next batch is asked for when this one is settled, so what comes meanwhile
        waits in the connector. Raises Unavailable when the source is away: `read` is then called again, later."""
        ...

    async def refuse(self, message: RawMessage, reason: str) -> None:
        """The message will never be valid; it is kept as a dead letter. `reason` is `reason: place`."""
        ...

    async def acknowledge(self, messages: Sequence[RawMessage]) -> None:
        """These are durable (or none of our business). Called once per batch, after its refusals, perhaps with
        nothing: the whole batch is then settled, and a position may move."""
        ...

    async def close(self) -> None:
        """Let go of sockets and files. Called once, after the last batch."""
        ...


@runtime_checkable
class KeepsBack(Protocol):
    """A connector for which the HIS keeps what it has not read yet, such as the log behind a replication slot."""

    @property
    def kept_bytes(self) -> int | None:
        """How much the HIS keeps; None where that is not known."""
        ...


@runtime_checkable
class KeepsCount(Protocol):
    """A connector that tells what became of what it read, such as a receipt beside a file."""

    def settled(self, message: RawMessage, outcome: Outcome) -> None:
        """All that follows from a message is durable. Called once per message, before the next batch is asked for."""
        ...
