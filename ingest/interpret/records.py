"""The records in a body: one JSON event or an array of them, NDJSON, CloudEvents 1.0, alone or in a batch.

Cutting reads no meaning: each record keeps its own bytes. A line that is no JSON is a record of its own, with that
fault; a body of which nothing can be cut is one record with a fault.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ingest.errors import Malformed

EVENT = "application/json"  # one event in our own terms
CLOUD_EVENT = "application/cloudevents+json"  # one event in CloudEvents' envelope
CLOUD_BATCH = "application/cloudevents-batch+json"
LINES = ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines")
MEDIA_TYPES = (EVENT, *LINES, CLOUD_EVENT, CLOUD_BATCH)

NOT_JSON = "not JSON: body"
_ATTRIBUTES = ("id", "source", "type", "specversion", "time", "subject")  # of a CloudEvent in binary mode


class Piece(msgspec.Struct, frozen=True):
    """A record as it was sent."""

    body: bytes
    media_type: str
    fault: str = ""  # "reason: place"


def records_in(body: bytes, media_type: str, headers: Mapping[str, str]) -> list[Piece]:
    """The records of a body, in order. Raises Malformed for a media type that carries none of ours."""
    if media_type in LINES:
        return [_line(line) for line in body.split(b"\n") if line.strip()]
    if media_type == CLOUD_EVENT:
        return _one(body, CLOUD_EVENT)
    if media_type == CLOUD_BATCH:
        return _many(body, CLOUD_EVENT) if body.lstrip()[:1] == b"[" else [Piece(body, CLOUD_EVENT, NOT_JSON)]
    if media_type != EVENT:
        raise Malformed("media type: content-type")
    if "ce-specversion" in headers:
        return [_binary(body, headers)]
    return _many(body, EVENT) if body.lstrip()[:1] == b"[" else _one(body, EVENT)


def _many(body: bytes, media_type: str) -> list[Piece]:
    try:
        return [Piece(bytes(raw), media_type) for raw in msgspec.json.decode(body, type=list[msgspec.Raw])]
    except (msgspec.DecodeError, RecursionError):
        return [Piece(body, media_type, NOT_JSON)]


def _one(body: bytes, media_type: str) -> list[Piece]:
    return [Piece(body, media_type, "" if _is_json(body) else NOT_JSON)]


def _line(line: bytes) -> Piece:
    return Piece(line.strip(), EVENT, "" if _is_json(line) else "not JSON: line")


def _is_json(text: bytes) -> bool:
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _binary(body: bytes, headers: Mapping[str, str]) -> Piece:
    """CloudEvents' binary mode: attributes in headers, data in the body; kept as the structured mode writes it."""
    if not _is_json(body):
        return Piece(body, CLOUD_EVENT, NOT_JSON)
    told = {name: headers[f"ce-{name}"] for name in _ATTRIBUTES if f"ce-{name}" in headers}
    return Piece(msgspec.json.encode({**told, "data": msgspec.Raw(body)}), CLOUD_EVENT)
