"""Finds the HL7 v2 messages in a file: one or many, any line ends, with or without MLLP frames or batch headers.

A batch (BHS … BTS) and a file of one (FHS … FTS) come out too where they end, with how many came: whoever declared a
count can be held to it. One that was cut off before its trailer never ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

import msgspec

# A message begins with MSH and a delimiter, at the start of a line or of a frame.
_BEGINS = re.compile(rb"(?:\A|(?<=[\r\n\x0b\x1c]))[ \t]*(?:\xef\xbb\xbf)?MSH(?=[^A-Za-z0-9\s])")
_ENVELOPE = re.compile(rb"^(?:FHS|BHS|BTS|FTS)[^\r\n]*", re.MULTILINE)
_AROUND = b"\x0b\x1c\r\n\t \x00"
_MARK = b"\xef\xbb\xbf"
_CHUNK = 1 << 20


class BatchEnd(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a batch, or of a file: its lines as they came, and how many messages (of a file: batches) did."""

    file: bytes  # FHS; b"" without one
    header: bytes  # BHS, or FHS
    trailer: bytes  # BTS, or FTS
    received: int


class Piece(NamedTuple):
    """What a file holds, in order: a message, or the end of a batch."""

    body: bytes
    is_in_batch: bool = False
    end: BatchEnd | None = None


def messages_in(file: BinaryIO) -> Iterator[bytes]:
    """Each message's bytes; whatever stands before the first one and is no batch header comes as it is."""
    return (piece.body for piece in pieces_in(file) if piece.end is None)


def pieces_in(file: BinaryIO) -> Iterator[Piece]:
    """The messages and the ends of batches, in order."""
    rest, batches = b"", _Batches()
    while chunk := file.read(_CHUNK):
        rest += chunk
        begins = [found.start() for found in _BEGINS.finditer(rest)]
        for start, end in zip([0, *begins], begins, strict=False):
            yield from batches.read(rest[start:end])
        if begins:
            rest = rest[begins[-1] :]
    yield from batches.read(rest)


class _Batches:
    """Which batch and which file are open, and what has come of them."""

    def __init__(self) -> None:
        self._file = self._batch = b""  # their headers
        self._messages = self._batches = 0

    def read(self, part: bytes) -> Iterator[Piece]:
        """A message and the lines of batches behind it."""
        # Within a message, CR, LF and CRLF are its line ends; the lines of the batch around it are nobody's.
        text = part.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        body = _ENVELOPE.sub(b"", text).strip(_AROUND).removeprefix(_MARK).strip(_AROUND)
        if body:
            self._messages += 1
            yield Piece(body, bool(self._batch or self._file))
        for line in _ENVELOPE.findall(text.removeprefix(_MARK)):
            end = self._passed(line)
            if end is not None:
                yield Piece(msgspec.msgpack.encode(end), is_in_batch=True, end=end)

    def _passed(self, line: bytes) -> BatchEnd | None:
        kind, ended = line[:3], None
        if kind == b"FHS":
            self._file, self._batch, self._batches, self._messages = line, b"", 0, 0
        elif kind == b"BHS":
            self._batch, self._messages = line, 0
        elif kind == b"BTS" and self._batch:
            ended = BatchEnd(file=self._file, header=self._batch, trailer=line, received=self._messages)
            self._batch, self._batches = b"", self._batches + 1
        elif kind == b"FTS" and self._file:
            if not self._batch:  # else a batch was cut off, and the file with it
                told = line if self._batches else kind  # FTS-1 counts batches: where there is none, it says nothing
                received = self._batches or self._messages
                ended = BatchEnd(file=self._file, header=self._file, trailer=told, received=received)
            self._file = self._batch = b""
        return ended
