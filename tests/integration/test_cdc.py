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
from ingest.connectors import cdc
from ingest.events.consultation import ConsultationEnded, ConsultationStarted
from ingest.events.envelope import Event
from ingest.positions import Positions
from ingest.settings import Site
from tests.conftest import free_port
from tests.integration.conversation import at_work, feed_of, site_file, told

pytestmark = pytest.mark.services

Database = psycopg.Connection[tuple[object, ...]]

TABLE = """
select pg_drop_replication_slot(slot_name) from pg_replication_slots;
drop publication if exists hispulse;
drop schema if exists changes cascade;
create schema changes;
create table changes.visits (
    id bigint primary key, visit_no text, dept text, patient_name text, seq int, started timestamptz, ended timestamp
);
alter table changes.visits replica identity full;
create publication hispulse for table changes.visits;
"""


@pytest.fixture(scope="module")
def hospital(postgres: PostgresProcess) -> Iterator[Database]:
    with psycopg.connect(postgres.dsn(OWNER), autocommit=True) as database:
        database.execute(TABLE)
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
    return site_file(
        tmp_path_factory.mktemp("site"),
        kafka.bootstrap,
        f"""
[feeds.visits]
kind = "cdc"
source_system = "HIS^CDC"
dsn = "{postgres.dsn(OWNER)}"
connect_url = "{worker.url}"

[[feeds.visits.tables]]
table = "changes.visits"
view = "v_visit"
[feeds.visits.tables.columns]
visit_id = "visit_no"
dept_code = "dept"
consultation_seq = "seq"
started_at = "started"
ended_at = "ended"
""",
    )


@asynccontextmanager
async def capturing(site: Site, directory: Path) -> AsyncIterator[None]:
    feed = feed_of(site, "visits")
    reader = cdc.ChangeReader(feed, Positions(site.name, feed.name, directory / "positions"))
    async with at_work(feed, reader, cdc, directory):
        yield


async def heard(site: Site, enough: Callable[[list[Event]], bool], topic: str = "his.consultation.v1") -> list[Event]:
    """What the feed has told, once that is enough."""
    for _ in range(1200):
        events = await asyncio.to_thread(told, site, topic)
        if enough(events):
            return events
        await asyncio.sleep(0.1)
    raise AssertionError("the changes were not told")


def test_a_row_is_told_as_it_changes(site: Site, hospital: Database, tmp_path: Path) -> None:
    async def timeline() -> list[Event]:
        hospital.execute(
            "insert into changes.visits values (1, 'V1', 'CARD', '王小明', 1, '2025-03-03 09:14+08:00', null)"
        )
        async with capturing(site, tmp_path):
            await heard(site, lambda events: len(events) == 1)
            hospital.execute("update changes.visits set ended = '2025-03-03 09:22' where id = 1")
            return await heard(site, lambda events: len(events) == 3)

    events = asyncio.run(timeline())
    started = [e for e in events if isinstance(e, ConsultationStarted)]
    ended = next(e for e in events if isinstance(e, ConsultationEnded))
    assert started[0].event_id == started[1].event_id and started[0].revision < started[1].revision
    assert started[0].dept_code == "CARD" and started[0].occurred_at == 1_740_964_440_000
    assert ended.occurred_at - started[0].occurred_at == 8 * 60_000
    assert ended.tz_defaulted and not started[0].tz_defaulted  # the column without a zone has the hospital's
