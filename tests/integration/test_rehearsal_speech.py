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
from infra.rehearsal.ed_rows import write_row
from infra.rehearsal.feeds import ED, tell
from infra.rehearsal.mllp_client import MllpClient
from infra.rehearsal.sizes import SIZES
from ingest.events.envelope import kind_of
from ingest.interpret.teller import Source
from ingest.interpret.views import interpret_row
from ingest.privacy import Pseudonyms, SiteKey

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


@pytest.mark.services
def test_the_emergency_departments_rows_say_what_was_told(postgres: PostgresProcess) -> None:
    told = [t for t in tell(simulate(SIZES["clinic"], 5, date(2025, 3, 3), ZONE), 5, ()) if t.source == ED]
    pseudonyms = Pseudonyms(SiteKey(b"e" * 32))
    with psycopg.connect(postgres.dsn(OWNER), autocommit=True) as hospital:
        for one in told:
            write_row(hospital, one)
    with psycopg.connect(postgres.dsn()) as connector:
        rows = [row for (row,) in connector.execute("select row_to_json(v_ed) from v_ed").fetchall()]
    source = Source(facility_id="H001", pseudonyms=pseudonyms, zone=ZONE, source_system=ED)
    events = [e for row in rows for e in interpret_row(json.dumps({"view": "v_ed", "row": row}).encode(), source, 0)]
    heard = {(kind_of(e), e.visit_id, e.occurred_at) for e in events}
    assert heard == {(t.kind, pseudonyms.of("visit", "H001", "", t.visit), t.at) for t in told}
