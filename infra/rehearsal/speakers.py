"""The rehearsal's mouths: MLLP clients, those that push, a folder, a database, and the record of what was taken."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import TracebackType

import msgspec
import psycopg

from infra.local.postgres import OWNER
from infra.rehearsal.exported import drop
from infra.rehearsal.facts import Told
from infra.rehearsal.fhir_words import MEDIA_TYPE, bundle
from infra.rehearsal.messages import Wire
from infra.rehearsal.mllp_client import MllpClient
from infra.rehearsal.push_client import Door, PushClient
from infra.rehearsal.push_token import dropped_at, push_token
from infra.rehearsal.rows import write_row
from infra.rehearsal.sources import ALSO_FEED_OF, CAPTURE, EXPORT, FEED_OF, FHIR, IN_TABLES, PLATFORM
from infra.rehearsal.ways import captured
from ingest.clock import load_clock, real_now_ms
from ingest.errors import Unavailable
from ingest.settings import Site, home

_CONNECTIONS, _DEPTH = 4, 64  # in bulk; a live day is far below
_BUNDLES = Door("/fhir", MEDIA_TYPE, bundle, is_refused_whole=True)


class Speakers:
    """Says wires and writes down what was accepted."""

    def __init__(self, site: Site, told: Path) -> None:
        self._site = site
        self._clock = load_clock()
        self._record = told.open("ab")
        self._clients: dict[str, MllpClient | PushClient] = {}
        self._under_way: set[asyncio.Task[None]] = set()
        self._database: psycopg.Connection[tuple[object, ...]] | None = None
        self._is_captured = ALSO_FEED_OF[CAPTURE] in site.names("feeds")
        self._dropped = 0
        self.answered = 0
        self.refused = 0

    async def __aenter__(self) -> Speakers:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._under_way:
            task.cancel()
        for client in self._clients.values():
            await client.close()
        if self._database is not None:
            self._database.close()
        self._record.close()

    async def say(self, wire: Wire) -> None:
        """Send a message or change a row. Returns once it is under way."""
        if wire.source in IN_TABLES:
            await asyncio.to_thread(self._write_rows, wire.tells)
            self._taken(wire, True)
            return
        if wire.source == EXPORT:
            self._dropped += 1
            await asyncio.to_thread(drop, dropped_at(home()), f"{real_now_ms()}-{self._dropped:06d}", wire.body)
            self._taken(wire, True)
            return
        answered = await self._client(wire.source).send(wire.body)
        task = asyncio.create_task(self._await_answer(wire, answered))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def settle(self) -> None:
        """Wait until everything under way is answered."""
        while self._under_way:
            await asyncio.wait(set(self._under_way))
        self._record.flush()

    async def finish(self, stop: asyncio.Event) -> None:
        """Wait for the last answers, unless asked to stop."""
        settled, stopped = asyncio.create_task(self.settle()), asyncio.create_task(stop.wait())
        await asyncio.wait({settled, stopped}, return_when=asyncio.FIRST_COMPLETED)
        settled.cancel()
        stopped.cancel()

    def summary(self) -> str:
        """How it went, in a line."""
        resent = sum(client.answers.resent for client in self._clients.values())
        return f"{self.answered} taken, {self.refused} refused, {resent} sent again"

    async def _await_answer(self, wire: Wire, answered: asyncio.Future[bool]) -> None:
        self._taken(wire, await answered)

    def _taken(self, wire: Wire, accepted: bool) -> None:
        self.answered += 1
        if not accepted:
            self.refused += 1
            return
        now = self._clock.now_ms()
        also = [again for told in wire.tells if self._is_captured and (again := captured(told))]
        for told in (*wire.tells, *also):
            self._record.write(msgspec.json.encode(msgspec.structs.replace(told, told_at=now)) + b"\n")
        if self.answered % 50 == 0 or len(self._under_way) <= 1:
            self._record.flush()

    def _client(self, source: str) -> MllpClient | PushClient:
        if source not in self._clients:
            place = self._site.section(f"feeds.{(FEED_OF | ALSO_FEED_OF)[source]}", Address)
            address = f"http://{place.host}:{place.port}"
            if source == PLATFORM:
                self._clients[source] = PushClient(address, push_token())
            elif source == FHIR:
                self._clients[source] = PushClient(address, push_token(), _BUNDLES)
            else:
                self._clients[source] = MllpClient(place.host, place.port, _CONNECTIONS, _DEPTH)
        return self._clients[source]

    def _write_rows(self, tells: list[Told]) -> None:
        if self._database is None:
            self._database = self._connect()
        for told in tells:
            write_row(self._database, told)

    def _connect(self) -> psycopg.Connection[tuple[object, ...]]:
        """As the hospital's own system, not as the connector's reader."""
        place = psycopg.conninfo.conninfo_to_dict(self._site.section("feeds.ed", _Database).dsn)
        try:
            return psycopg.connect(
                host=str(place["host"]), port=int(str(place["port"])), dbname=str(place["dbname"]), user=OWNER,
                autocommit=True,
            )  # fmt: skip
        except psycopg.OperationalError:
            raise Unavailable(
                f"The rehearsal hospital's database on port {place['port']} does not answer: "
                "start it with `hispulse up`."
            ) from None


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """Where a feed listens."""

    port: int
    host: str = "127.0.0.1"


class _Database(msgspec.Struct, frozen=True, kw_only=True):
    """Where the emergency department's rows lie."""

    dsn: str
