"""The engine behind ClickHouse's HTTP interface: an unmodified client, its own password, and what was acknowledged."""

from __future__ import annotations

import base64
import http.client
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import clickhouse_connect
import msgspec
import pytest
from clickhouse_connect.driver.exceptions import ClickHouseError

from ingest.errors import Misconfigured, Unavailable
from tests.services_warehouse import ROOT, EmbeddedProcess
from warehouse.accounts import Accounts
from warehouse.analysts.settings import AnalystSettings
from warehouse.client import QueryFailed, Warehouse, WarehouseSettings, connect
from warehouse.http import Interface
from warehouse.statements import Insert, Reading

pytestmark = pytest.mark.services


class NoEngine:
    """Where nothing may come as far as the engine."""

    def read(self, reading: Reading, database: str, settings: str) -> Iterator[bytes]:
        raise AssertionError

    def insert(self, insert: Insert, rows: Iterator[bytes], database: str, settings: str) -> int:
        raise AssertionError


def plain_client(settings: WarehouseSettings, **options: Any) -> Any:
    """The ordinary client with its own defaults: a session of its own, compression, whatever it likes."""
    password = Path(settings.password_file or "").read_text()
    database = settings.database
    return clickhouse_connect.get_client(
        host=settings.host, port=settings.port, username=settings.user, password=password, database=database, **options
    )


