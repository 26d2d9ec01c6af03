"""One connection of a sender of messages: for whom it may speak, and its answers in the order of its messages."""

from __future__ import annotations

import asyncio
from collections import deque


class Line:
    """A connection and its open exchanges."""

    def __init__(self, writer: asyncio.StreamWriter, facilities: frozenset[str] | None) -> None:
        self.open: deque[Exchange] = deque()
        self.facilities = facilities  # that may be sent for; None: any
        self._writer = writer

    def send_answers(self) -> None:
        """Write what is answered, in order."""
        out = bytearray()
        while self.open and self.open[0].is_answered:
            out += self.open.popleft().answer
        if out and not self._writer.is_closing():
            self._writer.write(bytes(out))


class Exchange:
    """A message and the connection on which its answer goes back."""

    __slots__ = ("_line", "answer", "is_answered")

    def __init__(self, line: Line) -> None:
        self._line = line
        self.answer = b""
        self.is_answered = False
        line.open.append(self)

    def close(self, answers: list[bytes]) -> None:
        """Give the answers, once all earlier messages of the connection have theirs."""
        self.answer = b"".join(b"\x0b" + answer + b"\x1c\r" for answer in answers)
        self.is_answered = True
        self._line.send_answers()
