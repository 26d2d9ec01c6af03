"""A hospital's systems send their canaries through the doors that they would use; what they are answered is kept."""

from __future__ import annotations

import asyncio
import csv
import re
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import msgspec

from ingest.bus import BusSettings
from ingest.connector import RawMessage
from ingest.connectors import fhir, files, mllp, rest
from ingest.interpret.records import EVENT
from ingest.interpret.tabular import Record
from ingest.raw import Sealer, create_raw_keys, load_public_key
from ingest.run import FeedRun
from ingest.settings import Site
from tests.canaries.flock import TOKEN, WAYS, feeds_of, interpreter_of, messages
from tests.canaries.written import COLUMNS_OF_A_FILE

_LINES, _AT_ONCE = 4, 200
_START, _END = b"\x0b", b"\x1c\r"
_OWN = re.compile(rb"MSH[^\r]*|(?<=MSA.[A-Z]{2}.)[^|\r]*")  # its own header and number, which a sender must get back


class Handed:
    """A connector that has read its messages already: of views and changes, where a database would stand behind."""

    def __init__(self, told: Sequence[RawMessage]) -> None:
        self._told = told

    async def read(self) -> AsyncIterator[Sequence[RawMessage]]:
        for first in range(0, len(self._told), _AT_ONCE):
            yield self._told[first : first + _AT_ONCE]

    async def refuse(self, message: RawMessage, reason: str) -> None: ...

    async def acknowledge(self, messages: Sequence[RawMessage]) -> None: ...

    async def close(self) -> None: ...


class Senders:
    """All systems of the hospital, with so many messages between them."""

    def __init__(self, site: Site, directory: Path, many: int, seed: int, first: int) -> None:
        self.answers: list[bytes] = []
        self.sent = 0
        self._site, self._directory, self._seed, self._first = site, directory, seed, first
        self._share = {way: many * share // sum(WAYS.values()) for way, share in WAYS.items()}
        self._feeds = feeds_of(site)
        create_raw_keys(directory)

    async def send_all(self) -> None:
        """Each way after the other, until everything is settled."""
        await self._spoken()
        for way, media_type in (("calls", EVENT), ("fhir", "application/fhir+json")):
            await self._posted(way, media_type)
        for way in ("views", "changes"):
            await self._run(way, Handed(self._told(way))).run(asyncio.Event())
        folder = self._directory / "folder"
        await asyncio.to_thread(self._filed, folder)
        reader = files.FilesReader(self._feeds["folder"], [folder])
        await self._run("folder", reader).run(asyncio.Event())

    def _told(self, way: str) -> list[RawMessage]:
        told = list(messages(way, self._share[way], self._seed, self._first))
        self.sent += len(told)
        return told

    def _run(self, way: str, connector: Any) -> FeedRun:
        feed, sealer = self._feeds[way], Sealer(load_public_key(self._directory))
        return FeedRun(feed, connector, interpreter_of(feed), self._site.section("bus", BusSettings), sealer)

    async def _spoken(self) -> None:
        """Over MLLP, on several lines at once."""
        server = mllp.connect(self._feeds["his"])
        await server.listen()
        run, stop = self._run("his", server), asyncio.Event()
        running = asyncio.create_task(run.run(stop))
        frames = [_START + each.body + _END for each in self._told("his") if each.body]
        await asyncio.gather(*(self._line(server.port, frames[n::_LINES], run, len(frames)) for n in range(_LINES)))
        stop.set()
        await running

    async def _line(self, port: int, frames: list[bytes], run: FeedRun, all_told: int) -> None:
        """One connection: a message may ask for no answer, so it stays until everybody's are settled."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        hearing = asyncio.create_task(self._hear(reader))
        for frame in frames:
            writer.write(frame)
            await writer.drain()
        while run.counts.messages < all_told:
            await asyncio.sleep(0.05)
        writer.write_eof()
        await hearing
        writer.close()

    async def _hear(self, reader: asyncio.StreamReader) -> None:
        heard = b"".join([chunk async for chunk in _chunks(reader)])
        self.answers += [_OWN.sub(b"", answer) for answer in heard.split(_END)]

    async def _posted(self, way: str, media_type: str) -> None:
        """Over HTTP: records by the hundred, resources one by one."""
        feed = self._feeds[way]
        server: Any = rest.connect(feed) if way == "calls" else fhir.connect(feed)
        await server.listen()
        stop = asyncio.Event()
        running = asyncio.create_task(self._run(way, server).run(stop))
        bodies = [each.body for each in self._told(way)]
        several = range(0, len(bodies), _AT_ONCE)
        if way == "calls":
            media_type, path = "application/x-ndjson", "/v1/events"
            bodies = [b"\n".join(each.replace(b"\n", b" ") for each in bodies[n : n + _AT_ONCE]) for n in several]
        else:
            path = "/fhir"
        base_url, headers = f"http://127.0.0.1:{server.port}", {"authorization": f"Bearer {TOKEN}"}
        async with httpx.AsyncClient(base_url=base_url, headers=headers, timeout=600, trust_env=False) as client:
            for first in range(0, len(bodies), 8):
                posts = (
                    client.post(path, content=body, headers={"content-type": media_type})
                    for body in bodies[first : first + 8]
                )
                self.answers += [answer.content for answer in await asyncio.gather(*posts)]
        stop.set()
        await running

    def _filed(self, folder: Path) -> None:
        """Left in a folder: a table, and messages of which most are whole."""
        folder.mkdir()
        told = [msgspec.json.decode(each.body, type=Record).row for each in self._told("folder")]
        with (folder / "told.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([COLUMNS_OF_A_FILE, *(row.values() for row in told)])
        spoken = [each.body for each in messages("his", self._share["folder"], self._seed + 1, self._first)]
        self.sent += len(spoken)
        (folder / "told.hl7").write_bytes(b"\n".join(spoken))


async def _chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while chunk := await reader.read(65_536):
        yield chunk
