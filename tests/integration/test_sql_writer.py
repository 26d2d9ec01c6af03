"""Nothing is lost to a writer as a HIS has it: versions of whole seconds, rows that change twice in one of them,
commits out of order, a transaction longer than the overlap, and a reader that crashes in the middle of all of it."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pymysql
import pytest

from infra.local import mariadb, postgres
from infra.local.mariadb import MariaDbProcess
from infra.local.postgres import PostgresProcess
from ingest.events.consultation import ConsultationStarted
from ingest.events.envelope import Event
from ingest.feeds import Feed
from tests.integration.sql_conversation import feed, feed_on, latest, listen, tell

pytestmark = pytest.mark.services

SHANGHAI = ZoneInfo("Asia/Shanghai")
ROUNDS, CLERKS, SEED = 60, 3, 20250303
MORNING = datetime(2025, 3, 3, 8, 0)  # noqa: DTZ001 - a hospital writes no zone
OVERLAP = "page_rows = 7\noverlap_s = 1\nrecheck_every_s = 0.5\nrecheck_overlap_s = 600"
TABLE = (
    "create table visits (src_pk int primary key, visit_id varchar(10), row_ver {time}, started_at {time})",
    "create index versions on visits (row_ver)",
    "create view v_visit as select src_pk, visit_id, row_ver, started_at, 1 as consultation_seq from visits",
)


class OnMariaDb:
    """The hospital's clerks on MariaDB."""

    change = (
        "insert into visits (src_pk, visit_id, row_ver, started_at) values (%s, concat('V', %s), now(), %s) "
        "on duplicate key update row_ver = now(), started_at = values(started_at)"
    )

    def __init__(self, server: MariaDbProcess) -> None:
        self._server = server

    def connect(self, *, autocommit: bool, database: str | None = "his_writer") -> Any:
        return pymysql.connect(
            host="127.0.0.1", port=self._server.port, user=mariadb.OWNER, database=database, autocommit=autocommit
        )

    def prepare(self, directory: Path) -> Feed:
        with self.connect(autocommit=True, database=None) as his:
            tell(his, "create or replace database his_writer", "use his_writer")
            tell(his, *(each.format(time="datetime") for each in TABLE))
            tell(his, f"grant select on his_writer.v_visit to {mariadb.READER}")
        return feed(directory, self._server, "his_writer", OVERLAP)


class OnPostgres:
    """The same on PostgreSQL."""

    change = (
        "insert into visits values (%s, concat('V', %s::int), date_trunc('second', clock_timestamp()), %s) "
        "on conflict (src_pk) do update set row_ver = excluded.row_ver, started_at = excluded.started_at"
    )

    def __init__(self, server: PostgresProcess) -> None:
        self._server = server

    def connect(self, *, autocommit: bool) -> Any:
        way = "-c search_path=his_writer"
        return psycopg.connect(self._server.dsn(postgres.OWNER), autocommit=autocommit, options=way)

    def prepare(self, directory: Path) -> Feed:
        with self.connect(autocommit=True) as his:
            tell(his, "drop schema if exists his_writer cascade", "create schema his_writer")
            tell(his, *(each.format(time="timestamp(0)") for each in TABLE))
            tell(his, f"grant usage on schema his_writer to {postgres.READER}")
            tell(his, f"grant select on v_visit to {postgres.READER}")
        settings = f'schema = "his_writer"\n{OVERLAP}'
        return feed_on(directory, "postgresql", self._server.dsn(postgres.READER), settings)


Hospital = OnMariaDb | OnPostgres


def clerk(hospital: Hospital, number: int) -> None:
    """Changes its own rows again and again, in transactions of any length below the overlap."""
    chance = random.Random(SEED + number)
    with hospital.connect(autocommit=False) as his:
        for _ in range(ROUNDS):
            for _ in range(chance.randint(1, 3)):
                change(hospital, his, number * 100 + chance.randint(1, 20), chance.randint(0, 239))
            time.sleep(chance.choice((0, 0, 0.02, 0.3)))  # the versions are taken; the commit comes later
            his.commit()


def change(hospital: Hospital, his: Any, row: int, minute: int) -> None:
    with his.cursor() as cursor:
        cursor.execute(hospital.change, (row, row, MORNING + timedelta(minutes=minute)))


def standing(his: Any) -> list[int]:
    """The rows' times as they stand, UTC ms."""
    with his.cursor() as cursor:
        cursor.execute("select started_at from visits")
        return sorted(int(at.replace(tzinfo=SHANGHAI).timestamp() * 1000) for (at,) in cursor.fetchall())


@pytest.mark.parametrize(("service", "kind"), [("mariadb", OnMariaDb), ("postgres", OnPostgres)])
def test_nothing_is_lost(
    service: str, kind: Callable[[Any], Hospital], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    hospital = kind(request.getfixturevalue(service))
    said = hospital.prepare(tmp_path)
    with hospital.connect(autocommit=True) as his:
        events = asyncio.run(everything(hospital, said, his, tmp_path))
        assert told(events) == standing(his)


async def everything(hospital: Hospital, said: Feed, his: Any, directory: Path) -> list[Event]:
    """What the reader tells, stopped and started again and again, until it has told how the rows stand at the end."""
    clerks = [threading.Thread(target=clerk, args=(hospital, number)) for number in range(CLERKS)]
    chance, events = random.Random(SEED), list[Event]()
    with hospital.connect(autocommit=False) as slow:
        change(hospital, slow, 999, 5)  # takes its version now …
        for each in clerks:
            each.start()
        while any(each.is_alive() for each in clerks):
            enough = partial(is_enough, time.monotonic() + chance.choice((0.1, 0.4, 2.5)), clerks)
            events += await listen(said, directory, enough, crash=chance.random() < 0.5)
        slow.commit()  # … and appears when all others have gone on for longer than the overlap
    return events + await listen(said, directory, lambda new: told(events + new) == standing(his))


def is_enough(until: float, clerks: list[threading.Thread], events: list[Event]) -> bool:
    """Some processes end before the overlap has passed, some after."""
    return time.monotonic() > until or not any(each.is_alive() for each in clerks)


def told(events: list[Event]) -> list[int]:
    """The times that count, of all visits."""
    return sorted(event.occurred_at for event in latest(events).values() if isinstance(event, ConsultationStarted))
