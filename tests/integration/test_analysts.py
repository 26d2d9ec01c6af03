"""Analysts: they read documented statistics without small cells, and whatever they try, nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import clickhouse_connect
import httpx
import msgspec
import pytest
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError, StreamFailureError

from tests.services_warehouse import ROOT, EmbeddedProcess
from warehouse.analysts.grants import grants
from warehouse.analysts.settings import AnalystSettings
from warehouse.analysts.views import dictionary, make_analysts_views, open_marts
from warehouse.client import Warehouse, WarehouseSettings, connect
from warehouse.export import counted_by
from warehouse.library import columns

pytestmark = pytest.mark.services

NOW = datetime(2026, 11, 20, 6, tzinfo=UTC)
VALUE = ("facility_id", "kpi", "version", "grain", "day", "series", "dims", "n", "value", "p50", "num", "den", "as_of")
VALUES: tuple[tuple[str, dict[str, str], int, float, float | None, int | None, int | None], ...] = (
    ("consult_wait", {}, 812, 21.5, 19.0, None, None),
    ("consult_wait", {"dept": "DERM"}, 7, 44.0, 41.0, None, None),
    ("consult_wait", {"patient_group": "elderly"}, 9, 30.0, 29.0, None, None),
    ("consult_wait", {"doctor": "d41d8cd98f00b204e9800998ecf8427e"}, 40, 20.0, 18.0, None, None),
    ("refund_rate", {}, 2000, 1.2, None, 24, 2000),
    ("refund_rate", {"patient_group": "elderly"}, 8, 12.5, None, 1, 8),
    ("service_volume", {"dept": "DERM"}, 7, 7.0, None, None, None),
)


@pytest.fixture(scope="module")
def published(embedded: EmbeddedProcess) -> Iterator[WarehouseSettings]:
    """The warehouse with a few values, and its analysts' views."""
    settings = embedded.database("hispulse")
    warehouse = connect(settings)
    rows = [
        ("H001", kpi, 1, "day", date(2026, 11, 19), "", dims, n, value, p50, num, den, NOW)
        for kpi, dims, n, value, p50, num, den in VALUES
    ]
    warehouse.insert("kpi_values", VALUE, rows)
    make_analysts_views(warehouse)
    yield settings
    warehouse.command("drop database hispulse_bi")
    warehouse.command("drop database hispulse")


@pytest.fixture(scope="module")
def analyst(published: WarehouseSettings, embedded: EmbeddedProcess) -> Iterator[Any]:
    """A BI tool: the ordinary client with the analysts' account, made while the warehouse serves."""
    assert not can_log_in(published)
    (embedded.directory / "analyst-password").write_text("of-analysts")
    client = client_of(published)
    yield client
    (embedded.directory / "analyst-password").unlink()
    assert not can_log_in(published)


def client_of(settings: WarehouseSettings) -> Any:
    return clickhouse_connect.get_client(
        host=settings.host, port=settings.port, username="analyst", password="of-analysts", database="hispulse_bi"
    )


def can_log_in(settings: WarehouseSettings) -> bool:
    try:
        client_of(settings).close()
    except (ClickHouseError, DatabaseError):
        return False
    return True


def test_they_read_values_without_small_cells(analyst: Any) -> None:
    found = {
        (row["kpi"], *row["dims"].items()): (row["n"], row["value"], row["p50"], row["num"], row["den"])
        for row in analyst.query("select * from kpi_values").named_results()
    }
    assert found == {
        ("consult_wait",): (812, 21.5, 19.0, None, None),
        ("consult_wait", ("dept", "DERM")): (7, None, None, None, None),
        ("consult_wait", ("patient_group", "elderly")): (None, None, None, None, None),
        ("refund_rate",): (2000, 1.2, None, 24, 2000),
        ("refund_rate", ("patient_group", "elderly")): (None, None, None, None, None),
        ("service_volume", ("dept", "DERM")): (7, 7.0, None, None, None),
    }


def test_the_dictionary_says_what_each_view_has(analyst: Any) -> None:
    for name, (_, told) in dictionary().items():
        described = analyst.query(f"describe table hispulse_bi.{name}").named_results()
        assert [(column.name, column.kind) for column in told] == [(row["name"], row["type"]) for row in described]
    assert set(analyst.query("show tables").result_columns[0]) == set(dictionary())


