"""Changes of real tables, read by a real Debezium from the database's log into a real Kafka."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import pytest

from infra.local.connect import ConnectProcess, start_connect
from infra.local.kafka import KafkaProcess
from infra.local.postgres import OWNER, PostgresProcess
from ingest.bus import BusSettings
from ingest.connectors import cdc, sql
from ingest.events.billing import BillPaid
from ingest.events.consultation import ConsultationEnded, ConsultationStarted
from ingest.events.envelope import Event
from ingest.positions import Positions
from ingest.settings import Site
from tests.conftest import free_port
from tests.integration.conversation import at_work, feed_of, site_file, told

pytestmark = pytest.mark.services

Database = psycopg.Connection[tuple[object, ...]]

# A vendor's tables: names of their own, no version, times with and without a zone, a name that nobody asked for.
TABLES = """
select pg_drop_replication_slot(slot_name) from pg_replication_slots;
drop publication if exists hispulse;
drop schema if exists changes cascade;
create schema changes;
create table changes.visits (
    id bigint primary key, visit_no text, dept text, patient_name text, seq int, started timestamptz, ended timestamp
);
create table changes.payments (
    id bigint primary key, no int, bill text, way text, amount numeric(14, 4), paid timestamp
);
alter table changes.visits replica identity full;
alter table changes.payments replica identity full;
create view changes.v_visit as
select id as src_pk, 1 as row_ver, visit_no as visit_id, dept as dept_code, seq as consultation_seq,
    started as started_at, ended as ended_at from changes.visits;
create view changes.v_payment as
select id as src_pk, 1 as row_ver, no as payment_id, bill as bill_id, way as channel, amount, paid as paid_at
from changes.payments;
do $$ begin create role hispulse_changes login replication; exception when duplicate_object then null; end $$;
grant usage on schema changes to hispulse_changes, hispulse_reader;
grant select on all tables in schema changes to hispulse_changes, hispulse_reader;
create publication hispulse for table changes.visits, changes.payments;
"""
FEEDS = """
[codes.dept]
"心内科" = "CARD"

[feeds.changes]
kind = "cdc"
source_system = "HIS^CDC"
dsn = "{capturing}"
connect_url = "{worker}"
quiet_s = 20

[[feeds.changes.tables]]
table = "changes.visits"
view = "v_visit"
[feeds.changes.tables.columns]
src_pk = "id"
visit_id = "visit_no"
dept_code = "dept"
consultation_seq = "seq"
started_at = "started"
ended_at = "ended"

[[feeds.changes.tables]]
table = "changes.payments"
view = "v_payment"
columns = {{ payment_id = "no", bill_id = "bill", channel = "way", amount = "amount", paid_at = "paid" }}

