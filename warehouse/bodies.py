"""The body of an HTTP request as a stream of bytes: its length told or chunked, plain or compressed."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

import lz4.frame
import zstandard


class Readable(Protocol):
    """What a body is read from."""

    def read(self, size: int, /) -> bytes: ...

    def readline(self, size: int, /) -> bytes: ...


_PIECE = 256 * 1024


def body_of(told: Mapping[str, str], source: Readable) -> Iterator[bytes]:
    """The decoded body, piece by piece. Raises ValueError naming what cannot be read."""
    headers = {name.lower(): value for name, value in told.items()}
    if headers.get("transfer-encoding", "").lower() == "chunked":
        raw = _chunked(source)
    else:
        raw = _counted(source, int(headers.get("content-length") or 0))
    encoding = headers.get("content-encoding", "identity").lower()
    return raw if encoding == "identity" else _decoded(raw, encoding)


def _counted(source: Readable, length: int) -> Iterator[bytes]:
    while length > 0:
        piece = source.read(min(length, _PIECE))
        if not piece:
            raise ValueError("the body ended before its Content-Length")
        length -= len(piece)
        yield piece


def _chunked(source: Readable) -> Iterator[bytes]:
    while True:
        line = source.readline(1024)
        if not line.strip():
            raise ValueError("the body ended within its chunks")
        size = int(line.split(b";")[0], 16)
        if size == 0:
            while source.readline(8192).strip():  # trailers
                pass
            return
        yield from _counted(source, size)
        source.readline(8)


def _decoded(raw: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    decompress = _decompressor(encoding)
    for piece in raw:
        if plain := decompress(piece):
            yield plain


def _decompressor(encoding: str) -> Callable[[bytes], bytes]:
    if encoding == "lz4":
        return _LZ4().decompress
    if encoding == "zstd":
        return zstandard.ZstdDecompressor().decompressobj(read_across_frames=True).decompress
    if encoding in ("gzip", "deflate"):
        return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress
    raise ValueError("Content-Encoding must be lz4, zstd, gzip or deflate")


class _LZ4:
    """LZ4 frames one after the other."""

    def __init__(self) -> None:
        self._frame = lz4.frame.LZ4FrameDecompressor()

    def decompress(self, piece: bytes) -> bytes:
        plain = b""
        while piece:
            plain += self._frame.decompress(piece)
            piece = b""
            if self._frame.eof:
                piece = self._frame.unused_data or b""
                self._frame = lz4.frame.LZ4FrameDecompressor()
        return plain
