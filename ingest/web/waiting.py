"""Where records wait between a request and the log: the request is answered when all of its records are settled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from http import HTTPStatus

from ingest.connector import RawMessage
from ingest.web.problem import Problem

_BATCH = 512


class Exchange:
    """One request: how many of its records are still open, and which were refused."""

    __slots__ = ("_left", "done", "refused")

    def __init__(self, records: int) -> None:
        self._left = records
        self.refused: dict[int, str] = {}
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def settle(self, number: int, reason: str) -> None:
        """A record is durable, or refused for a reason."""
        if reason:
            self.refused[number] = reason
        self._left -= 1
        if self._left <= 0 and not self.done.done():
            self.done.set_result(None)


class WaitingRoom:
    """Records of all requests, in the order they came."""

    def __init__(self, max_waiting: int) -> None:
        self._max = max_waiting
        self._waiting: asyncio.Queue[RawMessage] = asyncio.Queue()
        self._open: set[Exchange] = set()

    async def settled(self, messages: Sequence[RawMessage], answer_s: float) -> dict[int, str]:
        """Wait until a request's records are durable; the refused ones by their number, with the reason. Raises
        Problem when there is no room, or when the broker keeps us waiting: then all may be sent again."""
        if not messages:
            return {}
        if self._waiting.qsize() and self._waiting.qsize() + len(messages) > self._max:
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "Too much is waiting for the broker.", retry_after_s=2)
        exchange = Exchange(len(messages))
        self._open.add(exchange)
        for number, message in enumerate(messages):
            self._waiting.put_nowait(
                RawMessage(
                    body=message.body,
                    media_type=message.media_type,
                    received_at=message.received_at,
                    fault=message.fault,
                    origin=(exchange, number),
                )
            )
        try:
            async with asyncio.timeout(answer_s):
                await exchange.done
        except TimeoutError:
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "Not durable yet: send it again.", retry_after_s=5) from None
        finally:
            self._open.discard(exchange)
        return exchange.refused

    async def batches(self) -> AsyncIterator[Sequence[RawMessage]]:
        """What has come while the last batch was settled."""
        while True:
            batch = [await self._waiting.get()]
            while len(batch) < _BATCH and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            yield batch

    def settle(self, message: RawMessage, reason: str = "") -> None:
        """A record is settled."""
        exchange, number = message.origin
        exchange.settle(number, reason)

    def close(self) -> None:
        """Nobody will settle anything any more."""
        for exchange in self._open:
            if not exchange.done.done():
                exchange.done.set_exception(
                    Problem(HTTPStatus.SERVICE_UNAVAILABLE, "The feed has stopped.", retry_after_s=30)
                )