@pytest.mark.parametrize(
    "reading",
    [
        "select kpi, count(), countIf(n > 10), quantileExactInclusiveIf(0.5)(n, n > 1) from kpi_values group by kpi",
        "with a as (select * from hispulse_bi.kpi_values where dims['dept'] = 'DERM') select max(n) from a",
        "select toStartOfMonth(day) as m, row_number() over (order by m), DATE_TRUNC('week', day) from kpi_values",
        "select n, lagInFrame(n) over (order by n) from kpi_values where kpi in (select kpi from kpi_values)",
        "select case when n > 10 then 'many' else 'few' end, if(n = 1, 2, 3), coalesce(value, 0) from kpi_values",
        "select number from numbers(3)",
        "select name from system.columns where database = 'hispulse_bi'",
        "select table_name from information_schema.tables",
        "select columns.name from system.columns where columns.database = 'hispulse_bi' and system.columns.table != ''",
        "select a.n, b.one from kpi_values as a, (select 1 as one) as b",
        "select arrayMap(upper, ['a'])",
        'select (select max(n) from kpi_values), `n` as "of\nhow many" from hispulse_bi.kpi_values',
    ],
)
def test_what_bi_tools_ask_is_answered(analyst: Any, reading: str) -> None:
    assert analyst.query(reading).column_names


@pytest.mark.parametrize(
    "attempt",
    [
        "select * from hispulse.events",
        "select * from hispulse.kpi_values",
        "select (select count() from hispulse.events)",
        "select 1 in (select toUInt8(n) from hispulse.kpi_values)",
        "select * from kpi_values as t, hispulse.stage_rows as s",
        'select * from hispulse.events as "x, table_name: hispulse_bi.kpi_values"',
        "select * from kpi_values where kpi in hispulse.migrations",
        "select * from merge('hispulse', '.*')",
        "select * from file('/etc/passwd', 'LineAsString')",
        "select file('/etc/passwd')",
        "select arrayMap(file, ['/etc/passwd'])",
        "select file('/etc/passwd') as \"x, function_name: plus, function_type: ordinary\ny\"",
        "select file('/etc/passwd') as `x, function_name: plus, function_type: ordinary\\nCONSTANT id: 9, y`",
        "select * from file('/etc/passwd', 'LineAsString') as \"x, table_function_name: numbers\ny\"",
        "select * from url('http://127.0.0.1:1/', 'LineAsString')",
        "select * from view(select * from hispulse.events)",
        "select * from remote('127.0.0.1', hispulse.events)",
        "select dictGet('a', 'b', 1)",
        "select sleep(1)",
        "select * from system.processes",
        "select 1; select * from hispulse.events",
        "select 1 into outfile '/tmp/hispulse-analyst'",
        "select 1) union all (select count() from hispulse.events",
        "select 1 settings max_execution_time = 0",
        "describe table file('/etc/passwd')",
        "show create table hispulse.events",
        "insert into hispulse.migrations (name) values ('x')",
        "drop table hispulse.events",
        "create table hispulse_bi.mine (a UInt8) engine = Memory",
        "set readonly = 0",
        "explain select * from hispulse.events",
    ],
)
def test_everything_else_is_refused(analyst: Any, attempt: str) -> None:
    with pytest.raises(DatabaseError) as refused:
        analyst.command(attempt)
    assert "root:" not in str(refused.value)
    assert not Path("/tmp/hispulse-analyst").exists()


@pytest.mark.parametrize(
    "attempt",
    [
        "select (select toUInt8(name) from hispulse.migrations limit 1)",
        'with (select toUInt8(name) from `hispulse`."migrations" limit 1) as x select x from numbers(1)',
        "select 1 in (select toUInt8(name) from {d:Identifier}.{t:Identifier})",
        "select number from numbers(9) limit (select toUInt8(name) from hispulse.migrations limit 1)",
        "select (select toUInt8(name) from migrations limit 1)",
        "select arrayMap({f:Identifier}, ['/etc/passwd'])",
    ],
)
def test_no_error_tells_what_may_not_be_read(analyst: Any, published: WarehouseSettings, attempt: str) -> None:
    named = {"param_d": "hispulse", "param_t": "migrations", "param_f": "file", "database": "hispulse"}
    bare = {"X-ClickHouse-User": "analyst", "X-ClickHouse-Key": "of-analysts"}
    answer = httpx.post(f"http://{published.host}:{published.port}/", params=named, content=attempt, headers=bare)
    assert answer.status_code in (403, 404), answer.text
    assert ".sql" not in answer.text and "root:" not in answer.text


