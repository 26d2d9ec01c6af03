"""What polling cannot find is found by counting: rows that a transaction of hours hid, rows that a view lost, and rows
that nobody can read. On the real databases; the clerk writes behind whatever is read anew."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import psycopg
import pymysql
import pytest

from infra.local import mariadb, postgres
from ingest.databases.reconciled import Reconciled, path_of
from ingest.events.consultation import ConsultationStarted
from ingest.events.control import FeedBatchClosed
from ingest.events.envelope import Event
from ingest.feeds import Feed
from tests.integration.sql_conversation import feed, feed_on, listen, tell

pytestmark = pytest.mark.services

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime.now(UTC).astimezone(ZONE).replace(tzinfo=None, microsecond=0)
YESTERDAY = (NOW - timedelta(days=1)).replace(hour=10, minute=0, second=0)
# Neither the overlap nor the reading of hours goes back to what the clerk writes.
SETTINGS = """overlap_s = 0.01
recheck_every_s = 3600
reconcile_every_s = 0.2
reconcile_days = 3
"""
COLUMNS = (
    "src_pk varchar(20) primary key, row_ver {time}, is_deleted int, visit_id varchar(10), dept_code varchar(10), "
)
TABLE = f"create table v_visit ({COLUMNS}started_at {{time}}, consultation_seq int)"


class OnPostgres:
    """Times that know their zone."""

    def __init__(self, server: Any) -> None:
        self._server = server

    def prepare(self, directory: Path) -> tuple[Feed, Any]:
        his = psycopg.connect(self._server.dsn(postgres.OWNER), autocommit=True, options="-c timezone=Asia/Shanghai")
        tell(
            his, "drop schema if exists his_counts cascade", "create schema his_counts", "set search_path = his_counts"
        )
        tell(his, TABLE.format(time="timestamptz"))
        tell(his, f"grant usage on schema his_counts to {postgres.READER}")
        tell(his, f"grant select on v_visit to {postgres.READER}")
        settings = f'schema = "his_counts"\n{SETTINGS}'
        return feed_on(directory, "postgresql", self._server.dsn(postgres.READER), settings), his


class OnMariaDb:
    """Times without one."""

    def __init__(self, server: Any) -> None:
        self._server = server

    def prepare(self, directory: Path) -> tuple[Feed, Any]:
        his = pymysql.connect(host="127.0.0.1", port=self._server.port, user=mariadb.OWNER, autocommit=True)
        tell(his, "create or replace database his_counts", "use his_counts")
        tell(his, TABLE.format(time="datetime(3)"))
        tell(his, f"grant select on his_counts.v_visit to {mariadb.READER}")
        return feed(directory, self._server, "his_counts", SETTINGS), his


def visit(his: Any, minute: int, *, dept: str = "CARD", version: datetime | None = NOW) -> None:
    """A visit that began yesterday, so many minutes after ten."""
    began = YESTERDAY + timedelta(minutes=minute)
    with his.cursor() as cursor:
        row = (f"K{minute:04d}", version, f"V{minute}", dept, began)
        cursor.execute("insert into v_visit values (%s, %s, 0, %s, %s, %s, 1)", row)


@pytest.mark.parametrize(("service", "kind"), [("postgres", OnPostgres), ("mariadb", OnMariaDb)])
def test_what_polling_missed_is_pulled_and_what_cannot_be_had_is_shown(
    service: str, kind: Callable[[Any], OnPostgres | OnMariaDb], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    said, his = kind(request.getfixturevalue(service)).prepare(tmp_path)
    with closing(his):
        for minute in range(1, 6):
            visit(his, minute, dept="CARD" if minute % 2 else "DERM")
        events = asyncio.run(listen(said, tmp_path, _goes_on(his)))
        assert minutes(events) == {1, 2, 3, 4, 5, 7} and pulled(said, tmp_path) == 1

        # The next process remembers what the one before has told: it pulls what is missing, and nothing else.
        visit(his, 8, version=YESTERDAY)
        again = asyncio.run(listen(said, tmp_path, lambda found: 8 in minutes(found) and bool(counts(found))))
        assert pulled(said, tmp_path) == 1 and not minutes(again) & {1, 2, 3, 4, 7}
    day = yesterday(events)
    assert (day.view, day.told_type, day.declared_count, day.received_count) == (
        "v_visit", "consultation.started", 6, 5,
    )  # fmt: skip
    found = {each.dept_code: (each.declared_count, each.received_count, each.why) for each in day.departments}
    assert found == {"CARD": (3, 3, {"gone": 1}), "DERM": (3, 2, {"unversioned": 1})}
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("his.told*"))
    assert b"CARD" in kept and b"K000" not in kept  # departments are no secret, keys are


def _goes_on(his: Any) -> Callable[[list[Event]], bool]:
    """What the clerks do next, once what they did before has been heard."""

    def behind_the_overlap() -> None:
        visit(his, 7, version=YESTERDAY)  # committed a day after it took its version
        visit(his, 6, dept="DERM", version=None)

    steps: list[tuple[Callable[[list[Event]], bool], Callable[[], None]]] = [
        (lambda heard: len(minutes(heard)) == 5 and bool(counts(heard)), behind_the_overlap),
        (lambda heard: 7 in minutes(heard), lambda: tell(his, "delete from v_visit where src_pk = 'K0001'")),
        (lambda heard: any("gone" in each.why for each in yesterday(heard).departments), lambda: None),
    ]

    def goes_on(heard: list[Event]) -> bool:
        if steps[0][0](heard):
            steps.pop(0)[1]()
        return not steps

    return goes_on


def minutes(events: list[Event]) -> set[int]:
    """The visits that were told, by the minute of yesterday at which they began."""
    began = [each.occurred_at for each in events if isinstance(each, ConsultationStarted)]
    return {round((at / 1000 - YESTERDAY.replace(tzinfo=ZONE).timestamp()) / 60) for at in began}


def counts(events: list[Event]) -> list[FeedBatchClosed]:
    return [each for each in events if isinstance(each, FeedBatchClosed)]


def yesterday(events: list[Event]) -> FeedBatchClosed:
    """The last word on yesterday."""
    return [each for each in counts(events) if each.business_date == YESTERDAY.date().isoformat()][-1]


def pulled(said: Feed, directory: Path) -> int:
    """How many rows only the counting has found."""
    path = path_of(said.site.name, said.name, directory / "rows" / "reconciled")
    return msgspec.json.decode(path.read_bytes(), type=Reconciled).views["v_visit"].pulled
