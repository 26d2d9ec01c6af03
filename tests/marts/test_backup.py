"""A backup is one when it was restored: every table the same, and the day that is built of it too."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import count
from pathlib import Path
from threading import Event, Thread

import pytest

from ingest.errors import Misconfigured
from ingest.settings import load_site
from tests import worked_example as example
from tests.services_warehouse import EmbeddedProcess, filled
from tests.timeline import DAY
from warehouse.backup import back_up, restore
from warehouse.client import Warehouse, connect
from warehouse.kpi_history import history_of
from warehouse.marts import build_day, measured

pytestmark = pytest.mark.services

KPI = next(kpi for kpi in measured() if kpi.code == "consult_wait")


@pytest.fixture(scope="module")
def kept(published_example: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("backup") / "kept"
    tables = back_up(published_example, folder)
    assert tables["events"].rows > 10 and tables["kpi_ledger"].rows > 100
    return folder


def test_what_was_kept_is_a_warehouse_again(kept: Path, warehouse: Warehouse, published_example: Warehouse) -> None:
    assert {name: table.rows for name, table in restore(warehouse, kept).items() if table.rows}.keys() >= {
        "events", "stage_rows", "kpi_values", "mart_builds", "kpi_ledger", "publications", "source_priority"
    }  # fmt: skip
    assert set(filled(published_example)) - set(filled(warehouse)) <= {"day_events", "day_facts"}
    build_day(warehouse, load_site("demo"), DAY, example.AS_OF)
    [only] = history_of(warehouse, "H001", KPI, "day", DAY, {})
    assert only.value == 52.0  # published again, and nothing to restate
    with pytest.raises(Misconfigured, match="is not empty"):
        restore(warehouse, kept)


def test_a_backup_is_of_one_moment_while_rows_still_come(
    warehouse: Warehouse, embedded: EmbeddedProcess, tmp_path: Path
) -> None:
    done = Event()

    def goes_on() -> None:
        for second in count():
            warehouse.insert(
                "retained", ("name", "kept_from"), [("events", date(2020, 1, 1) + timedelta(days=second % 9))]
            )
            if done.is_set():
                return

    writer = Thread(target=goes_on)
    writer.start()
    try:
        kept = [back_up(warehouse, tmp_path / f"kept-{n}")["retained"].rows for n in range(5)]
    finally:
        done.set()
        writer.join()
    assert kept == sorted(set(kept))  # rows came all the while
    names = {row["name"] for row in warehouse.rows("select name from system.tables where database = currentDatabase()")}
    assert "retained" in names and not any(name.endswith("_keeping") for name in names)
    for n in range(5):
        with embedded.lent() as settings:
            empty = connect(settings)
            assert restore(empty, tmp_path / f"kept-{n}")["retained"].rows == kept[n]
            empty.close()


def test_a_damaged_backup_is_found(kept: Path, warehouse: Warehouse, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="is no backup"):
        restore(warehouse, tmp_path)
    for path in kept.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "publications.native.zst").write_bytes((kept / "mart_builds.native.zst").read_bytes()[:40])
    with pytest.raises(Misconfigured, match="publications"):
        restore(warehouse, tmp_path)


def test_a_folder_that_is_there_is_not_written_into(published_example: Warehouse, kept: Path) -> None:
    with pytest.raises(Misconfigured, match="is there already"):
        back_up(published_example, kept)