def ask(settings: WarehouseSettings, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """One bare request for `select 1`, with the headers given."""
    connection = http.client.HTTPConnection(settings.host, settings.port, timeout=10)
    connection.putrequest("POST", "/", skip_host="Host" in headers)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.putheader("Content-Length", "8")
    connection.endheaders(b"select 1")
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, dict(answer.getheaders()), content


def credentials(settings: WarehouseSettings) -> str:
    password = Path(settings.password_file or "").read_text()
    return "Basic " + base64.b64encode(f"{settings.user}:{password}".encode()).decode()


def test_an_unmodified_client_reads_and_writes(warehouse_settings: WarehouseSettings) -> None:
    client = plain_client(warehouse_settings)
    client.command(
        "create table t (a UInt64, b Nullable(String), c DateTime64(3, 'UTC')) engine = MergeTree order by a"
    )
    at = datetime(2025, 3, 3, 1, 2, 3, 456000, tzinfo=UTC)
    assert client.insert("t", [[1, "甲", at], [2, None, at]], column_names=["a", "b", "c"]).written_rows == 2
    assert client.query("select a, b from t order by a").result_rows == [(1, "甲"), (2, None)]
    assert client.query_df("select * from t").shape == (2, 3)
    assert client.query_arrow("select a from t").num_rows == 2
    assert client.query("select a, b from t where a > 5").column_names == ("a", "b")
    with client.query_row_block_stream("select number from numbers(1000000)") as stream:
        assert sum(len(block) for block in stream) == 1_000_000
    client.close()


@pytest.mark.parametrize("compress", ["lz4", "zstd", "gzip", False])
def test_inserts_come_in_every_packing(warehouse_settings: WarehouseSettings, compress: str | bool) -> None:
    client = plain_client(warehouse_settings, compress=compress)
    client.command("create table t (a UInt64, b String) engine = MergeTree order by a")
    client.insert("t", [[n, "x" * 50] for n in range(20_000)])
    assert client.query("select count(), sum(a) from t").result_rows == [(20_000, 199_990_000)]


@pytest.mark.parametrize(
    ("form", "rows"),
    [
        ("JSONEachRow", b'{"a":1,"b":"x"}\n{"a":2,"b":"y"}\n'),
        ("JSONCompactEachRow", b'[1,"x"]\n[2,"y"]'),
        ("CSV", b"1,x\n2,y\n"),
        ("TabSeparated", b"1\tx\n2\ty\n"),
        ("Values", b"(1,'x'),(2,'y')"),
    ],
)
def test_inserts_come_in_every_format(warehouse_settings: WarehouseSettings, form: str, rows: bytes) -> None:
    client = plain_client(warehouse_settings)
    client.command("create table t (a UInt64, b String) engine = MergeTree order by a")
    client.raw_insert("t", ["a", "b"], rows, fmt=form)
    client.command("insert into t values (3, 'it''s; format CSV')")
    client.command("insert into t (a, b) select 4, 'z' format Null")
    assert client.query("select a from t order by a").result_columns[0] == [1, 2, 3, 4]


def test_parameters_arrive_as_they_are(warehouse: Warehouse) -> None:
    at = datetime(2025, 3, 3, 1, 2, 3, 4000, tzinfo=UTC)
    told = {
        "text": "it's\ta\\b\n中",
        "list": ["a'b", ""],
        "map": {"k'": "v\\"},
        "nothing": None,
        "at": at,
        "day": date(2025, 3, 3),
        "n": -1,
        "yes": True,
    }
    [row] = warehouse.rows(
        "select {text:String} as text, {list:Array(String)} as list, {map:Map(String, String)} as map, "
        "{nothing:Nullable(String)} as nothing, {at:DateTime64(3, 'UTC')} as at, {day:Date} as day, {n:Int8} as n, "
        "{yes:Bool} as yes",
        told,
    )
    assert row == told


def test_parameters_too_long_for_an_address_come_as_a_form(warehouse: Warehouse) -> None:
    stages = {f"stage_{number}": 'visit\r\n--"x' for number in range(2_000)}
    asked = "select {stages:Map(String, String)} as stages, {text:String} as text"
    assert warehouse.rows(asked, {"stages": stages, "text": "号" * 40_000, "unasked": "x"}) == [
        {"stages": stages, "text": "号" * 40_000}
    ]


def test_a_frame_of_nothing_still_has_its_columns(warehouse: Warehouse) -> None:
    frame = warehouse.frame("select event_id, occurred_at, quality_flags from events")
    assert list(frame.columns) == ["event_id", "occurred_at", "quality_flags"]


def test_errors_carry_clickhouse_s_number(warehouse: Warehouse, warehouse_settings: WarehouseSettings) -> None:
    for statement, code in (
        ("select nope", 47),
        ("selec 1", 62),
        ("select * from no_such", 60),
        ("select throwIf(1)", 395),
    ):
        with pytest.raises(QueryFailed) as failed:
            warehouse.rows(statement)
        assert failed.value.code == code
    with pytest.raises(QueryFailed) as failed:
        warehouse.insert_json("events", b'{"event_id": }')
    assert failed.value.code in (26, 27, 117)
    with pytest.raises(ClickHouseError):  # after the first rows are on their way
        len(plain_client(warehouse_settings).query("select throwIf(number = 3000000) from numbers(4000000)").result_set)
    assert warehouse.rows("select 1 as one") == [{"one": 1}]


def test_without_its_password_nobody_comes_in(embedded: EmbeddedProcess, tmp_path: Path) -> None:
    settings = embedded.settings
    for headers in (
        {},
        {"Authorization": "Basic bm9ib2R5Og=="},
        {"Authorization": "Basic ???"},
        {"X_ClickHouse_User": "hispulse"},
    ):
        status, told, content = ask(settings, **headers)
        assert (status, told["X-ClickHouse-Exception-Code"]) == (403, "516")
        assert b"1\n" not in content
    password = Path(settings.password_file or "").read_text()
    assert ask(settings, X_ClickHouse_User="hispulse", X_ClickHouse_Key=password)[0] == 200
    (tmp_path / "wrong").write_text("guess")
    with pytest.raises(Misconfigured, match="refuses user hispulse"):
        connect(msgspec.structs.replace(settings, password_file=str(tmp_path / "wrong")))


def test_a_page_that_calls_us_by_a_name_of_its_own_is_refused(embedded: EmbeddedProcess) -> None:
    known = credentials(embedded.settings)
    assert ask(embedded.settings, Authorization=known, Host="evil.example:8123")[0] == 403
    assert ask(embedded.settings, Authorization=known, Host="localhost:8123")[0] == 200
    assert ask(embedded.settings, Authorization=known, Host="[::1]:8123")[0] == 200


def test_it_listens_on_loopback_only(embedded: EmbeddedProcess) -> None:
    accounts = Accounts(embedded.settings, AnalystSettings())
    with pytest.raises(Misconfigured, match=r"listens on 127\.0\.0\.1 only"):
        Interface("0.0.0.0", 19450, accounts, NoEngine())


def test_a_health_check_needs_no_password(embedded: EmbeddedProcess) -> None:
    connection = http.client.HTTPConnection(embedded.settings.host, embedded.settings.port, timeout=10)
    connection.request("GET", "/ping")
    assert connection.getresponse().read() == b"Ok.\n"
    connection.close()


def test_a_get_changes_nothing(embedded: EmbeddedProcess) -> None:
    connection = http.client.HTTPConnection(embedded.settings.host, embedded.settings.port, timeout=10)
    headers = {"Authorization": credentials(embedded.settings)}
    connection.request("GET", "/?query=create+database+sneaked", headers=headers)
    answer = connection.getresponse()
    assert answer.getheader("X-ClickHouse-Exception-Code") == "164"
    connection.close()


def test_many_ask_at_once(warehouse: Warehouse) -> None:
    def sum_of(n: int) -> int:
        return int(warehouse.rows("select sum(number) as s from numbers({n:UInt64})", {"n": n})[0]["s"])

    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(sum_of, range(200))) == [n * (n - 1) // 2 for n in range(200)]


def test_the_same_token_is_stored_once(warehouse: Warehouse) -> None:
    row = {"event_id": "e", "event_type": "queue.joined", "occurred_at": "1740960000.000"}
    for token in ("one", "one", "two", "one"):
        warehouse.insert_json("events", msgspec.json.encode(row), token)
    assert warehouse.rows("select count() as n from events") == [{"n": 2}]


def test_what_was_acknowledged_survives_kill_9(own_engine: EmbeddedProcess) -> None:
    """Four writers, killed in the middle, three times over: each acknowledged batch is there, whole and once."""
    engine = own_engine
    settings = engine.database("kept")
    connect(settings).command("create table t (batch UInt32, n UInt32) engine = MergeTree order by batch")
    acknowledged: set[int] = set()
    for life in range(3):
        enough = threading.Event()

        def write(writer: int, life: int = life, enough: threading.Event = enough) -> None:
            warehouse = connect(settings)
            for number in range(100_000):
                batch = life * 1_000_000 + writer * 100_000 + number
                try:
                    warehouse.insert("t", ("batch", "n"), [(batch, n) for n in range(100)])
                except Unavailable:
                    return
                acknowledged.add(batch)
                if number == 20:
                    enough.set()

        with ThreadPoolExecutor(4) as pool:
            writers = [pool.submit(write, writer) for writer in range(4)]
            enough.wait()
            engine.stop(signal.SIGKILL)
            for writer in writers:
                writer.result()
        engine.start()
        rows = connect(settings).rows("select batch, count() as c, uniqExact(n) as u from t group by batch")
        assert acknowledged <= {row["batch"] for row in rows}
        assert {(row["c"], row["u"]) for row in rows} == {(100, 100)}
    assert engine.stop() == 0


def test_two_cannot_hold_one_directory(own_engine: EmbeddedProcess, tmp_path: Path) -> None:
    engine = own_engine
    other = msgspec.structs.replace(engine.settings, port=19451)
    second = subprocess.run(
        [sys.executable, "-m", "tests.serve_warehouse", str(tmp_path / "data"), msgspec.json.encode(other).decode()],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert second.returncode == 1
    assert "is in use by another process" in second.stderr
    assert "Traceback" not in second.stderr
    assert engine.stop() == 0


def test_a_port_that_is_taken_is_one_sentence(embedded: EmbeddedProcess, tmp_path: Path) -> None:
    told = msgspec.json.encode(embedded.settings).decode()
    second = subprocess.run(
        [sys.executable, "-m", "tests.serve_warehouse", str(tmp_path / "data"), told],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert second.returncode == 1
    assert "cannot listen on" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_config_file_where_it_was_started_does_not_move_the_data(tmp_path: Path) -> None:
    (tmp_path / "config.xml").write_text(f"<clickhouse><path>{tmp_path}/elsewhere/</path></clickhouse>")
    before = Path.cwd()
    os.chdir(tmp_path)
    try:
        engine = EmbeddedProcess(tmp_path / "here").start()
    finally:
        os.chdir(before)
    engine.database("kept")
    assert engine.stop() == 0
    assert (tmp_path / "here" / "data" / "clickhouse" / "store").is_dir()
    assert not (tmp_path / "elsewhere").exists()


def test_the_password_is_in_no_text_of_ours(embedded: EmbeddedProcess, warehouse: Warehouse) -> None:
    password = Path(embedded.settings.password_file or "").read_text()
    assert password not in repr(embedded.settings) + repr(warehouse) + str(vars(warehouse))
    with pytest.raises(QueryFailed) as failed:
        warehouse.rows("select nope")
    assert password not in str(failed.value)
