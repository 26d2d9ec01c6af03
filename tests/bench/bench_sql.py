"""Rows of a view polled from a real PostgreSQL and a real MariaDB, beside the plain drivers that only fetch them.

Ours: pages of 500 in order of version and key, each row compared with what was told, made JSON, and acknowledged. The
peers fetch the same columns of the same rows in one statement, as their drivers give them, and keep nothing.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pymysql
import structlog

from infra.local import mariadb, postgres
from ingest.clock import Clock
from ingest.connectors import sql
from ingest.feeds import open_feed
from ingest.positions import Positions
from ingest.privacy import Pseudonyms, SiteKey
from ingest.settings import load_site
from tests.bench.figure import Figure, more_is_better

SITE = """
[hospital]
facility_id = "H001"
zh = "压测医院"
en = "Benchmark Hospital"

[feeds.his]
kind = "sql"
engine = "{engine}"
source_system = "HIS^DEMO"
dsn = "{dsn}"
views = ["v_register"]
{schema}
max_rows_per_minute = 100000000
max_seconds_per_minute = 600
writable_account = "warn"
"""

TABLE = """create table register (
    src_pk bigint primary key, row_ver bigint not null, is_deleted {flag}, visit_id varchar(20),
    patient_key varchar(20),
    birth_date date, sex varchar(4), patient_group varchar(10), visit_class varchar(4), channel varchar(10),
    dept_code varchar(10), doctor_id varchar(10), registered_at {time}, checked_in_at {time}, triaged_at {time},
    fee decimal(12, 2))"""
VALUES = """n, n, {no}, concat('MZ', n), concat('P', n), date '1960-05-06', '2', 'normal', 'O', 'wechat',
    'CARD', concat('D', n % 90), {time} '2025-03-03 08:00:00', {time} '2025-03-03 08:40:00', null, 12.5"""


def free_port() -> int:
    """A port nobody holds right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def polled(directory: Path, engine: str, dsn: str, schema: str, rows: int) -> float:
    """Rows a second, of a first reading."""
    path = directory / f"{engine}.toml"
    path.write_text(SITE.format(engine=engine, dsn=dsn, schema=schema), "utf-8")
    feed = open_feed(load_site(str(path)), "his", Clock(), Pseudonyms(SiteKey(b"k" * 32)))
    reader = sql.SqlReader(feed, Positions("bench", f"his-{time.monotonic_ns()}", directory))

    async def read() -> float:
        began = time.perf_counter()
        async for batch in reader.read():
            await reader.acknowledge(batch)
            if reader.rows_told + len(batch) >= rows:
                break
        took_s = time.perf_counter() - began
        await reader.close()
        return rows / took_s

    return asyncio.run(read())


def fetched(connection: Any, rows: int) -> float:
    """Rows a second, of a driver that fetches them all."""
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("select * from v_register order by row_ver, src_pk")
        assert len(cursor.fetchall()) == rows
    return rows / (time.perf_counter() - began)


def best(measure: Callable[[], float], times: int) -> float:
    """The best of a few: what else the machine does only ever slows it down."""
    return max(measure() for _ in range(times))


def of_postgresql(directory: Path, rows: int, times: int) -> Figure:
    """PostgreSQL and psycopg."""
    with postgres.running_postgres(directory / "postgres", free_port()) as server:
        dsn = server.dsn(postgres.OWNER)
        with psycopg.connect(dsn, autocommit=True) as his:
            told = VALUES.format(no="false", time="timestamptz")
            his.execute("create schema bench")
            his.execute("set search_path = bench")
            his.execute(TABLE.format(flag="boolean", time="timestamptz").encode())
            his.execute("create unique index on register (row_ver, src_pk)")
            his.execute("create view v_register as select * from register")
            his.execute(f"insert into register select {told} from generate_series(1, {rows}) n".encode())
            his.execute("analyze register")
            ours = best(lambda: polled(directory, "postgresql", dsn, 'schema = "bench"', rows), times)
            plain = best(lambda: fetched(his, rows), times)
    return more_is_better("PostgreSQL, polled", ours, "rows/s", floor=20_000, peer="psycopg fetch", peer_value=plain)


def of_mariadb(directory: Path, rows: int, times: int) -> Figure:
    """MariaDB and PyMySQL."""
    server = mariadb.start_mariadb(directory / "mariadb", free_port())
    try:
        his = pymysql.connect(host="127.0.0.1", port=server.port, user=mariadb.OWNER, autocommit=True)
        with his.cursor() as cursor:
            told = VALUES.format(no="false", time="timestamp")
            cursor.execute("create database bench")
            cursor.execute("use bench")
            cursor.execute(TABLE.format(flag="boolean", time="datetime"))
            cursor.execute("create unique index versions on register (row_ver, src_pk)")
            cursor.execute("create view v_register as select * from register")
            cursor.execute(f"insert into register select {told} from (select seq n from seq_1_to_{rows}) s")
        dsn = f"host=127.0.0.1 port={server.port} dbname=bench user={mariadb.OWNER}"
        ours = best(lambda: polled(directory, "mysql", dsn, "", rows), times)
        plain = best(lambda: fetched(his, rows), times)
        his.close()
    finally:
        server.stop()
    return more_is_better("MariaDB, polled", ours, "rows/s", floor=20_000, peer="PyMySQL fetch", peer_value=plain)


def run(quick: bool) -> list[Figure]:
    """Both databases."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    rows, times = (20_000, 1) if quick else (200_000, 3)
    with tempfile.TemporaryDirectory(prefix="hispulse-bench-", ignore_cleanup_errors=True) as directory:
        place = Path(directory)
        place.chmod(0o755)  # the server of a root user runs as another
        return [of_postgresql(place, rows, times), of_mariadb(place, rows, times)]
