"""Two processes never build the same day at once: the second waits, and is refused when it has waited long enough."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from ingest.errors import Unavailable
from ingest.settings import load_site
from tests import worked_example as example
from tests.marts.commands import Terminal
from tests.marts.rows import rows_of_day
from tests.timeline import DAY
from warehouse.client import Warehouse, WarehouseSettings
from warehouse.day_lock import DayLock
from warehouse.marts import build_day
from warehouse.rows import store

pytestmark = pytest.mark.services

SITE = load_site("demo")

# Holds the day until it is told to go on.
HOLD = f"""
from ingest.settings import load_site
from warehouse.client import WarehouseSettings, connect
from warehouse.day_lock import DayLock
with DayLock(connect(load_site("demo").section("warehouse", WarehouseSettings)), "H001", "{DAY}"):
    print("held", flush=True)
    input()
"""


@pytest.fixture
def terminal(warehouse_settings: WarehouseSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("HISPULSE_HOME", str(tmp_path))  # this process is one of those that keep off each other
    return Terminal(warehouse_settings, tmp_path)


def test_builds_of_one_day_that_begin_together_come_one_after_the_other(
    warehouse: Warehouse, terminal: Terminal
) -> None:
    store(warehouse, example.events())
    builds = [terminal.start("mart", "build", "--day", DAY) for _ in range(3)]
    said = [build.communicate(timeout=300) for build in builds]
    assert [build.returncode for build in builds] == [0, 0, 0], said
    assert {out[: out.index(" from")] for out, _ in said} == {said[0][0][: said[0][0].index(" from")]}
    assert len(rows_of_day(warehouse, DAY)) == int(said[0][0].split()[1])
    stretches = warehouse.rows(
        "select toUnixTimestamp64Milli(computed_at) as began, began + seconds * 1000 as ended from mart_builds"
        " order by began"
    )
    assert len(stretches) == 3
    assert all(before["ended"] <= after["began"] + 1 for before, after in pairwise(stretches))


def test_whoever_comes_second_waits_until_the_first_has_ended(warehouse: Warehouse, terminal: Terminal) -> None:
    store(warehouse, example.events())
    holder = terminal.start_python(HOLD)
    assert holder.stdout and holder.stdout.readline() == "held\n"
    second = terminal.start("mart", "build", "--day", DAY)
    with pytest.raises(Unavailable, match=f"{DAY} is being built by process {holder.pid}"):
        build_day(warehouse, SITE, DAY, example.AS_OF, wait_s=0.5)
    assert warehouse.rows("select count() as n from mart_builds")[0]["n"] == 0
    holder.communicate("go on\n", timeout=60)
    second.communicate(timeout=300)
    assert second.returncode == 0
    assert warehouse.rows("select count() as n from mart_builds")[0]["n"] == 1


def test_a_day_whose_builder_was_killed_may_be_built(warehouse: Warehouse, terminal: Terminal) -> None:
    holder = terminal.start_python(HOLD)
    assert holder.stdout and holder.stdout.readline() == "held\n"
    holder.kill()
    holder.communicate(timeout=60)
    with DayLock(warehouse, "H001", DAY, wait_s=0):
        pass


def test_other_days_are_not_waited_for(warehouse: Warehouse, terminal: Terminal) -> None:
    with DayLock(warehouse, "H001", DAY, wait_s=0), DayLock(warehouse, "H001", "2025-03-04", wait_s=0):
        pass


def test_what_has_been_given_back_leaves_nothing_behind(
    warehouse: Warehouse, terminal: Terminal, tmp_path: Path
) -> None:
    with DayLock(warehouse, "H001", DAY) as lock:
        lock.take()  # it has it already
        assert len(list((tmp_path / "locks").iterdir())) == 1
    assert list((tmp_path / "locks").iterdir()) == []
