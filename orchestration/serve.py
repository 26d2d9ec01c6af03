"""Dagster's web interface and daemon as one service, stopped together."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import dagster as dg

from ingest.errors import Unavailable
from ingest.settings import home
from orchestration.orphans import end_orphans
from orchestration.resources import site_name


def dagster_home() -> Path:
    """DAGSTER_HOME, made ready: under HISPULSE_HOME, with our settings in it."""
    directory = Path(os.environ.get("DAGSTER_HOME") or home() / "dagster")
    directory.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(Path(__file__).resolve().parent / "dagster.yaml", directory / "dagster.yaml")
    os.environ["DAGSTER_HOME"] = str(directory)
    return directory


def serve(host: str, port: int) -> None:
    """Run web interface and daemon until SIGTERM or SIGINT. Raises Unavailable when one of them ends by itself."""
    dagster_home()
    os.environ.setdefault("HISPULSE_SITE", site_name())
    _put_in_order()
    module = ["-m", "orchestration.definitions"]
    children = [
        _start(["dagster-webserver", *module, "-h", host, "-p", str(port)]),
        _start(["dagster-daemon", "run", *module]),
    ]
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda n, _frame: stopping.append(n))
    try:
        while not stopping and all(child.poll() is None for child in children):
            time.sleep(0.2)
    finally:
        _stop(children)
    if not stopping:
        raise Unavailable("Dagster's web interface or daemon ended by itself; its log is above.")


def _put_in_order() -> None:
    """Make the storage before two processes would at once, and end the runs that a stopped machine left behind."""
    with dg.DagsterInstance.get() as instance:
        end_orphans(instance, watched_too=True)
        instance.get_event_records(dg.EventRecordsFilter(dg.DagsterEventType.RUN_SUCCESS), limit=1)
        instance.all_instigator_state()


def _start(words: Sequence[str]) -> subprocess.Popen[bytes]:
    program = Path(sys.executable).parent / words[0]
    return subprocess.Popen([str(program), *words[1:]])


def _stop(children: Sequence[subprocess.Popen[bytes]]) -> None:
    for child in children:
        if child.poll() is None:
            child.send_signal(signal.SIGINT)  # Dagster's own way to stop cleanly
    deadline = time.monotonic() + 4  # a run under way would take longer; it is written off at the next start
    for child in children:
        try:
            child.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
