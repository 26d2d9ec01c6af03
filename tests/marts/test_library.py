"""The marts that people ask for by name: the worked example's rows out of each, its dictionary, and its files."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet
import pytest
from typer.testing import CliRunner

from hispulse import app
from ingest.errors import Misconfigured
from ingest.settings import load_site
from streams.book import CellBook
from streams.groups import gaps
from streams.house import house_rules
from streams.kpis import catalogue
from streams.memory import fold_in_memory
from streams.passing import passing, tally
from tests import worked_example
from tests.timeline import DAY
from warehouse.client import Warehouse
from warehouse.export import export
from warehouse.group_gaps import by_group, gaps_of_day
from warehouse.history import values_of_day
from warehouse.library import columns, names, view_of
from warehouse.report_rows import time_goes

pytestmark = pytest.mark.services
HOUSE = house_rules(load_site("demo"))


@pytest.mark.parametrize("name", names())
def test_the_dictionary_says_what_the_view_has(published_example: Warehouse, name: str) -> None:
    described = published_example.rows(f"describe {view_of(name)}")
    assert [(column.name, column.kind) for column in columns(name)] == [(d["name"], d["type"]) for d in described]
    key = [column.name for column in columns(name) if column.is_pseudonym and column.name != "visit"] or ["day"]
    found = published_example.rows(f"select count() as n, uniqExact({', '.join(key)}) as keys from {view_of(name)}")
    assert (
        name in ("stages", "windows", "departments", "doctors", "feed_quality", "time_goes")
        or found[0]["n"] == found[0]["keys"]
    )


def test_one_row_a_visit_with_all_that_it_went_through(published_example: Warehouse) -> None:
    visits = {row["visit_id"]: row for row in published_example.rows("select * from mart_visits")}
    assert {visit: row["consult_wait_min"] for visit, row in visits.items() if row["consult_wait_min"] is not None} == {
        "V1": 34.0,
        "V2": 70.0,
    }
    assert visits["V4"]["left_out"] and not visits["V4"]["was_counted"]
    assert visits["V1"]["minutes_of"]["consult_wait"] == 34.0


def test_departments_and_tickets(published_example: Warehouse) -> None:
    by_dept = {row["dept"]: row for row in published_example.rows("select * from mart_departments")}
    assert (by_dept["DERM"]["seen"], by_dept["DERM"]["wait_p50_min"]) == (1, 70.0)
    tickets = published_example.rows("select * from mart_tickets where wait_min is not null")
    assert tickets and all((t["served_at"] - t["joined_at"]).total_seconds() / 60 == t["wait_min"] for t in tickets)


def test_where_the_time_of_a_day_went_is_what_the_wall_says(published_example: Warehouse) -> None:
    rows = [row for row in fold_in_memory(worked_example.events(), HOUSE) if row.stage == "visit_time"]
    book = CellBook()
    book.replace((), rows)
    live = passing(tally(cell for _, cells in book.everything() for cell in cells).values(), worked_example.AS_OF)
    days = time_goes(published_example, "H001", DAY)
    told = {part.part: (part.millis, part.slowest_millis) for part in days[""].parts}
    assert told == {part.part: (part.millis, part.slowest_millis) for part in live.parts}
    assert (
        (days[""].visits, days[""].millis, days[""].p90_s)
        == (live.visits, live.millis, live.p90_s)
        == (1, 9_000_000, 9_000)
    )
    assert days.keys() == {"", "CARD"} and days["CARD"] == days[""]


def test_patient_groups_of_a_day_and_the_few_only_as_few(published_example: Warehouse) -> None:
    kpi, site = catalogue()["consult_wait"], load_site("demo")
    rows = [row for row in fold_in_memory(worked_example.events(), HOUSE) if row.stage == kpi.stage and not row.series]
    lengths = [row.millis // 1000 for row in rows if row.millis is not None and not row.excluded]
    found = gaps_of_day(published_example, "H001", kpi, DAY)
    assert len(lengths) == 2 and found == gaps(kpi, {"normal": lengths})
    assert [(gap.group, gap.n, gap.value, gap.by) for gap in found] == [("normal", None, None, None)]
    values = values_of_day(published_example, "H001", kpi.code, DAY, by="patient_group")
    told, shown = by_group(published_example, site, kpi, values, DAY, "patient_group")
    assert told.told == {"gaps": found}
    assert [(row["n"], row["p50"], row["waiting"]) for row in shown if not row["series"]] == [("<5", None, 0)]
    assert by_group(published_example, site, kpi, values, DAY, "dept")[1] == values


def test_files_have_no_pseudonyms_and_no_statistics_of_few(published_example: Warehouse, tmp_path: Path) -> None:
    days = ["2025-03-02", DAY]
    assert export(published_example, "H001", "departments", days, tmp_path / "d.csv", "csv", False) >= 2
    head, *lines = (tmp_path / "d.csv").read_text("utf-8").splitlines()
    assert head.startswith('"facility_id","day","dept","visits"')
    assert any(line.startswith(f'"H001",{DAY},"DERM",1,1,,,,') for line in lines), lines
    for pseudonyms in (False, True):
        written = export(published_example, "H001", "visits", days, tmp_path / "v.parquet", "parquet", pseudonyms)
        table = pyarrow.parquet.read_table(tmp_path / "v.parquet")
        assert (table.num_rows, "visit_id" in table.column_names) == (written, pseudonyms)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d.csv", "v.parquet"]


def test_what_cannot_be_exported_is_said() -> None:
    for words, why in (
        (["moon", "--from", DAY], "No mart moon"),
        (["doctors", "--from", DAY], "asks with --pseudonyms"),
        (["visits", "--from", DAY, "--format", "xls"], "No format xls"),
    ):
        done = CliRunner().invoke(app, ["mart", "export", *words])
        assert isinstance(done.exception, Misconfigured) and why in str(done.exception)
    assert "departments:" in CliRunner().invoke(app, ["mart", "list"]).output
