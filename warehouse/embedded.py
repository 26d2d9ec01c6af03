"""The warehouse on one machine: the ClickHouse engine inside this process, behind ClickHouse's own HTTP interface.

Every other part uses the ordinary client and cannot tell it from a server. chDB opens a data directory for one process
only, has no users and starts no listeners: the lock, the password and the interface (warehouse/http.py) are ours.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from ingest.errors import Misconfigured
from warehouse.accounts import Accounts
from warehouse.analysts.settings import AnalystSettings
from warehouse.client import WarehouseSettings
from warehouse.http import Interface, Refused
from warehouse.statements import Insert, Reading, code_of

_AT_ONCE = 16  # statements that run side by side; the rest wait their turn


class Engine:
    """One chDB process-wide engine; a fresh connection per request, since one connection runs one statement a time."""

    def __init__(self, path: Path) -> None:
        from chdb.state.sqlitelike import Connection  # starts the engine's threads: only in the serving process

        self._connect = Connection
        self._path = str(path)
        self._held = Connection(self._path)  # the engine lives as long as one connection does
        self._turns = threading.BoundedSemaphore(_AT_ONCE)

    def read(self, reading: Reading, database: str, settings: str) -> Iterator[bytes]:
        """The answer of a statement in chunks. Raises Refused."""
        with self._connection(database, settings) as connection:
            if not reading.streams:
                answer = connection.query(reading.text, reading.format)
                yield answer.bytes() if answer is not None else b""
                return
            stream = connection.send_query(reading.text, reading.format)
            empty = True
            try:
                for chunk in stream:
                    empty = False
                    yield chunk.bytes()
            finally:
                stream.cancel()
            if empty and reading.format.lower() == "native":
                yield _columns_only(connection, reading.text)

    def insert(self, insert: Insert, rows: Iterator[bytes], database: str, settings: str) -> int:
        """Insert rows as they come and return how many were written. Raises Refused."""
        with self._connection(database, settings) as connection:
            if insert.settings:
                connection.query(f"set {insert.settings}")
            writer = connection.send_insert(insert.head, insert.format)
            try:
                for chunk in rows:
                    if chunk:
                        writer.append(chunk)
                return int(writer.finish().rows_written)
            except BaseException:
                writer.cancel()
                raise

    def close(self) -> None:
        """Let go of the data."""
        self._held.close()

    @contextmanager
    def _connection(self, database: str, settings: str) -> Iterator[Any]:
        with self._turns:
            connection = self._connect(self._path)
            try:
                if database:
                    connection.query(f"use `{database.replace('`', '')}`")
                connection.query(settings)
                yield connection
            except RuntimeError as error:  # ChdbError among them
                raise Refused(code_of(str(error)), str(error)) from None
            finally:
                connection.close()


def _columns_only(connection: Any, text: str) -> bytes:
    """A Native block of no rows: a server tells the columns of an empty answer, chDB does not."""
    answer = connection.query(f"describe ({text})", "JSONCompactEachRow").bytes()
    columns = [msgspec.json.decode(line)[:2] for line in answer.splitlines()]
    block = bytes([len(columns), 0]) if len(columns) < 128 else b""
    for told in (part.encode() for column in columns for part in column) if block else ():
        length = len(told)
        block += (bytes([length]) if length < 128 else bytes([length & 127 | 128, length >> 7])) + told
    return block


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Hold a data directory. Raises Misconfigured when another process does."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (directory / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Misconfigured(
                f"The warehouse's data in {directory} is in use by another process: "
                "stop that one, or give this one a directory of its own."
            ) from None
        yield


def serve(data_dir: Path, settings: WarehouseSettings, analysts: AnalystSettings, stop: threading.Event) -> None:
    """Serve until told to stop. Raises Misconfigured when the data or the port are taken."""
    directory = data_dir.resolve()
    accounts = Accounts(settings, analysts)
    with locked(directory), _empty_working_directory():
        os.environ["TZ"] = "UTC"  # an instant without a zone means UTC here, wherever the machine stands
        engine = Engine(directory / "clickhouse")
        interface = Interface(settings.host, settings.port, accounts, engine)
        listening = threading.Thread(target=interface.serve_forever, kwargs={"poll_interval": 0.05}, name="listener")
        listening.start()
        stop.wait()
        interface.shutdown()
        listening.join()
        interface.server_close()
        interface.drain(timeout_s=10.0)
        engine.close()


@contextmanager
def _empty_working_directory() -> Iterator[None]:
    """A config.xml lying in the working directory would silently change where the engine keeps its data."""
    with tempfile.TemporaryDirectory(prefix="hispulse-warehouse-") as empty:
        os.chdir(empty)
        yield
        os.chdir("/")
