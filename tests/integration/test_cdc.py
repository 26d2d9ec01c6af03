"""Changes of real tables, read by a real Debezium from the databases' own logs into a real Kafka."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import msgspec
import psycopg
import pymysql
import pytest
from prometheus_client import REGISTRY

from infra.local.connect import ConnectProcess, start_connect
from infra.local.kafka import KafkaProcess
from infra.local.mariadb import OWNER as MARIADB_OWNER
from infra.local.mariadb import MariaDbProcess
from infra.local.postgres import OWNER, PostgresProcess
from ingest.bus import BusSettings
from ingest.cdc.configuration import connector_name
from ingest.cdc.ready import refuse_unready
from ingest.cdc.server import Server
from ingest.cdc.settings import change_topic
from ingest.connectors import cdc, sql
from ingest.consuming import forget
from ingest.errors import Misconfigured
from ingest.events.billing import BillPaid
from ingest.events.consultation import ConsultationEnded, ConsultationStarted
from ingest.events.envelope import Event
from ingest.positions import Mark, Positions
from ingest.privacy import create_site_key
from ingest.raw import create_raw_keys
from ingest.settings import Site
from tests.conftest import free_port
from tests.integration.change_capture import (
    MARIADB,
    PASSWORD,
    POSTGRESQL,
    SITE,
    Database,
    as_mariadbs_owner,
    bound_slots,
    captured_words,
    feed_section,
    give_up_slot,
    heard,
    insert,
    latest,
    pay,
    printed_setup,
    standing,
    visit_at_night,
    visits,
)
from tests.integration.conversation import at_work, feed_of, site_file

pytestmark = pytest.mark.services

Say = Callable[[str], object]


class Worker:
    """Kafka Connect that is killed and comes back."""

    def __init__(self, directory: Path, bus: BusSettings) -> None:
        self._directory, self._bus, self._port = directory, bus, free_port()
        self.start()

    def start(self) -> None:
        """Start it, on what it left."""
        self.running: ConnectProcess = start_connect(self._directory, self._port, self._bus, ["postgresql", "mariadb"])


@pytest.fixture(scope="module")
def worker(kafka: KafkaProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    made = Worker(tmp_path_factory.mktemp("connect"), BusSettings(bootstrap=kafka.bootstrap))
    yield made
    made.running.stop()


@pytest.fixture(scope="module")
def site(
    kafka: KafkaProcess, worker: Worker, postgres: PostgresProcess, tmp_path_factory: pytest.TempPathFactory
) -> Site:
    url, dsn = worker.running.url, postgres.dsn("hispulse_changes")
    feeds = "".join(feed_section(name, "postgresql", dsn, url, f'slot = "{name}"') for name in ("morning", "night"))
    return site_file(tmp_path_factory.mktemp("site"), kafka.bootstrap, SITE.format(polled=postgres.dsn()) + feeds)


@pytest.fixture(scope="module")
def hospital(postgres: PostgresProcess, site: Site) -> Iterator[Database]:
    with psycopg.connect(postgres.dsn(OWNER), autocommit=True) as database:
        database.execute(POSTGRESQL)
        bound_slots(database, "32MB")
        for statement in printed_setup(feed_of(site, "morning")):
            database.execute(statement)
        yield database


@asynccontextmanager
async def capturing(site: Site, name: str, directory: Path) -> AsyncIterator[None]:
    feed = feed_of(site, name)
    reader = cdc.ChangeReader(feed, Positions(site.name, feed.name, directory / "positions"))
    async with at_work(feed, reader, cdc, directory):
        yield


async def a_morning(site: Site, name: str, directory: Path, say: Say) -> tuple[list[Event], list[Event]]:
    """Two visits, one long ago and a payment; a visit ends, another is deleted, the table gets a column."""
    say(insert(0, "V0", "2015-03-03 09:14:00"))
    say(insert(1, "V1", "2025-03-03 09:14:00"))
    say(insert(2, "V2", "2025-03-03 09:20:00"))
    say(pay(1, "wechat", "60"))
    async with capturing(site, name, directory):
        await heard(site, "consultation", name, lambda events: len(standing(events)) == 2)
        say("update changes.visits set ended = '2025-03-03 09:22' where id = 1")
        say(pay(2, "alipay", "30.5"))
        await heard(site, "consultation", name, lambda events: len(standing(events)) == 3)
        say("delete from changes.visits where id = 2")
        say("alter table changes.visits add column room varchar(9)")
        say("insert into changes.visits values (3, 'V3', '心内科', '', 1, '2025-03-03 10:00:00', null, 'R1')")
        consultations = await heard(
            site, "consultation", name, lambda events: len(latest(events)) == 4 and len(standing(events)) == 3
        )
        return consultations, await heard(site, "billing", name, is_paid_in_two)


def is_paid_in_two(payments: list[Event]) -> bool:
    return any(isinstance(event, BillPaid) and len(event.parts) == 2 for event in payments)


def assert_a_morning(consultations: list[Event], payments: list[Event]) -> None:
    started = min((e for e in consultations if isinstance(e, ConsultationStarted)), key=lambda e: e.occurred_at)
    ended = next(e for e in consultations if isinstance(e, ConsultationEnded))
    assert started.dept_code == "CARD" and started.occurred_at == 1_740_964_440_000
    assert ended.occurred_at - started.occurred_at == 8 * 60_000
    assert ended.tz_defaulted and not started.tz_defaulted  # the column without a zone has the hospital's
    (paid,) = standing(payments).values()
    assert isinstance(paid, BillPaid)
    assert [(part.channel, str(part.amount)) for part in paid.parts] == [("wechat", "60.0000"), ("alipay", "30.5000")]


def test_rows_of_mariadb_are_told_as_they_change(
    kafka: KafkaProcess, worker: Worker, mariadb: MariaDbProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HISPULSE_HOME", str(tmp_path))  # where the worker finds the password
    secret = tmp_path / "password"
    secret.write_text(f"{PASSWORD}\n")
    dsn = f"host=127.0.0.1 port={mariadb.port} dbname=changes user=hispulse_changes"
    feed = feed_section("maria", "mariadb", dsn, worker.running.url, f'password_file = "{secret}"')
    site = site_file(tmp_path, kafka.bootstrap, SITE.format(polled=dsn) + feed)
    with pymysql.connect(host="127.0.0.1", port=mariadb.port, user=MARIADB_OWNER, autocommit=True) as database:
        say = database.cursor().execute
        for statement in [*MARIADB.strip().split(";\n"), *printed_setup(feed_of(site, "maria"))]:
            say(statement.rstrip(";\n"))
        assert_a_morning(*asyncio.run(a_morning(site, "maria", tmp_path, say)))
    asyncio.run(a_night_of_mariadb(site, mariadb, worker, tmp_path))


async def a_night_of_mariadb(site: Site, mariadb: MariaDbProcess, worker: Worker, directory: Path) -> None:
    """The server is killed while its log is read; later the log is cleared away before anybody has read it."""
    async with capturing(site, "maria", directory):
        await asyncio.to_thread(mariadb.fall_and_rise)
        as_mariadbs_owner(mariadb, visit_at_night(20))
        before = await heard(site, "consultation", "maria", visits(4))
    connector = f"{worker.running.url}/connectors/{connector_name(feed_of(site, 'maria'))}"
    httpx.put(f"{connector}/stop").raise_for_status()
    as_mariadbs_owner(mariadb, visit_at_night(21), "flush binary logs", "purge binary logs before '2037-01-01'")
    httpx.put(f"{connector}/resume").raise_for_status()
    async with capturing(site, "maria", directory):
        events = await heard(site, "consultation", "maria", visits(5))
    assert len(latest(events)) == len(latest(before)) + 1, "read anew, a fact that was told is the same fact"


def test_rows_of_postgresql_are_told_as_they_change_and_as_their_views_would(
    site: Site, hospital: Database, tmp_path: Path
) -> None:
    consultations, payments = asyncio.run(
        a_morning(site, "morning", tmp_path, lambda said: hospital.execute(said.encode()))
    )
    assert_a_morning(consultations, payments)

    async def polled() -> list[Event]:
        feed = feed_of(site, "views")
        reader = sql.SqlReader(feed, Positions(site.name, feed.name, tmp_path), tmp_path)
        async with at_work(feed, reader, sql, tmp_path):
            seen = await heard(site, "consultation", "VIEWS", lambda events: len(latest(events)) == 3)
            return seen + await heard(site, "billing", "VIEWS", bool)

    by_view, by_log = standing(asyncio.run(polled())), {**standing(consultations), **standing(payments)}
    assert {fact: e.occurred_at for fact, e in by_view.items()} == {fact: e.occurred_at for fact, e in by_log.items()}
    assert REGISTRY.get_sample_value("hispulse_ingest_slot_lag_bytes", {"feed": "morning"}) is not None
    assert "V1" in captured_words(site, "morning") and "王小明" not in captured_words(site, "morning")
    assert_all_is_told_anew_when_it_waited_too_long(site, tmp_path, len(consultations))


def assert_all_is_told_anew_when_it_waited_too_long(site: Site, directory: Path, told_before: int) -> None:
    """The topic forgets what nobody has read; the rows are still there, and tell the facts that they told before."""
    feed, bus = feed_of(site, "morning"), site.section("bus", BusSettings)
    forget(bus, change_topic(feed), -1)
    assert "V1" not in captured_words(site, "morning")
    Positions(site.name, feed.name, directory / "positions").move(change_topic(feed), Mark("3", "{}"))

    async def timeline() -> list[Event]:
        async with capturing(site, "morning", directory):
            return await heard(site, "consultation", "morning", lambda events: len(events) >= told_before + 3)

    assert len(standing(asyncio.run(timeline()))) == 3


@pytest.mark.parametrize(
    ("spoilt", "mended", "told"),
    [
        (
            "alter table changes.visits replica identity default",
            "alter table changes.visits replica identity full",
            r"does not say what a row was before: changes\.visits; .*--print-setup",
        ),
        (
            "alter publication hispulse drop table changes.payments",
            "alter publication hispulse add table changes.payments",
            r"publication hispulse lacks changes\.payments",
        ),
        (
            "grant delete on changes.visits to hispulse_changes",
            "revoke delete on changes.visits from hispulse_changes",
            r"the account could write: delete on changes\.visits",
        ),
    ],
)
def test_a_database_that_is_not_ready_is_one_sentence(
    site: Site, hospital: Database, spoilt: str, mended: str, told: str
) -> None:
    feed = feed_of(site, "morning")
    hospital.execute(spoilt.encode())
    try:
        with closing(Server(feed)) as server, pytest.raises(Misconfigured, match=told):
            refuse_unready(feed, server)
    finally:
        hospital.execute(mended.encode())
    with closing(Server(feed)) as server:
        refuse_unready(feed, server)


def test_a_slot_that_could_fill_the_disk_is_refused(site: Site, hospital: Database) -> None:
    feed = feed_of(site, "morning")
    bound_slots(hospital, "-1")
    try:
        with closing(Server(feed)) as server:
            with pytest.raises(Misconfigured, match="a slot could fill the disk of the HIS"):
                refuse_unready(feed, server)
            accepted = msgspec.structs.replace(feed.settings, unbounded_slot=True)
            refuse_unready(replace(feed, settings=accepted), server)
    finally:
        bound_slots(hospital, "32MB")


def test_what_changes_while_everything_is_dead_is_told_afterwards(
    site: Site, hospital: Database, worker: Worker, tmp_path: Path
) -> None:
    async def timeline() -> list[Event]:
        hospital.execute("truncate changes.visits")
        hospital.execute(insert(10, "V10", "2025-03-03 22:00:00").encode())
        with our_process(site, tmp_path):
            await heard(site, "consultation", "night", visits(1))
            worker.running.kill()
        hospital.execute(insert(11, "V11", "2025-03-03 22:05:00").encode())  # neither of us is there
        worker.start()
        with our_process(site, tmp_path):
            await heard(site, "consultation", "night", visits(2))
            httpx.put(f"{worker.running.url}/connectors/{connector_name(feed_of(site, 'night'))}/stop")
            hospital.execute(insert(12, "V12", "2025-03-03 22:10:00").encode())
            await asyncio.to_thread(give_up_slot, hospital, "night")
            return await heard(site, "consultation", "night", visits(3))

    events = asyncio.run(timeline())
    assert len({event.event_id for event in events}) == 3, "a fact that is told twice is the same fact"


@contextmanager
def our_process(site: Site, home: Path) -> Iterator[None]:
    """`hispulse ingest cdc` of the night's feed, killed when it is left."""
    create_site_key(home / "keys")
    create_raw_keys(home / "keys")
    command = [sys.executable, "-m", "hispulse", "ingest", "cdc", "--feed", "night", "--site", str(site.path)]
    with (home / "log").open("ab") as log:
        running = subprocess.Popen(command, env={**os.environ, "HISPULSE_HOME": str(home)}, stderr=log)
    try:
        yield
        assert running.poll() is None, (home / "log").read_text("utf-8")
    finally:
        running.kill()
        running.wait()
