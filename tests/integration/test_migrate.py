"""Migrations are applied once, in order, and an edited one is refused before anything changes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ingest.errors import Misconfigured
from tests.services_warehouse import EmbeddedProcess
from warehouse.client import Warehouse, WarehouseSettings
from warehouse.migrate import MIGRATIONS, make_database, migrate, migrations
from warehouse.views import make_views, set_source_priority

pytestmark = pytest.mark.services


def test_a_fresh_database_has_them_all_and_a_second_run_changes_nothing(warehouse: Warehouse) -> None:
    applied = warehouse.rows("select name, applied_at from migrations order by name")
    assert [row["name"] for row in applied] == sorted(path.name for path in MIGRATIONS.glob("*.sql"))
    assert migrate(warehouse) == []
    assert warehouse.rows("select name, applied_at from migrations order by name") == applied


def test_a_new_file_is_applied_and_only_it(warehouse: Warehouse, tmp_path: Path) -> None:
    folder = shutil.copytree(MIGRATIONS, tmp_path / "migrations")
    (folder / "9000_beds.sql").write_text(
        "create table beds (n UInt8) engine = MergeTree order by n; -- one; comment\n"
    )
    assert migrate(warehouse, folder) == ["9000_beds.sql"]
    assert warehouse.rows("select count() as n from beds") == [{"n": 0}]


def test_an_edited_file_is_refused_and_nothing_is_applied(warehouse: Warehouse, tmp_path: Path) -> None:
    folder = shutil.copytree(MIGRATIONS, tmp_path / "migrations")
    first = folder / "0001_events.sql"
    first.write_text(first.read_text() + "-- a thought\n")
    (folder / "9000_beds.sql").write_text("create table beds (n UInt8) engine = MergeTree order by n")
    with pytest.raises(Misconfigured, match=r"0001_events\.sql was edited after it was applied"):
        migrate(warehouse, folder)
    assert warehouse.rows("exists table beds")[0]["result"] == 0


def test_a_database_of_a_newer_program_is_refused(warehouse: Warehouse) -> None:
    warehouse.insert("migrations", ("name", "checksum"), [("9999_future.sql", "?")])
    with pytest.raises(Misconfigured, match=r"9999_future\.sql, which this program does not know"):
        migrate(warehouse)


def test_two_files_with_one_number_are_refused(tmp_path: Path) -> None:
    for name in ("0001_a.sql", "0001_b.sql"):
        (tmp_path / name).write_text("select 1")
    with pytest.raises(Misconfigured, match="number 0001"):
        migrations(tmp_path)


def test_views_can_be_made_again_and_the_order_of_sources_is_written_when_it_changes(warehouse: Warehouse) -> None:
    assert "ev_queue_joined" in make_views(warehouse)
    set_source_priority(warehouse, ["B", "A"])
    set_source_priority(warehouse, ["B", "A"])
    rows = warehouse.rows("select sources from source_priority order by set_at")
    assert [list(row["sources"]) for row in rows][-1] == ["B", "A"]
    assert len(rows) == 2


def test_the_database_is_made_where_it_is_missing(
    embedded: EmbeddedProcess, warehouse: Warehouse, warehouse_settings: WarehouseSettings
) -> None:
    warehouse.command("drop database {name:Identifier}", {"name": warehouse_settings.database})
    make_database(warehouse_settings)
    make_database(warehouse_settings)
    assert warehouse.rows("select currentDatabase() as name") == [{"name": warehouse_settings.database}]
