"""A real PostgreSQL, started once a session: the rehearsal hospital's database."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from infra.local.postgres import PostgresProcess, start_postgres

# A log that says what changed, as change capture needs it.
LOGICAL = {"wal_level": "logical"}


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresProcess]:
    """The server. Tests make tables of their own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = start_postgres(tmp_path_factory.mktemp("postgres"), port, settings=LOGICAL)
    yield server
    server.stop()
