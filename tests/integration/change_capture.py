"""A vendor's tables in two databases, and the feeds that capture their changes.

The tables have names of their own, no version, times with and without a zone, and a name that nobody asked for.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import psycopg
import pymysql

from infra.local.mariadb import OWNER, MariaDbProcess
from ingest.bus import BusSettings, consumer, read_to_end
from ingest.cdc.settings import change_topic
from ingest.cdc.setup import statements
from ingest.events.consultation import ConsultationStarted
from ingest.events.envelope import Event
from ingest.feeds import Feed
from ingest.settings import Site
from tests.integration.conversation import feed_of, told

Database = psycopg.Connection[tuple[object, ...]]

PASSWORD = "readonly"
POSTGRESQL = """
select pg_drop_replication_slot(slot_name) from pg_replication_slots;
drop publication if exists hispulse;
drop schema if exists changes cascade;
create schema changes;
create table changes.visits (
    id bigint primary key, visit_no text, dept text, patient_name text, seq int, started timestamptz, ended timestamp
);
create table changes.payments (id bigint primary key, no int, bill text, way text, sum numeric(14, 4), paid timestamp);
create view changes.v_visit as
select id as src_pk, 1 as row_ver, visit_no as visit_id, dept as dept_code, seq as consultation_seq,
    started as started_at, ended as ended_at from changes.visits where started > '2025-01-01';
create view changes.v_payment as
select id as src_pk, 1 as row_ver, no as payment_id, bill as bill_id, way as channel, sum as amount, paid as paid_at
from changes.payments;
grant usage on schema changes to hispulse_reader;
grant select on changes.v_visit, changes.v_payment to hispulse_reader;
do $$ begin create role hispulse_changes login replication; exception when duplicate_object then null; end $$;
"""
MARIADB = f"""
drop database if exists changes;
create database changes character set utf8mb4;
create table changes.visits (
    id bigint primary key, visit_no varchar(20), dept varchar(40), patient_name varchar(40), seq int,
    started timestamp null, ended datetime
);
create table changes.payments (
    id bigint primary key, no int, bill varchar(20), way varchar(20), sum decimal(14, 4), paid datetime
);
create or replace user 'hispulse_changes'@'%' identified by '{PASSWORD}';
"""
_TABLES = """
[[feeds.{name}.tables]]
table = "changes.visits"
view = "v_visit"
begin_where = "started > '2025-01-01'"
[feeds.{name}.tables.columns]
src_pk = "id"
visit_id = "visit_no"
dept_code = "dept"
consultation_seq = "seq"
started_at = "started"
ended_at = "ended"

[[feeds.{name}.tables]]
table = "changes.payments"
view = "v_payment"
columns = {{ src_pk = "id", payment_id = "no", bill_id = "bill", channel = "way", amount = "sum", paid_at = "paid" }}
"""
SITE = """
[codes.dept]
"心内科" = "CARD"

[feeds.views]
kind = "sql"
source_system = "VIEWS"
dsn = "{polled}"
schema = "changes"
poll_s = 0.2
"""
FEED = """
[feeds.{name}]
kind = "cdc"
engine = "{engine}"
source_system = "{name}"
dsn = "{dsn}"
{more}
connect_url = "{worker}"
quiet_s = 8
"""


def feed_section(name: str, engine: str, dsn: str, worker: str, more: str = "") -> str:
    """A feed of the site file."""
    return FEED.format(name=name, engine=engine, dsn=dsn, worker=worker, more=more) + _TABLES.format(name=name)


def printed_setup(feed: Feed) -> list[str]:
    """What `--print-setup` says, without what a server's configuration or password is about."""
    return [line for line in statements(feed) if line.startswith(("grant", "alter table", "create publication"))]


def insert(key: int, visit: str, started: str, ended: str = "null") -> str:
    """A consultation, in words that both databases understand."""
    return f"insert into changes.visits values ({key}, '{visit}', '心内科', '王小明', 1, '{started}', {ended})"


def pay(key: int, way: str, amount: str) -> str:
    """A channel of payment 7."""
    return f"insert into changes.payments values ({key}, 7, 'B1', '{way}', {amount}, '2025-03-03 10:58')"


async def heard(site: Site, topic: str, source: str, enough: Callable[[list[Event]], object]) -> list[Event]:
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


def captured_words(site: Site, name: str) -> str:
    """Whatever left the database."""
    reader = consumer(site.section("bus", BusSettings), [change_topic(feed_of(site, name))], partitions=[0])
    try:
        return "".join((record.value or b"").decode() for record in read_to_end(reader))
    finally:
        reader.close()


def bound_slots(hospital: Database, size: str) -> None:
    """How much of its log the server keeps for a slot; returns once it knows."""
    hospital.execute(f"alter system set max_slot_wal_keep_size = '{size}'".encode())
    hospital.execute("select pg_reload_conf()")
    for _ in range(1200):
        if hospital.execute("show max_slot_wal_keep_size").fetchall() == [(size,)]:
            return
        time.sleep(0.05)
    raise AssertionError("the server did not read its settings anew")


def give_up_slot(hospital: Database, slot: str) -> None:
    """While its reader is away, more happens than the database may keep for it."""
    for _ in range(900):
        ((active, status),) = hospital.execute(
            "select active, wal_status from pg_replication_slots where slot_name = %s", [slot]
        ).fetchall()
        if status == "lost":
            return
        if not active:
            hospital.execute("create table changes.filler (n int); drop table changes.filler; select pg_switch_wal()")
            hospital.execute("checkpoint")
        time.sleep(0.1)
    raise AssertionError("the slot is still held")


def visit_at_night(key: int) -> str:
    """A row of the table as it is since the morning, when it got a column."""
    return f"insert into changes.visits values ({key}, 'V{key}', '心内科', '', 1, '2025-03-03 22:00:00', null, 'R1')"


def as_mariadbs_owner(mariadb: MariaDbProcess, *statements: str) -> None:
    """What the hospital's own system does."""
    with pymysql.connect(host="127.0.0.1", port=mariadb.port, user=OWNER, autocommit=True) as database:
        for statement in statements:
            database.cursor().execute(statement)


def visits(count: int) -> Callable[[list[Event]], bool]:
    """So many visits have begun."""
    return lambda events: len({e.visit_id for e in events if isinstance(e, ConsultationStarted)}) >= count
