"""Asks a FHIR server what has changed: by `_lastUpdated`, type by type, page by page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import structlog

from ingest.clock import real_now_ms
from ingest.connector import RawMessage
from ingest.errors import Misconfigured
from ingest.feeds import Feed
from ingest.fhir.known import Known
from ingest.fhir.server import Server
from ingest.fhir.settings import ALL, Settings
from ingest.interpret.fhir_bundle import Json, mapping, text
from ingest.polled import Polled
from ingest.positions import Mark, Positions

log = structlog.get_logger()

MEDIA_TYPE = "application/fhir+json"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Poller:
    """Polls a server's resource types in turn."""

    def __init__(self, feed: Feed, positions: Positions | None = None) -> None:
        assert isinstance(feed.settings, Settings)
        self._feed, self._settings = feed, feed.settings
        self._positions = positions or Positions(feed.site.name, feed.name)
        self._server = Server(feed.settings, f"[feeds.{feed.name}] of {feed.site.path}")
        self._known = Known(self._fetch)
        self._types: list[Polled[str]] = []

    async def read(self) -> AsyncIterator[Sequence[RawMessage]]:
        """New and changed resources, for as long as anybody asks. Raises Unavailable when the server is away."""
        if not self._types:
            self._types = [self._type(name) for name in await self._names()]
        while True:
            for kind in self._types:
                async for page in self._poll(kind):
                    yield page
            await asyncio.sleep(self._settings.poll_s)

    async def refuse(self, message: RawMessage, reason: str) -> None:
        """The version stays a dead letter until the next one."""

    async def acknowledge(self, messages: Sequence[RawMessage]) -> None:
        """Told. The position moves with the bound, at the end of a poll."""

    async def close(self) -> None:
        """Let go of the connection."""
        await self._server.close()

    async def _poll(self, kind: Polled[str]) -> AsyncIterator[Sequence[RawMessage]]:
        """One pass from the bound to the end; the position moves once all of it is durable."""
        scanned, furthest = set[int](), ""
        asked = {
            "_lastUpdated": f"ge{kind.bound}",
            "_sort": "_lastUpdated",
            "_count": str(self._settings.page_size),
        }
        async for entries in self._server.pages(kind.name, **asked):
            page = [resource for entry in entries if (resource := _match(entry, kind.name)) is not None]
            scanned.update(map(_version, page))
            furthest = max([furthest, *(_updated(each) for each in page)])
            fresh = [each for each in page if _version(each) not in kind.told]
            if fresh:
                yield await self._messages(fresh)  # returns here when they are durable
                kind.told.update(map(_version, fresh))
        kind.polled(scanned, furthest, real_now_ms(), self._settings.overlap_s)
        await asyncio.to_thread(self._positions.move, kind.name, Mark(kind.bound, ""))

    async def _messages(self, fresh: list[Json]) -> list[RawMessage]:
        now_ms = real_now_ms()
        for each in fresh:
            self._known.note(each, now_ms)
        await self._known.gather(fresh, now_ms)
        return [bundle_message(each, self._known.beside(each), self._feed.clock.now_ms()) for each in fresh]

    async def _fetch(self, kind: str, numbers: list[str]) -> list[Json]:
        """Resources by their ids; one that is gone is simply not among them."""
        found: list[Json] = []
        try:
            async for entries in self._server.pages(kind, _id=",".join(numbers), _count=str(len(numbers))):
                found += [resource for entry in entries if (resource := _match(entry, kind)) is not None]
        except Misconfigured:  # a type that the server does not let us see: its references stay unresolved
            log.warning("reference unresolved", feed=self._feed.name, resource=kind, count=len(numbers))
        return found

    async def _names(self) -> list[str]:
        have = await self._server.types()
        missing = [name for name in self._settings.resources if name not in have or name not in ALL]
        names = [name for name in (self._settings.resources or ALL) if name in have]
        if missing or not names:
            what = f"no {', '.join(missing)} to read" if missing else "none of the resource types that we read"
            raise Misconfigured(
                f"{self._feed.site.path}, [feeds.{self._feed.name}] resources: the server has {what}; we read "
                f"{', '.join(ALL)}."
            )
        return names

    def _type(self, name: str) -> Polled[str]:
        mark = self._positions.marks.get(name)
        if mark is not None:
            return Polled(name, mark.row_ver)
        since = _EPOCH + timedelta(milliseconds=self._feed.clock.now_ms(), hours=-self._settings.first_hours)
        return Polled(name, since.isoformat(timespec="milliseconds").replace("+00:00", "Z"))


def bundle_message(resource: Json, beside: list[Json], received_at: int) -> RawMessage:
    """A resource with what it refers to, as a page of a search writes it."""
    entry = [{"resource": resource, "search": {"mode": "match"}}]
    entry += [{"resource": each, "search": {"mode": "include"}} for each in beside]
    body = msgspec.json.encode({"resourceType": "Bundle", "type": "searchset", "entry": entry})
    return RawMessage(body=body, media_type=MEDIA_TYPE, received_at=received_at)


def _match(entry: Json, kind: str) -> Json | None:
    resource = mapping(entry.get("resource"))
    mode = text(mapping(entry.get("search")).get("mode"))
    return resource if resource.get("resourceType") == kind and mode in ("", "match") else None


def _version(resource: Json) -> int:
    meta = mapping(resource.get("meta"))
    return hash((text(resource.get("id")), text(meta.get("versionId")), text(meta.get("lastUpdated"))))


def _updated(resource: Json) -> str:
    """When it was updated, UTC, so that texts compare as times; "" when nobody says."""
    told = text(mapping(resource.get("meta")).get("lastUpdated"))
    try:
        at = datetime.fromisoformat(told)
    except ValueError:
        return ""
    if at.tzinfo is None:
        return ""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