[feeds.views]
kind = "sql"
source_system = "HIS^VIEWS"
dsn = "{polled}"
schema = "changes"
poll_s = 0.2
"""


@pytest.fixture(scope="module")
def hospital(postgres: PostgresProcess) -> Iterator[Database]:
    with psycopg.connect(postgres.dsn(OWNER), autocommit=True) as database:
        database.execute(TABLES)
        yield database


@pytest.fixture(scope="module")
def worker(kafka: KafkaProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConnectProcess]:
    bus = BusSettings(bootstrap=kafka.bootstrap)
    running = start_connect(tmp_path_factory.mktemp("connect"), free_port(), bus, ["postgresql"])
    yield running
    running.stop()


@pytest.fixture(scope="module")
def site(
    kafka: KafkaProcess, worker: ConnectProcess, postgres: PostgresProcess, tmp_path_factory: pytest.TempPathFactory
) -> Site:
    feeds = FEEDS.format(capturing=postgres.dsn("hispulse_changes"), polled=postgres.dsn(), worker=worker.url)
    return site_file(tmp_path_factory.mktemp("site"), kafka.bootstrap, feeds)


@asynccontextmanager
async def capturing(site: Site, directory: Path) -> AsyncIterator[None]:
    feed = feed_of(site, "changes")
    reader = cdc.ChangeReader(feed, Positions(site.name, feed.name, directory / "positions"))
    async with at_work(feed, reader, cdc, directory):
        yield


async def heard(
    site: Site, topic: str, enough: Callable[[list[Event]], object], source: str = "HIS^CDC"
) -> list[Event]:
    """What a source has told, once that is enough."""
    for _ in range(1800):
        events = [e for e in await asyncio.to_thread(told, site, f"his.{topic}.v1") if e.source_system == source]
        if enough(events):
            return events
        await asyncio.sleep(0.1)
    raise AssertionError("the changes were not told")


def latest(events: list[Event]) -> dict[str, Event]:
    """The word that counts of each fact."""
    return {event.event_id: event for event in sorted(events, key=lambda event: event.revision)}


def standing(events: list[Event]) -> dict[str, Event]:
    """The facts that hold."""
    return {fact: event for fact, event in latest(events).items() if event.op == "assert"}


def test_rows_are_told_as_they_change(site: Site, hospital: Database, tmp_path: Path) -> None:
    async def timeline() -> tuple[list[Event], list[Event]]:
        hospital.execute(
            "insert into changes.visits values "
            "(1, 'V1', '心内科', '王小明', 1, '2025-03-03 09:14+08:00', null), "
            "(2, 'V2', '心内科', '李雷', 1, '2025-03-03 09:20+08:00', null);"
            "insert into changes.payments values (1, 7, 'B1', 'wechat', 60, '2025-03-03 10:58')"
        )
        async with capturing(site, tmp_path):
            await heard(site, "consultation", lambda events: len(standing(events)) == 2)
            hospital.execute("update changes.visits set ended = '2025-03-03 09:22' where id = 1")
            hospital.execute("insert into changes.payments values (2, 7, 'B1', 'alipay', 30.5, '2025-03-03 10:58')")
            await heard(site, "consultation", lambda events: len(standing(events)) == 3)
            hospital.execute("delete from changes.visits where id = 2")
            hospital.execute("alter table changes.visits add column room text")
            hospital.execute("insert into changes.visits values (3, 'V3', '心内科', '', 1, '2025-03-03 10:00+08:00')")
            consultations = await heard(site, "consultation", lambda events: len(latest(events)) == 4)
            return consultations, await heard(site, "billing", lambda events: len(events) > 1)

    consultations, payments = asyncio.run(timeline())
    started = sorted((e for e in consultations if isinstance(e, ConsultationStarted)), key=lambda e: e.occurred_at)
    ended = next(e for e in consultations if isinstance(e, ConsultationEnded))
    assert started[0].dept_code == "CARD" and started[0].occurred_at == 1_740_964_440_000
    assert ended.occurred_at - started[0].occurred_at == 8 * 60_000
    assert ended.tz_defaulted and not started[0].tz_defaulted  # the column without a zone has the hospital's
    assert len(standing(consultations)) == 3, "the row that was deleted holds no more"
    (paid,) = standing(payments).values()
    assert isinstance(paid, BillPaid) and [(part.channel, str(part.amount)) for part in paid.parts] == [
        ("wechat", "60.0000"),
        ("alipay", "30.5000"),
    ]
    assert_the_views_say_the_same(site, tmp_path, {**standing(consultations), **standing(payments)})


def assert_the_views_say_the_same(site: Site, directory: Path, captured: dict[str, Event]) -> None:
    """Polled as views, the tables tell facts of the same ids, at the same times."""

    async def polled() -> list[Event]:
        feed = feed_of(site, "views")
        async with at_work(feed, sql.SqlReader(feed, Positions(site.name, feed.name, directory)), sql, directory):
            consultations = await heard(site, "consultation", lambda events: len(latest(events)) == 3, "HIS^VIEWS")
            return consultations + await heard(site, "billing", bool, "HIS^VIEWS")

    facts = standing(asyncio.run(polled()))
    assert {fact: event.occurred_at for fact, event in facts.items()} == {
        fact: event.occurred_at for fact, event in captured.items()
    }
