"""Finds MLLP frames in a stream of bytes: 0x0B, the message, 0x1C (0x0D).

Works on bytes: neither mark ever occurs inside a character of UTF-8 or GB18030. What is no good frame comes out too,
with a fault, so that nothing is dropped in silence and no sender can make the buffer grow without end.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

START, END = 0x0B, 0x1C
_BETWEEN = b"\r\n\t \x00"


class Frame(NamedTuple):
    """The bytes of one message; with a fault, what there was of it."""

    body: bytes
    fault: str = ""


class Frames:
    """Bytes in as they come, frames out as they are complete."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._buffer = bytearray()
        self._inside = False  # between START and END
        self._overlong = False  # of the message under way, only the beginning is kept

    @property
    def is_inside(self) -> bool:
        """True while a message has begun and not ended."""
        return self._inside

    def feed(self, chunk: bytes) -> Iterator[Frame]:
        """The frames that are complete with this chunk."""
        while chunk:
            if not self._inside:
                chunk, stray = self._outside(chunk)
                if stray:
                    yield stray
                continue
            end, start = chunk.find(END), chunk.find(START)
            if start >= 0 and (end < 0 or start < end):  # the next message began before this one ended
                self._keep(chunk[:start])
                yield self._taken("truncated: frame")
                self._inside, chunk = True, chunk[start + 1 :]
            elif end >= 0:
                self._keep(chunk[:end])
                yield self._taken()
                chunk = chunk[end + 1 :]
            else:
                self._keep(chunk)
                return

    def end(self) -> Frame | None:
        """The stream has ended: what was under way is truncated."""
        if self._inside or self._buffer:
            return self._taken("truncated: frame" if self._inside else "no start block: frame")
        return None

    def _outside(self, chunk: bytes) -> tuple[bytes, Frame | None]:
        start = chunk.find(START)
        stray = (chunk if start < 0 else chunk[:start]).strip(_BETWEEN + bytes([END]))
        self._keep(stray)
        if start < 0:
            return b"", None
        fault = self._taken("no start block: frame") if self._buffer else None
        self._inside = True
        return chunk[start + 1 :], fault

    def _keep(self, part: bytes) -> None:
        room = self._max_bytes - len(self._buffer)
        self._overlong = self._overlong or len(part) > room
        self._buffer += part[: max(room, 0)]

    def _taken(self, fault: str = "") -> Frame:
        frame = Frame(bytes(self._buffer), "too long: frame" if self._overlong else fault)
        self._buffer.clear()
        self._inside = self._overlong = False
        return frame
