"""A real warehouse for the tests: the embedded engine as a process of its own, and an empty database for each test.

A database with all its tables and views takes most of a second to make, so that one is emptied and lent again.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from ingest.errors import Unavailable
from ingest.settings import load_site
from warehouse.client import Warehouse, WarehouseSettings, connect
from warehouse.migrate import make_database, migrate
from warehouse.views import make_views, set_source_priority

ROOT = Path(__file__).resolve().parent.parent


class EmbeddedProcess:
    """`warehouse.embedded` in a process, as the one-machine stack runs it."""

    def __init__(self, directory: Path, port: int | None = None) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.password_file = directory / "password"
        if not self.password_file.exists():
            self.password_file.write_text(secrets.token_urlsafe(12))
        self.settings = WarehouseSettings(port=port or _free_port(), password_file=str(self.password_file))
        self._process: subprocess.Popen[bytes] | None = None
        self._idle: list[WarehouseSettings] = []
        self._layouts: dict[str, str] = {}  # database → its tables and views as they were made

    def start(self) -> EmbeddedProcess:
        """Start and wait until it answers."""
        told = msgspec.json.encode(self.settings).decode()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.serve_warehouse", str(self.directory / "data"), told],
            cwd=ROOT,
            env={k: v for k, v in os.environ.items() if k != "HISPULSE_WAREHOUSE_PASSWORD"},
        )
        for _ in range(300):
            if self._process.poll() is not None:
                raise RuntimeError(f"the embedded warehouse ended with {self._process.returncode}")
            try:
                connect(msgspec.structs.replace(self.settings, database="default")).close()
                return self
            except Unavailable:
                time.sleep(0.1)
        raise RuntimeError("the embedded warehouse does not answer")

    def peak_memory_mb(self) -> float:
        """The most memory that it has had so far."""
        assert self._process is not None
        said = Path(f"/proc/{self._process.pid}/status").read_text("ascii")
        return int(said.split("VmHWM:")[1].split()[0]) / 1024

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End it and return its exit code."""
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(how)
        return process.wait(30)

    def database(self, name: str) -> WarehouseSettings:
        """Settings of a fresh database with all tables and views, its sources ranked as the demo site's."""
        settings = msgspec.structs.replace(self.settings, database=name)
        make_database(settings)
        warehouse = connect(settings)
        migrate(warehouse)
        make_views(warehouse)
        set_source_priority(warehouse, load_site("demo").hospital.source_priority)
        warehouse.close()
        return settings

    @contextmanager
    def lent(self) -> Iterator[WarehouseSettings]:
        """Settings of an empty database, as `database` makes it; afterwards it serves others."""
        settings = self._idle.pop() if self._idle else self.database(f"t_{secrets.token_hex(4)}")
        connection = connect(settings)
        self._layouts.setdefault(settings.database, layout(connection))
        yield settings
        if layout(connection) == self._layouts[settings.database]:
            _empty(connection)
            self._idle.append(settings)
        else:  # the test changed its tables
            connection.command("drop database {name:Identifier}", {"name": settings.database})
        connection.close()


def _empty(warehouse: Warehouse) -> None:
    for name in filled(warehouse):
        warehouse.command("truncate table {name:Identifier}", {"name": name})
    set_source_priority(warehouse, load_site("demo").hospital.source_priority)


def filled(warehouse: Warehouse) -> list[str]:
    """The tables that have rows, but for what every database has."""
    return [row["name"] for row in warehouse.rows(_FILLED, {"database": warehouse.database})]


def layout(warehouse: Warehouse) -> str:
    """All tables and views of a database, as a hash."""
    return str(warehouse.rows(_LAYOUT, {"database": warehouse.database})[0]["said"])


_LAYOUT = """
select hex(groupBitXor(cityHash64(create_table_query))) as said from system.tables where database = {database:String}
"""
_FILLED = """
select name from system.tables
where database = {database:String} and total_rows > 0 and engine like '%MergeTree'
    and name not in ('migrations', 'source_priority')
order by name
"""


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedProcess]:
    """One engine for the whole session. Tests that stop engines start their own."""
    process = EmbeddedProcess(tmp_path_factory.mktemp("warehouse")).start()
    yield process
    process.stop()


@pytest.fixture
def own_engine(tmp_path: Path) -> Iterator[EmbeddedProcess]:
    """An engine that a test may kill; it is gone when the test ends, however it ends."""
    process = EmbeddedProcess(tmp_path).start()
    yield process
    process.stop()


@pytest.fixture
def warehouse_settings(embedded: EmbeddedProcess) -> Iterator[WarehouseSettings]:
    """Settings of an empty, migrated database; its password is in `password_file`."""
    with embedded.lent() as settings:
        yield settings


@pytest.fixture
def warehouse(warehouse_settings: WarehouseSettings) -> Iterator[Warehouse]:
    """A connection to an empty, migrated database."""
    connection = connect(warehouse_settings)
    yield connection
    connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
