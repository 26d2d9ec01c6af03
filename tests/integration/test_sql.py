"""The canonical views on a real PostgreSQL, polled into a real Kafka."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import msgspec
import psycopg
import pytest

from infra.local.kafka import KafkaProcess
from infra.local.postgres import OWNER, READER, PostgresProcess
from ingest.bus import BusSettings, ensure_topics
from ingest.connector import RawMessage
from ingest.connectors import sql
from ingest.databases.statements import Statement
from ingest.errors import Misconfigured
from ingest.events.billing import BillPaid
from ingest.events.consultation import ConsultationEnded, ConsultationStarted
from ingest.events.envelope import Event
from ingest.positions import Positions
from ingest.settings import Site, load_site
from tests.integration.conversation import at_work, feed_of, site_file, told

pytestmark = pytest.mark.services

Database = psycopg.Connection[tuple[object, ...]]

TABLE = """
drop schema if exists clinic cascade;
create schema clinic;
create sequence clinic.versions;
create table clinic.visits (
    src_pk bigint primary key, row_ver bigint not null default nextval('clinic.versions'), is_deleted boolean,
    visit_id text, consultation_seq int, dept_code text, doctor_id text, room_id text, mode text,
    started_at timestamptz, ended_at timestamp, outcome text
);
create view clinic.v_visit as select * from clinic.visits;
create table clinic.payments (
    src_pk bigint primary key, row_ver bigint not null default nextval('clinic.versions'), is_deleted boolean,
    payment_id varchar(20), bill_id text, channel text, amount numeric(14, 4), paid_at timestamptz
);
create view clinic.v_payment as select * from clinic.payments;
grant usage on schema clinic to hispulse_reader;
grant select on clinic.v_visit, clinic.v_payment to hispulse_reader;
"""


@pytest.fixture
def hospital(postgres: PostgresProcess) -> Iterator[Database]:
    with psycopg.connect(postgres.dsn(OWNER), autocommit=True) as database:
        database.execute(TABLE)
        yield database


@pytest.fixture
def site(tmp_path: Path, kafka: KafkaProcess, postgres: PostgresProcess) -> Site:
    made = site_file(
        tmp_path,
        kafka.bootstrap,
        f"""
