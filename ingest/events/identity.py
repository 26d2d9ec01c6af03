"""What makes two tellings the same fact: the event id; and which telling counts: the revision.

Source: domain specification 5.1 and 5.15.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec


def iso_ms(ms: int) -> str:
    """UTC milliseconds as ISO text with milliseconds: `2025-03-03T00:40:00.000Z`."""
    stamp = datetime.fromtimestamp(ms // 1000, UTC)
    return f"{stamp:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}Z"


def event_id(facility_id: str, event_type: str, values: Iterable[Any]) -> str:
    """Lower-hex SHA-256 of the JSON array [facility, type, natural key values…], all as text."""
    parts = [facility_id, event_type, *(_text(v) for v in values)]
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()


class Moment(int):
    """An instant among natural key values, UTC ms: written as ISO text."""


def _text(value: Any) -> str:
    if value is None:
        return ""
    return iso_ms(value) if isinstance(value, Moment) else str(value)


def revision(
    row_version: str | None, sent_at: int | None, ingested_at: int, mapping_version: int, body_hash: str
) -> str:
    """Text whose bytewise order is the order of what one source says about one event."""
    if row_version is not None:
        version = row_version.zfill(20)
    else:
        ms = ingested_at if sent_at is None else sent_at
        version = f"{datetime.fromtimestamp(ms // 1000, UTC):%Y%m%d%H%M%S}{ms % 1000:03d}"
    return f"{version}-{mapping_version:04d}-{body_hash}"


def source_rank(source_system: str, priority: Sequence[str]) -> tuple[int, str]:
    """Smaller wins: the site's priority list first, unlisted sources after it by name."""
    try:
        return (priority.index(source_system), "")
    except ValueError:
        return (len(priority), source_system)
