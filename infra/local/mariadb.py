"""A real MariaDB from Debian's package, on a directory and a port of its own: a HIS database of the tests.

It writes its binary log by rows and in full, as change data capture needs it, and knows two people: an owner, and a
reader to whom tests grant what they want read.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from infra.local.kafka import wait_for_port
from ingest.errors import Misconfigured

OWNER, READER, PASSWORD = "hospital", "hispulse_reader", "readonly"
ZONE = "+08:00"

# At every start, so that nothing has to speak to the server before its users do.
_USERS = f"""\
create user if not exists '{OWNER}'@'%';
grant all privileges on *.* to '{OWNER}'@'%' with grant option;
create user if not exists '{READER}'@'%' identified by '{PASSWORD}';
"""


@dataclass
class MariaDbProcess:
    """A running server."""

    process: subprocess.Popen[bytes]
    port: int
    directory: Path

    def stop(self, patience_s: float = 20.0) -> None:
        """Ask it to stop, and insist after `patience_s`."""
        self.process.terminate()
        try:
            self.process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def fall_and_rise(self) -> None:
        """What a power cut does, and the start after it. Raises Unavailable."""
        self.process.kill()
        self.process.wait()
        self.process = start_mariadb(self.directory, self.port).process


def mariadbd() -> str:
    """The server's program. Raises Misconfigured."""
    found = shutil.which("mariadbd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None or shutil.which("mariadb-install-db") is None:
        raise Misconfigured("No MariaDB: apt-get install mariadb-server-core (Debian, Ubuntu).")
    return found


def start_mariadb(directory: Path, port: int, patience_s: float = 60.0) -> MariaDbProcess:
    """Start a server on `directory`, preparing it when it is new, and wait until it answers. Raises Unavailable."""
    program = mariadbd()
    directory.mkdir(parents=True, exist_ok=True)
    data, log, users = directory / "data", directory / "mariadb.log", directory / "users.sql"
    if not (data / "mysql").exists():
        _prepare(data)
    users.write_text(_USERS)
    argv = [
        program, "--no-defaults", *_as_whom(), f"--datadir={data}", f"--tmpdir={_tmp(data)}",
        f"--port={port}", "--bind-address=127.0.0.1",
        f"--socket={directory / 's'}", f"--pid-file={directory / 'pid'}", f"--init-file={users}", "--skip-name-resolve",
        f"--default-time-zone={ZONE}", "--character-set-server=utf8mb4", "--innodb-buffer-pool-size=32M",
        "--innodb-flush-log-at-trx-commit=0", "--innodb-use-native-aio=OFF", "--performance-schema=OFF",
        "--server-id=1", "--log-bin=changes", "--binlog-format=ROW", "--binlog-row-image=FULL",
        "--binlog-row-metadata=FULL",
    ]  # fmt: skip
    with log.open("ab") as out:
        process = subprocess.Popen(argv, stdout=out, stderr=out, start_new_session=True)
    wait_for_port(port, process, patience_s, log)
    return MariaDbProcess(process, port, directory)


def _prepare(data: Path) -> None:
    made = subprocess.run(
        ["mariadb-install-db", "--no-defaults", *_as_whom(), f"--datadir={data}", f"--tmpdir={_tmp(data)}",
         "--skip-test-db", "--innodb-use-native-aio=OFF", "--auth-root-authentication-method=normal"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if made.returncode != 0:
        why = next((line for line in made.stderr.splitlines() if "ERROR" in line), "no reason given")
        raise Misconfigured(f"MariaDB's data directory {data} cannot be prepared: {why}.")


def _tmp(data: Path) -> Path:
    """A place of its own for temporary tables: a server that starts clears away all that it finds there."""
    place = data.parent / "tmp"
    place.mkdir(exist_ok=True)
    return place


def _as_whom() -> list[str]:
    """It refuses to run as root unless told so."""
    return ["--user=root"] if os.geteuid() == 0 else []
