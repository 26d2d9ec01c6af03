"""What all tests share: where the public data is, and real services started once a session."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from infra.local.kafka import KafkaProcess, start_kafka

ROOT = Path(__file__).resolve().parent.parent

# Fixtures of single services live beside this file, one module each.
_SERVICES = ("warehouse", "postgres", "mariadb")
pytest_plugins = [name for name in (f"tests.services_{service}" for service in _SERVICES) if find_spec(name)]


def free_port() -> int:
    """A port nobody holds right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def shared() -> Path:
    """The public data beside the project; skips with the missing path's name."""
    path = Path(os.environ.get("HISPULSE_SHARED", ROOT.parent / "shared")) / "data"
    if not path.is_dir():
        pytest.skip(f"public data not found: {path} (set HISPULSE_SHARED)")
    return path


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaProcess]:
    """A real broker for one module's tests: another module may want other topics or partitions."""
    broker = start_kafka(tmp_path_factory.mktemp("kafka"), free_port(), free_port())
    yield broker
    broker.stop()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where nothing may be skipped (HISPULSE_NOTHING_SKIPPED), a service that could not be had is a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not os.environ.get("HISPULSE_NOTHING_SKIPPED"):
        return
    for report in reporter.stats.get("skipped", []):
        reporter.write_line(f"NOT RUN {report.nodeid}: {report.longrepr[-1] if report.longrepr else ''}", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
