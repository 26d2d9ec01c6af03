"""The connector of a feed that others send to over HTTP: what was taken waits in a room until it is settled."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from starlette.types import ASGIApp

from ingest.connector import RawMessage
from ingest.feeds import Feed
from ingest.web.listener import Listener
from ingest.web.waiting import WaitingRoom


class HttpServer:
    """Listens from its first `read`; whoever answers requests brings the records into the room."""

    def __init__(self, feed: Feed, app: ASGIApp, room: WaitingRoom) -> None:
        self._listener = Listener(feed, app)
        self._room = room
        self._is_open = False

    @property
    def port(self) -> int:
        """The port it listens on; 0 before it does."""
        return self._listener.port

    async def listen(self) -> None:
        """Start to listen. Raises Misconfigured."""
        await self._listener.open()
        self._is_open = True

    async def read(self) -> AsyncIterator[Sequence[RawMessage]]:
        """What has come while the last batch was settled."""
        if not self._is_open:
            await self.listen()
        async for batch in self._room.batches():
            yield batch

    async def refuse(self, message: RawMessage, reason: str) -> None:
        """The record's sender is told."""
        self._room.settle(message, reason)

    async def acknowledge(self, messages: Sequence[RawMessage]) -> None:
        """The records are durable, or none of our business."""
        for message in messages:
            self._room.settle(message)

    async def close(self) -> None:
        """Stop listening; what is not answered will be sent again."""
        self._room.close()
        await self._listener.close()
