"""Pushes records over HTTP as an integration platform does: what has gathered in one request, again when not taken."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple

import httpx
import msgspec

from infra.rehearsal.mllp_client import Answers

_AT_ONCE = 100  # records of a request: so many refusals an answer can name
_AGAIN_S = 0.5
_ANSWER_S = 60.0
_AGAIN = (httpx.codes.TOO_MANY_REQUESTS, httpx.codes.REQUEST_TIMEOUT)


class _Error(msgspec.Struct):
    record: int


class _Refusal(msgspec.Struct):
    errors: list[_Error] = []


class Door(NamedTuple):
    """Where and how it is pushed: what of many pieces makes one body, and whether that is refused as a whole."""

    path: str
    media_type: str
    pack: Callable[[Sequence[bytes]], bytes]
    is_refused_whole: bool


RECORDS = Door("/v1/events", "application/x-ndjson", b"\n".join, is_refused_whole=False)


class PushClient:
    """One sender. Requests follow each other, as each waits for its answer."""

    def __init__(self, address: str, token: str, door: Door = RECORDS) -> None:
        self._door = door
        headers = {"authorization": f"Bearer {token}", "content-type": door.media_type}
        self._http = httpx.AsyncClient(base_url=address, headers=headers, timeout=_ANSWER_S, trust_env=False)
        self._queue: asyncio.Queue[tuple[bytes, asyncio.Future[bool]]] = asyncio.Queue(2 * _AT_ONCE)
        self.answers = Answers()
        self._sending = asyncio.create_task(self._send())

    async def send(self, body: bytes) -> asyncio.Future[bool]:
        """Hand over a record; waits while too many are under way. The future says whether it was accepted."""
        answered: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        await self._queue.put((body, answered))
        return answered

    async def close(self) -> None:
        """Hang up. What is not answered stays unanswered."""
        self._sending.cancel()
        await asyncio.gather(self._sending, return_exceptions=True)
        await self._http.aclose()

    async def _send(self) -> None:
        while True:
            gathered = [await self._queue.get()]
            while len(gathered) < _AT_ONCE and not self._queue.empty():
                gathered.append(self._queue.get_nowait())
            refused = await self._post([body for body, _ in gathered])
            for number, (_, answered) in enumerate(gathered):
                self.answers.accepted += number not in refused
                self.answers.refused += number in refused
                if not answered.done():
                    answered.set_result(number not in refused)

    async def _post(self, bodies: list[bytes]) -> set[int]:
        """Until it is settled. Which of the records were refused: what is malformed will never be valid."""
        while True:
            try:
                answer = await self._http.post(self._door.path, content=self._door.pack(bodies))
                if not answer.is_server_error and answer.status_code not in _AGAIN:
                    break
            except httpx.TransportError:
                pass
            self.answers.resent += 1
            await asyncio.sleep(_AGAIN_S)
        if answer.is_success:
            return set()
        if answer.status_code != httpx.codes.UNPROCESSABLE_ENTITY or self._door.is_refused_whole:
            return set(range(len(bodies)))
        return {error.record for error in msgspec.json.decode(answer.content, type=_Refusal).errors}
