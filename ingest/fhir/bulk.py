"""Bulk export files: NDJSON, one resource a line, in as many files as the server liked.

A first pass remembers whom and what the others refer to, with no more of each than that takes; a second one tells.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import structlog

from ingest.connector import RawMessage
from ingest.errors import Misconfigured, Unavailable
from ingest.feeds import Feed
from ingest.fhir.known import CARRIERS, Known
from ingest.fhir.polling import MEDIA_TYPE, bundle_message
from ingest.fhir.settings import Settings
from ingest.interpret.fhir_bundle import Json, text
from ingest.positions import Mark, Positions

log = structlog.get_logger()

_PAGE = 500
_SUFFIXES = (".ndjson", ".jsonl")
_NEEDED = (
    "resourceType", "id", "meta", "identifier", "groupIdentifier", "class", "serviceType", "serviceProvider", "period",
    "subject", "patient", "encounter", "context", "appointment", "birthDate", "gender", "practitioner", "basedOn",
    "service", "lineItem", "actor", "schedule", "status",
)  # fmt: skip


class BulkFiles:
    """Reads exported files in turn; a file that has been read is read again only when it has changed."""

    def __init__(self, feed: Feed, positions: Positions | None = None) -> None:
        assert isinstance(feed.settings, Settings)
        self._feed, self._settings = feed, feed.settings
        self._positions = positions or Positions(feed.site.name, feed.name)

    async def read(self) -> AsyncIterator[Sequence[RawMessage]]:
        """Pages of resources until every file is read, or for ever when the feed follows its folders."""
        while True:
            fresh = await asyncio.to_thread(self._fresh)
            if fresh:
                known = Everything()
                for path in await asyncio.to_thread(self._files):
                    await asyncio.to_thread(_remember, path, known)
                for path, mark in fresh:
                    coming = self._messages(path, known)
                    while page := await asyncio.to_thread(_page, coming):
                        yield page
                    await asyncio.to_thread(self._positions.move, str(path), mark)
                    log.info("file read", feed=self._feed.name)
            if not self._settings.follow_s:
                return
            await asyncio.sleep(self._settings.follow_s)

    async def refuse(self, message: RawMessage, reason: str) -> None:
        """It is a dead letter; the file stays as it is."""

    async def acknowledge(self, messages: Sequence[RawMessage]) -> None:
        """The file is marked as read when all of it is durable."""

    async def close(self) -> None:
        """Nothing is held open between pages' reads."""

    def _files(self) -> list[Path]:
        found: list[Path] = []
        for path in map(Path, self._settings.paths):
            if path.is_dir():
                found += sorted(each for each in path.rglob("*") if each.suffix in _SUFFIXES)
            elif path.exists():
                found.append(path)
            else:
                raise Misconfigured(f"There is no file or folder {path}.")
        return found

    def _fresh(self) -> list[tuple[Path, Mark]]:
        marked = [(path, _mark(path)) for path in self._files()]
        return [(path, mark) for path, mark in marked if self._positions.marks.get(str(path)) != mark]

    def _messages(self, path: Path, known: Everything) -> Iterator[RawMessage]:
        for line in _lines(path):
            now_ms = self._feed.clock.now_ms()
            resource = _resource(line)
            if resource is None:
                yield RawMessage(body=line, media_type=MEDIA_TYPE, received_at=now_ms, fault="not JSON: line")
            else:
                yield bundle_message(resource, known.beside(resource), now_ms)


class Everything(Known):
    """All that a set of files holds of those who carry numbers."""

    def _put(self, name: str, resource: Json | None, now_ms: int) -> None:
        self._by_name[name] = (now_ms, resource)


def _page(coming: Iterator[RawMessage]) -> list[RawMessage]:
    return list(islice(coming, _PAGE))


def _remember(path: Path, known: Everything) -> None:
    for line in _lines(path):
        resource = _resource(line)
        if resource is not None and text(resource.get("resourceType")) in CARRIERS:
            known.note({name: resource[name] for name in _NEEDED if name in resource}, 0)


def _resource(line: bytes) -> dict[str, Any] | None:
    try:
        return msgspec.json.decode(line, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):
        return None


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            for line in file:
                if line.strip():
                    yield line.strip()
    except OSError as error:
        raise Unavailable(f"{path} cannot be read ({type(error).__name__}).") from None


def _mark(path: Path) -> Mark:
    try:
        state = path.stat()
    except OSError as error:
        raise Unavailable(f"{path} is gone ({type(error).__name__}).") from None
    return Mark(str(state.st_mtime_ns), str(state.st_size))
