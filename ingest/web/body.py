"""Reads the body of a request under its limits: bytes as sent, bytes as unpacked, and the time it may take."""

from __future__ import annotations

import asyncio
import zlib
from http import HTTPStatus

from starlette.requests import ClientDisconnect, Request

from ingest.web.problem import Problem

_GZIP = 16 + zlib.MAX_WBITS


async def read_body(request: Request, limit: int, body_s: float) -> bytes:
    """The bytes as they were sent. Raises Problem."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise _too_long(limit)
    body = bytearray()
    try:
        async with asyncio.timeout(body_s):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise _too_long(limit)
    except TimeoutError:
        raise Problem(HTTPStatus.REQUEST_TIMEOUT, f"The body did not come within {body_s:g} s.") from None
    except ClientDisconnect:
        raise Problem(HTTPStatus.BAD_REQUEST, "The sender hung up.") from None
    return bytes(body)


def unpacked(body: bytes, encoding: str, limit: int) -> bytes:
    """The body without its content encoding. Raises Problem; a bomb is never unpacked beyond the limit."""
    if encoding in ("", "identity"):
        return body
    if encoding != "gzip":
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "content-encoding: gzip or none.")
    out = bytearray()
    try:
        while body:
            packed = zlib.decompressobj(_GZIP)
            out += packed.decompress(body, limit + 1 - len(out))
            if len(out) > limit:
                raise _too_long(limit)
            if not packed.eof:
                raise Problem(HTTPStatus.BAD_REQUEST, "content-encoding: the gzip stream is cut short.")
            body = packed.unused_data
    except zlib.error:
        raise Problem(HTTPStatus.BAD_REQUEST, "content-encoding: not gzip.") from None
    return bytes(out)


def _too_long(limit: int) -> Problem:
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A body may be {limit} bytes long.")
