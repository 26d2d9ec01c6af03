"""Sends HL7 over MLLP as a HIS does: several connections, an answer awaited for each message, sent again when lost."""

from __future__ import annotations

import asyncio
import re
from collections import deque

START, END = b"\x0b", b"\x1c\r"
_CODE = re.compile(rb"MSA\|([A-Z]{2})\|")
_RECONNECT_S = 0.5
_ANSWER_S = 60.0


class Answers:
    """How many messages were accepted and refused."""

    def __init__(self) -> None:
        self.accepted = 0
        self.refused = 0
        self.resent = 0


class MllpClient:
    """The connections of one feed. `depth` messages may be under way on each before their answers are back."""

    def __init__(self, host: str, port: int, connections: int = 2, depth: int = 1) -> None:
        self._address = (host, port)
        self._queue: asyncio.Queue[tuple[bytes, asyncio.Future[bool]]] = asyncio.Queue(connections * depth)
        self._depth = depth
        self.answers = Answers()
        self._lines = [asyncio.create_task(self._line()) for _ in range(connections)]

    async def send(self, body: bytes) -> asyncio.Future[bool]:
        """Hand over a message; waits while too many are under way. The future says whether it was accepted."""
        answered: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        await self._queue.put((body, answered))
        return answered

    async def close(self) -> None:
        """Hang up. What is not answered stays unanswered."""
        for line in self._lines:
            line.cancel()
        await asyncio.gather(*self._lines, return_exceptions=True)

    async def _line(self) -> None:
        """One connection for as long as the feed lives; whatever was unanswered when it broke is sent again."""
        waiting: deque[tuple[bytes, asyncio.Future[bool]]] = deque()
        while True:
            writer = None
            try:
                reader, writer = await asyncio.open_connection(*self._address)
                for body, _ in waiting:
                    writer.write(START + body + END)
                    self.answers.resent += 1
                await self._talk(reader, writer, waiting)
            except (OSError, asyncio.IncompleteReadError, TimeoutError):
                await asyncio.sleep(_RECONNECT_S)
            finally:
                if writer is not None:
                    writer.close()

    async def _talk(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        waiting: deque[tuple[bytes, asyncio.Future[bool]]],
    ) -> None:
        while True:
            while len(waiting) < self._depth and (not waiting or not self._queue.empty()):
                item = await self._queue.get()
                waiting.append(item)
                writer.write(START + item[0] + END)
            await writer.drain()
            async with asyncio.timeout(_ANSWER_S):  # unlike wait_for it never takes an answer for a reason to go on
                frame = await reader.readuntil(END)
            _, answered = waiting.popleft()
            accepted = (found := _CODE.search(frame)) is not None and found.group(1) in (b"AA", b"CA")
            self.answers.accepted += accepted
            self.answers.refused += not accepted
            if not answered.done():
                answered.set_result(accepted)
