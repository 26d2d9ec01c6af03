"""Nothing is lost to a writer as a HIS has it: versions of whole seconds, rows that change twice in one of them,
commits out of order, a transaction longer than the overlap, and a reader that crashes in the middle of all of it."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from infra.local.mariadb import READER, MariaDbProcess
from ingest.events.consultation import ConsultationStarted
from ingest.events.envelope import Event
from tests.integration.sql_conversation import feed, latest, listen, owner, tell

pytestmark = pytest.mark.services

SHANGHAI = ZoneInfo("Asia/Shanghai")
ROUNDS, CLERKS, SEED = 60, 3, 20250303
MORNING = datetime(2025, 3, 3, 8, 0)  # noqa: DTZ001 - a hospital writes no zone
CHANGE = (
    "insert into visits (src_pk, visit_id, row_ver, started_at) values (%s, concat('V', %s), now(), %s) "
    "on duplicate key update row_ver = now(), started_at = values(started_at)"
)
OVERLAP = "page_rows = 7\noverlap_s = 3\nrecheck_every_s = 0.5\nrecheck_overlap_s = 600"


def clerk(mariadb: MariaDbProcess, number: int) -> None:
    """Changes its own rows again and again, in transactions of any length below the overlap."""
    chance = random.Random(SEED + number)
    with owner(mariadb, "his_writer") as his:
        his.autocommit(False)
        for _ in range(ROUNDS):
            for _ in range(chance.randint(1, 3)):
                row = number * 100 + chance.randint(1, 20)
                change(his, row, chance.randint(0, 239))
            time.sleep(chance.choice((0, 0, 0.02, 0.3)))  # the versions are taken; the commit comes later
            his.commit()


def change(his: Any, row: int, minute: int) -> None:
    with his.cursor() as cursor:
        cursor.execute(CHANGE, (row, row, MORNING + timedelta(minutes=minute)))


def standing(his: Any) -> list[int]:
    """The rows' times as they stand, UTC ms."""
    with his.cursor() as cursor:
        cursor.execute("select started_at from visits")
        return sorted(int(at.replace(tzinfo=SHANGHAI).timestamp() * 1000) for (at,) in cursor.fetchall())


def test_nothing_is_lost(mariadb: MariaDbProcess, tmp_path: Path) -> None:
    with owner(mariadb) as his:
        tell(
            his,
            "create or replace database his_writer",
            "use his_writer",
            "create table visits (src_pk int primary key, visit_id varchar(10), row_ver datetime, started_at datetime, "
            "index (row_ver))",
            "create view v_visit as select *, 1 as consultation_seq from visits",
            f"grant select on his_writer.v_visit to {READER}",
        )
        clerks = [threading.Thread(target=clerk, args=(mariadb, number)) for number in range(CLERKS)]
        events = asyncio.run(everything(his, mariadb, tmp_path, clerks))
        assert told(events) == standing(his)


async def everything(his: Any, mariadb: MariaDbProcess, directory: Path, clerks: list[threading.Thread]) -> list[Event]:
    """What the reader tells, stopped and started again and again, until it has told how the rows stand at the end."""
    said = feed(directory, mariadb, "his_writer", OVERLAP)
    events: list[Event] = []
    with owner(mariadb, "his_writer") as slow:
        slow.autocommit(False)
        change(slow, 999, 5)  # takes its version now …
        for each in clerks:
            each.start()
        chance = random.Random(SEED)
        while any(each.is_alive() for each in clerks):
            enough = partial(is_enough, chance.randint(1, 40), clerks)
            events += await listen(said, directory, enough, crash=chance.random() < 0.5)
        slow.commit()  # … and appears when all others have gone on for longer than the overlap
    return events + await listen(said, directory, lambda new: told(events + new) == standing(his))


def is_enough(wanted: int, clerks: list[threading.Thread], events: list[Event]) -> bool:
    return len(events) >= wanted or not any(each.is_alive() for each in clerks)


def told(events: list[Event]) -> list[int]:
    """The times that count, of all visits."""
    return sorted(event.occurred_at for event in latest(events).values() if isinstance(event, ConsultationStarted))
