"""Finds the HL7 v2 messages in a file: one or many, any line ends, with or without MLLP frames or batch headers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

# A message begins with MSH and a delimiter, at the start of a line or of a frame.
_BEGINS = re.compile(rb"(?:\A|(?<=[\r\n\x0b\x1c]))[ \t]*(?:\xef\xbb\xbf)?MSH(?=[^A-Za-z0-9\s])")
_ENVELOPE = re.compile(rb"^(?:FHS|BHS|BTS|FTS)[^\r\n]*", re.MULTILINE)
_AROUND = b"\x0b\x1c\r\n\t \x00"
_CHUNK = 1 << 20


def messages_in(file: BinaryIO) -> Iterator[bytes]:
    """Each message's bytes; whatever stands before the first one and is no batch header comes as it is."""
    rest = b""
    while chunk := file.read(_CHUNK):
        rest += chunk
        begins = [found.start() for found in _BEGINS.finditer(rest)]
        for start, end in zip([0, *begins], begins, strict=False):
            yield from _one(rest[start:end])
        if begins:
            rest = rest[begins[-1] :]
    yield from _one(rest)


def _one(part: bytes) -> Iterator[bytes]:
    # Within a message, CR, LF and CRLF are its line ends; the lines of the batch around it are nobody's.
    text = part.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    body = _ENVELOPE.sub(b"", text).strip(_AROUND).removeprefix(b"\xef\xbb\xbf").strip(_AROUND)
    if body:
        yield body