def test_no_query_outlives_its_limits(analyst: Any, published: WarehouseSettings) -> None:
    with pytest.raises(DatabaseError, match="MEMORY_LIMIT"):
        analyst.query("select count() from (select groupArray(number) from numbers(1000000000))")
    with pytest.raises(StreamFailureError, match="TOO_MANY_ROWS"):
        assert analyst.query("select number from numbers(3000000)").result_rows
    told = analyst.query("select name, value from system.settings where name in ('max_execution_time', 'readonly')")
    assert dict(told.result_rows) == {"max_execution_time": "30", "readonly": "1"}
    bare = {"X-ClickHouse-User": "analyst", "X-ClickHouse-Key": "of-analysts"}
    asked = "max_execution_time=0&query=select+value+from+system.settings+where+name%3D'max_execution_time'"
    answer = httpx.get(f"http://{published.host}:{published.port}/?{asked}", headers=bare)
    assert answer.text == "30\n"
    assert connect(published).rows("select count() as n from kpi_values") == [{"n": len(VALUES)}]


def test_an_insert_with_rows_is_refused(analyst: Any, published: WarehouseSettings) -> None:
    with pytest.raises(DatabaseError, match="they write nothing"):
        analyst.insert(
            "hispulse.migrations", [("x", "y")], column_names=["name", "checksum"], column_type_names=["String"] * 2
        )
    assert connect(published).rows("select count() as n from migrations where name = 'x'") == [{"n": 0}]


def test_every_statistic_that_is_open_says_of_how_many_it_is() -> None:
    for name in open_marts():
        for column in columns(name):
            assert column.kind != "Nullable(Float64)" or counted_by(name, column), f"{name}.{column.name}: of how many?"
    assert "doctors" not in open_marts() and "visits" not in open_marts()


def test_a_servers_administrator_gets_the_same_in_its_own_words() -> None:
    said = grants(AnalystSettings(query_seconds=12), "hispulse", "secret")
    assert "max_execution_time = 12 max 12 changeable_in_readonly" in said[0] and "max_threads = 1 const" in said[0]
    assert "readonly = 1" in said[0]
    assert said[2] == "grant select, show on `hispulse_bi`.* to `hispulse_analyst`"
    assert "secret" not in " ".join(said) and "sha256_hash" in said[3]
    assert msgspec.json.encode(said)


def test_every_panel_of_the_dashboard_finds_its_columns(analyst: Any) -> None:
    dashboard = msgspec.json.decode((ROOT / "infra" / "grafana" / "dashboard.json").read_bytes())
    asked = [each["query"] for each in dashboard["templating"]["list"] if each["type"] == "query"]
    asked += [target["rawSql"] for panel in dashboard["panels"] for target in panel["targets"]]
    assert len(asked) == 9
    for sql in asked:
        told = re.sub(r"\$__dateFilter\((\w+)\)", r"\1 >= toDate('2026-11-01') and \1 <= toDate('2026-11-20')", sql)
        told = told.replace("${facility}", "H001").replace("${kpi}", "consult_wait")
        assert "$" not in told
        assert analyst.query(told).column_names
    by_day = next(panel for panel in dashboard["panels"] if panel["id"] == 3)["targets"][0]["rawSql"]
    told = by_day.replace("$__dateFilter(day)", "1").replace("${facility}", "H001").replace("${kpi}", "consult_wait")
    assert [n for _, n in analyst.query(told).result_rows] == [812]


def test_the_views_are_made_anew_without_leftovers(published: WarehouseSettings) -> None:
    warehouse: Warehouse = connect(published)
    warehouse.command("create or replace view hispulse_bi.of_old as select 1")
    make_analysts_views(warehouse)
    names = warehouse.rows("select name from system.tables where database = 'hispulse_bi'")
    assert {row["name"] for row in names} == set(dictionary())
