"""A real MariaDB, started once a session: a hospital's database that is no PostgreSQL."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from infra.local.mariadb import MariaDbProcess, mariadbd, start_mariadb
from ingest.errors import Misconfigured


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDbProcess]:
    """The server, with its binary log by rows and in full. Tests make databases of their own."""
    try:
        mariadbd()
    except Misconfigured as error:
        pytest.skip(str(error))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = start_mariadb(tmp_path_factory.mktemp("mariadb"), port)
    yield server
    server.stop()
