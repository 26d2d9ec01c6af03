"""The rehearsal's mouths against real listeners: an answer lost on the way, and rows in a real PostgreSQL."""

from __future__ import annotations

import asyncio
import json
from datetime import date
from zoneinfo import ZoneInfo

import psycopg
import pytest

from infra.local.postgres import OWNER, PostgresProcess
from infra.rehearsal.day import simulate
from infra.rehearsal.facts import Told
from infra.rehearsal.feeds import tell
from infra.rehearsal.mllp_client import MllpClient
from infra.rehearsal.push_client import PushClient
from infra.rehearsal.rows import place_of, write_row
from infra.rehearsal.sizes import SIZES
from infra.rehearsal.sources import IN_TABLES
from ingest.events.envelope import kind_of, subject_of
from ingest.interpret.teller import Source
from ingest.interpret.views import interpret_row
from ingest.privacy import Pseudonyms, SiteKey
from tests.rehearsed import VIEWS

ZONE = ZoneInfo("Asia/Shanghai")


class HangsUp:
    """A listener that takes every message, and hangs up on the first without having answered."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self._has_hung_up = False

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            while True:
                frame = await reader.readuntil(b"\x1c\r")
                self.heard.append(frame[1:-2])
                if not self._has_hung_up:
                    self._has_hung_up = True
                    return
                writer.write(b"\x0bMSH|^~\\&|\rMSA|AA|1\r\x1c\r")
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()


def test_a_message_whose_answer_was_lost_is_sent_again() -> None:
    asyncio.run(_lose_an_answer())


async def _lose_an_answer() -> None:
    listener = HangsUp()
    server = await asyncio.start_server(listener.converse, "127.0.0.1", 0)
    client = MllpClient("127.0.0.1", server.sockets[0].getsockname()[1], connections=1, depth=4)
    answers = [await client.send(f"message {n}".encode()) for n in range(5)]
    assert all(await asyncio.gather(*answers))
    await client.close()
    server.close()
    assert set(listener.heard) == {f"message {n}".encode() for n in range(5)}
    assert client.answers.accepted == 5
    assert client.answers.resent >= 1


def test_a_platform_that_was_told_to_wait_pushes_again_and_learns_what_was_refused() -> None:
    asyncio.run(_push_past_a_busy_door())


async def _push_past_a_busy_door() -> None:
    door = BusyDoor()
    server = await asyncio.start_server(door.converse, "127.0.0.1", 0)
    client = PushClient(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", "hisp_token")
    answers = [await client.send(body) for body in (b'{"n": 1}', b'{"n": 2}', b'{"n": 3}')]
    assert await asyncio.gather(*answers) == [True, False, True]
    await client.close()
    server.close()
    assert door.tokens == {b"bearer hisp_token"}
    assert client.answers.resent >= 1
    assert (client.answers.accepted, client.answers.refused) == (2, 1)


class BusyDoor:
    """An HTTP server that has no room at first, then takes everything but the record that says 2."""

    def __init__(self) -> None:
        self.tokens: set[bytes] = set()
        self._is_busy = True

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                fields = dict(line.lower().split(b": ", 1) for line in head.strip().split(b"\r\n")[1:])
                self.tokens.add(fields[b"authorization"])
                writer.write(self._answer(await reader.readexactly(int(fields[b"content-length"]))))
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    def _answer(self, body: bytes) -> bytes:
        if self._is_busy:
            self._is_busy = False
            return b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n"
        refused = [{"record": n} for n, line in enumerate(body.split(b"\n")) if json.loads(line)["n"] == 2]
        said = json.dumps({"errors": refused}).encode()
        status = b"422 Unprocessable Entity" if refused else b"202 Accepted"
        return b"HTTP/1.1 %s\r\ncontent-length: %d\r\n\r\n%s" % (status, len(said), said)


@pytest.mark.services
@pytest.mark.parametrize("source", IN_TABLES)
def test_the_rows_of_a_system_say_what_was_told(postgres: PostgresProcess, source: str) -> None:
    told = [t for t in tell(simulate(SIZES["clinic"], 5, date(2025, 3, 3), ZONE), 5, ()) if t.source == source]
    pseudonyms, view = Pseudonyms(SiteKey(b"e" * 32)), VIEWS[source]
    with psycopg.connect(postgres.dsn(OWNER), autocommit=True) as hospital:
        for one in told:
            write_row(hospital, one)
    with psycopg.connect(postgres.dsn()) as connector:
        rows = [row for (row,) in connector.execute(f"select row_to_json(v) from {view} v").fetchall()]
    interpreter = Source(facility_id="H001", pseudonyms=pseudonyms, zone=ZONE, source_system=source)
    bodies = [json.dumps({"view": view, "row": row}).encode() for row in rows]
    events = [event for body in bodies for event in interpret_row(body, interpreter, 0)]

    def about(one: Told) -> str:
        _, column, number = place_of(one)
        return pseudonyms.of(column.removesuffix("_id"), "H001", "", number)

    heard = {(kind_of(e), subject_of(e), e.occurred_at) for e in events}
    assert heard == {(t.kind, about(t), t.at) for t in told} != set()
