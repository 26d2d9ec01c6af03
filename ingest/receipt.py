"""The receipt of a file: how much of it was read, what became of it and why; never what stands in it."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from ingest.intake import FUTURE, Outcome

_MOST_LINES, _MOST_REASONS = 100, 100  # a receipt stays short, however wrong a file is
_OTHER = "other reasons"


class Refused(msgspec.Struct):
    """How often for one reason, and on which lines: the first hundred; in HL7 v2 a message's number in the file."""

    count: int = 0
    lines: list[int] = []


class Receipt(msgspec.Struct, kw_only=True):
    """What became of one file."""

    feed: str
    sha256: str  # of the file, as its size in bytes
    bytes: int
    begun_at: str  # hospital time
    ended_at: str
    read: int  # messages or rows
    events: int  # published
    ignored: dict[str, int]  # reason → how many of those read
    refused: dict[str, Refused]  # dead letters
    refused_whole: str  # why the file is not what the site file describes; "" when it is


class Tally:
    """Counts the outcomes of one file as they become durable."""

    def __init__(self, begun_at: int) -> None:
        self.read = self.events = self.malformed = 0
        self._begun_at = begun_at
        self._ignored: dict[str, int] = {}
        self._refused: dict[str, Refused] = {}

    def count(self, line: int | None, outcome: Outcome) -> None:
        """Note what became of the message or row at a line."""
        self.read += 1
        self.events += len(outcome.events)
        if outcome.ignored:
            reason = _reason(self._ignored, outcome.ignored)
            self._ignored[reason] = self._ignored.get(reason, 0) + 1
        if outcome.malformed:
            self.malformed += 1
        for reason in [outcome.malformed] * bool(outcome.malformed) + [FUTURE] * len(outcome.future):
            refused = self._refused.setdefault(_reason(self._refused, reason.partition(": line ")[0]), Refused())
            refused.count += 1
            if line is not None and len(refused.lines) < _MOST_LINES and line not in refused.lines[-1:]:
                refused.lines.append(line)

    def receipt(self, feed: str, path: Path, ended_at: int, zone: ZoneInfo, refused_whole: str) -> Receipt:
        """The receipt of a file that has been read to its end. Raises OSError when it cannot be read once more."""
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
        if not refused_whole and self.read and self.malformed == self.read:
            refused_whole = "Nothing in it could be read as the site file describes it."
        return Receipt(
            feed=feed,
            sha256=digest,
            bytes=size,
            begun_at=_said(self._begun_at, zone),
            ended_at=_said(ended_at, zone),
            read=self.read,
            events=self.events,
            ignored=self._ignored,
            refused=self._refused,
            refused_whole=refused_whole,
        )


def _reason(known: dict[str, int] | dict[str, Refused], reason: str) -> str:
    return reason if reason in known or len(known) < _MOST_REASONS else _OTHER


def _said(at_ms: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(at_ms / 1000, zone).isoformat(timespec="milliseconds")
