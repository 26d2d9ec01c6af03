"""Every canonical view on a real PostgreSQL and a real MariaDB: its row tells the facts that its text tells."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from infra.local import mariadb, postgres
from ingest.connector import RawMessage
from ingest.connectors import sql
from ingest.events.envelope import Event
from ingest.feeds import Feed
from ingest.interpret.views import VIEWS
from tests.golden.view_rows import ROWS
from tests.integration.sql_conversation import feed, feed_on, heard, owner, tell

pytestmark = pytest.mark.services

Server = tuple[Any, Feed, dict[str, str]]  # a connection, a feed of it, and what its types are called
KEY = {"src_pk": 7, "row_ver": 100, "is_deleted": False}
_TIME, _DAY = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d"), re.compile(r"\d{4}-\d\d-\d\d")


def on_mariadb(server: mariadb.MariaDbProcess, directory: Path) -> Server:
    his = owner(server)
    tell(his, "create or replace database his_views", "use his_views")
    tell(his, f"grant select on his_views.* to {mariadb.READER}")
    return his, feed(directory, server, "his_views"), {"time": "datetime", "flag": "tinyint(1)"}


def on_postgres(server: postgres.PostgresProcess, directory: Path) -> Server:
    his = psycopg.connect(server.dsn(postgres.OWNER), autocommit=True, options="-c search_path=his_views")
    tell(his, "drop schema if exists his_views cascade", "create schema his_views")
    tell(his, f"grant usage on schema his_views to {postgres.READER}")
    tell(his, f"alter default privileges in schema his_views grant select on tables to {postgres.READER}")
    dsn = server.dsn(postgres.READER)
    return his, feed_on(directory, "postgresql", dsn, 'schema = "his_views"'), {"time": "timestamp", "flag": "boolean"}


def kind_of(value: object, types: dict[str, str]) -> str:
    """A column as a database would have it."""
    if isinstance(value, bool):
        return types["flag"]
    if isinstance(value, int):
        return "int"
    if isinstance(value, float):
        return "decimal(12, 2)"
    text = str(value)
    return types["time"] if _TIME.fullmatch(text) else "date" if _DAY.fullmatch(text) else "varchar(60)"


@pytest.mark.parametrize(("service", "on"), [("mariadb", on_mariadb), ("postgres", on_postgres)])
def test_every_view_tells_its_facts(
    service: str, on: Callable[[Any, Path], Server], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    his, said, types = on(request.getfixturevalue(service), tmp_path)
    wanted: list[Event] = []
    interpret = sql.interpreter(said)
    with his, his.cursor() as cursor:
        for view in VIEWS:
            row = {**KEY, **ROWS[view][0]}
            columns = ", ".join(f"{name} {kind_of(value, types)}" for name, value in row.items())
            cursor.execute(f"create table {view} ({columns})")
            cursor.execute(f"insert into {view} values ({', '.join(['%s'] * len(row))})", list(row.values()))
            body = msgspec.json.encode({"view": view, "row": row})
            wanted += interpret(RawMessage(body=body, media_type="", received_at=said.clock.now_ms()))
        events = heard(said, tmp_path, lambda events: len(events) >= len(wanted))
    assert len(events) == len(wanted)
    assert told(events) == told(wanted)


def told(events: list[Event]) -> list[tuple[str, str, int]]:
    """What was told; a plan that has no time of its own happened when it was heard."""
    heard_now = {event.event_id for event in events if "occurred_from:received_at" in event.quality_flags}
    return sorted((e.event_id, e.op, 0 if e.event_id in heard_now else e.occurred_at) for e in events)