[feeds.visits]
kind = "sql"
source_system = "DB^{tmp_path.name}"
dsn = "{postgres.dsn(READER)}"
schema = "clinic"
poll_s = 0.05
overlap_s = 3600
overlap_every_s = 0.1
""",
    )
    ensure_topics(made.section("bus", BusSettings))
    return made


def begin(database: Database, key: int, visit: str, at: str) -> None:
    database.execute(
        "insert into clinic.visits (src_pk, visit_id, consultation_seq, dept_code, started_at) "
        "values (%s, %s, 1, 'CARD', %s)",
        [key, visit, at],
    )


@asynccontextmanager
async def polling(site: Site, directory: Path) -> AsyncIterator[None]:
    feed = feed_of(site, "visits")
    reader = sql.SqlReader(feed, Positions(site.name, feed.name, directory / "positions"), directory)
    async with at_work(feed, reader, sql, directory):
        yield


async def heard(site: Site, enough: Callable[[list[Event]], bool], topic: str = "his.consultation.v1") -> list[Event]:
    """What the feed has told, once that is enough."""
    source = feed_of(site, "visits").settings.source_system
    for _ in range(1200):
        events = [e for e in await asyncio.to_thread(told, site, topic) if e.source_system == source]
        if enough(events):
            return events
        await asyncio.sleep(0.1)
    raise AssertionError("the rows were not told")


def test_a_row_is_told_as_its_columns_fill(site: Site, hospital: Database, tmp_path: Path) -> None:
    async def timeline() -> list[Event]:
        async with polling(site, tmp_path):
            begin(hospital, 1, "V1", "2025-03-03 09:14+08:00")
            await heard(site, lambda events: len(events) == 1)
            hospital.execute(
                "update clinic.visits set ended_at = '2025-03-03 09:22', row_ver = nextval('clinic.versions')"
            )
            return await heard(site, lambda events: len(events) == 3)

    events = asyncio.run(timeline())
    started = [e for e in events if isinstance(e, ConsultationStarted)]
    ended = next(e for e in events if isinstance(e, ConsultationEnded))
    assert started[0].event_id == started[1].event_id and started[0].revision < started[1].revision
    assert started[0].dept_code == "CARD" and started[0].occurred_at == 1_740_964_440_000
    assert ended.occurred_at - started[0].occurred_at == 8 * 60_000
    assert ended.tz_defaulted and not started[0].tz_defaulted  # the column without a zone has the hospital's


def test_a_deleted_row_takes_back_what_it_said(site: Site, hospital: Database, tmp_path: Path) -> None:
    async def timeline() -> list[Event]:
        begin(hospital, 1, "V1", "2025-03-03 09:14+08:00")
        async with polling(site, tmp_path):
            await heard(site, lambda events: len(events) == 1)
            hospital.execute("update clinic.visits set is_deleted = true, row_ver = nextval('clinic.versions')")
            return await heard(site, lambda events: len(events) == 2)

    first, last = asyncio.run(timeline())
    assert (first.op, last.op) == ("assert", "retract") and first.event_id == last.event_id


def test_a_row_that_commits_late_with_an_early_version_is_told(
    site: Site, hospital: Database, postgres: PostgresProcess, tmp_path: Path
) -> None:
    async def timeline() -> list[Event]:
        async with polling(site, tmp_path):
            with psycopg.connect(postgres.dsn(OWNER)) as slow:
                begin(slow, 1, "V-slow", "2025-03-03 09:00+08:00")  # takes version 1, and is not committed
                begin(hospital, 2, "V-quick", "2025-03-03 09:05+08:00")  # version 2
                await heard(site, lambda events: len(events) == 1)
                slow.commit()
                return await heard(site, lambda events: len(events) == 2)

    assert len({event.visit_id for event in asyncio.run(timeline())}) == 2


def test_after_a_restart_it_reads_on_from_where_it_stood(site: Site, hospital: Database, tmp_path: Path) -> None:
    positions = tmp_path / "positions" / site.name / "visits.json"

    async def timeline() -> list[Event]:
        begin(hospital, 1, "V1", "2025-03-03 09:14+08:00")
        feed = feed_of(site, "visits")
        feed = replace(feed, settings=msgspec.structs.replace(feed.settings, overlap_s=0.0))
        reader = sql.SqlReader(feed, Positions(site.name, feed.name, tmp_path / "positions"), tmp_path)
        async with at_work(feed, reader, sql, tmp_path):
            await heard(site, lambda events: len(events) == 1)
            while not positions.exists():
                await asyncio.sleep(0.05)
        begin(hospital, 2, "V2", "2025-03-03 09:20+08:00")
        async with polling(site, tmp_path):
            return await heard(site, lambda events: len(events) >= 2)

    events = asyncio.run(timeline())
    assert len(events) == 2, "the first row was told again"
    assert b'"row_ver":"1"' in positions.read_bytes()


def test_the_session_cannot_write(site: Site, hospital: Database, tmp_path: Path) -> None:
    reader = sql.SqlReader(feed_of(site, "visits"), Positions(site.name, "visits", tmp_path), tmp_path)
    reader.database.open()
    with pytest.raises(Misconfigured, match="25006"):  # read_only_sql_transaction
        reader.database.rows("scratch", Statement("create temporary table scratch (n int)"))
    asyncio.run(reader.close())


def test_the_database_goes_away_and_comes_back(site: Site, hospital: Database, tmp_path: Path) -> None:
    async def timeline() -> list[Event]:
        async with polling(site, tmp_path):
            begin(hospital, 1, "V1", "2025-03-03 09:14+08:00")
            await heard(site, lambda events: len(events) == 1)
            hospital.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'hispulse'"
            )
            begin(hospital, 2, "V2", "2025-03-03 09:20+08:00")
            return await heard(site, lambda events: len({e.visit_id for e in events}) == 2)

    assert asyncio.run(timeline())


def test_times_that_python_has_not_and_a_server_that_writes_days_its_own_way(
    site: Site, hospital: Database, tmp_path: Path
) -> None:
    hospital.execute(
        "alter table clinic.visits add shift_day date default 'infinity', add shift_ends time default '24:00'"
    )
    hospital.execute("create or replace view clinic.v_visit as select * from clinic.visits")
    begin(hospital, 1, "V1", "2025-03-03 09:14+08:00")
    hospital.execute("update clinic.visits set ended_at = '2025-03-03 09:22'")
    feed = feed_of(site, "visits")
    reader = sql.SqlReader(feed, Positions(site.name, "visits", tmp_path), tmp_path)

    async def first() -> Sequence[RawMessage]:
        try:
            return await anext(reader.read())
        finally:
            await reader.close()

    hospital.execute(f"alter role {READER} set datestyle = 'SQL, DMY'")
    try:
        (row,) = asyncio.run(first())
    finally:
        hospital.execute(f"alter role {READER} reset datestyle")
    started, ended = sql.interpreter(feed)(row)
    assert (started.occurred_at, ended.occurred_at) == (1_740_964_440_000, 1_740_964_920_000)


def test_a_view_that_is_named_and_not_there_is_one_sentence(site: Site, hospital: Database, tmp_path: Path) -> None:
    text = site.path.read_text("utf-8")
    site.path.write_text(f'{text}[feeds.visits.queries.v_bill]\nmode = "snapshot"\n', "utf-8")
    feed = feed_of(load_site(str(site.path)), "visits")
    reader = sql.SqlReader(feed, Positions(site.name, "visits", tmp_path), tmp_path)
    with pytest.raises(Misconfigured, match="no readable view v_bill"):
        reader.planned()
    asyncio.run(reader.close())


def test_a_view_that_is_not_there_is_one_sentence(site: Site, hospital: Database, tmp_path: Path) -> None:
    hospital.execute("drop view clinic.v_visit, clinic.v_payment")

    async def timeline() -> None:
        async for _ in sql.SqlReader(
            feed_of(site, "visits"), Positions(site.name, "visits", tmp_path), tmp_path
        ).read():
            pass

    with pytest.raises(Misconfigured, match="none of the views is there"):
        asyncio.run(timeline())


def pay(database: Database, key: int, channel: str, amount: int) -> None:
    database.execute(
        "insert into clinic.payments (src_pk, payment_id, bill_id, channel, amount, paid_at) "
        "values (%s, 'P1', 'B1', %s, %s, '2025-03-03 10:58+08:00')",
        [key, channel, amount],
    )


def test_a_payment_in_two_channels_is_told_from_both_rows_whenever_one_of_them_comes(
    site: Site, hospital: Database, tmp_path: Path
) -> None:
    def told_amount(amount: int) -> Callable[[list[Event]], bool]:
        return lambda events: bool(events) and _last(events).amount == amount

    async def timeline() -> list[Event]:
        async with polling(site, tmp_path):
            pay(hospital, 1, "wechat", 60)
            await heard(site, told_amount(60), "his.billing.v1")
            pay(hospital, 2, "insurance_pool", 30)
            both = await heard(site, told_amount(90), "his.billing.v1")
            hospital.execute(
                "update clinic.payments set is_deleted = true, row_ver = nextval('clinic.versions') where src_pk = 1"
            )
            await heard(site, told_amount(30), "his.billing.v1")
            return both

    both = asyncio.run(timeline())
    assert len({event.event_id for event in both}) == 1
    assert [part.channel for part in _last(both).parts] == ["wechat", "insurance_pool"]


def _last(events: list[Event]) -> BillPaid:
    """The latest word on a payment."""
    paid = [event for event in events if isinstance(event, BillPaid)]
    return max(paid, key=lambda event: event.revision)


def test_a_view_whose_rows_cannot_be_put_together_is_one_sentence(
    site: Site, hospital: Database, tmp_path: Path
) -> None:
    hospital.execute("drop view clinic.v_payment")
    hospital.execute("create view clinic.v_payment as select src_pk, row_ver, payment_id, channel from clinic.payments")
    hospital.execute("grant select on clinic.v_payment to hispulse_reader")

    async def timeline() -> None:
        async for _ in sql.SqlReader(
            feed_of(site, "visits"), Positions(site.name, "visits", tmp_path), tmp_path
        ).read():
            pass

    with pytest.raises(Misconfigured, match="v_payment has no column bill_id"):
        asyncio.run(timeline())
