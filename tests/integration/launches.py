"""Runs of the job that closes a day, each in a process of its own, which may end by SIGKILL at a place of a step.

A place is before the nth thing that the step says to the warehouse, of those with a text in them, or to the log. The
processes are forked from a server that has imported what they need, so that each costs no more than its work.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

STEPS = ("heard", "stage_rows", "events", "journeys", "kpi_values", "kpi_checks", "published", "periods")
_ROOM = f"{os.sep}orchestration{os.sep}"
_PRELOADED = [
    "dagster", "great_expectations", "great_expectations.expectations", "pandas", "kafka",
    "orchestration.assets", "orchestration.checks", "orchestration.report_assets", "orchestration.schedules",
]  # fmt: skip


class Place(NamedTuple):
    """Where a run is killed: before a step has said the nth thing with this text."""

    step: str
    text: str = ""
    nth: int = 1


class Launcher:
    """Launches runs for one site, with a home of their own."""

    def __init__(self, site_file: Path, home: Path, clock: Path, day: str) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self._env = {
            "HISPULSE_SITE": str(site_file), "HISPULSE_HOME": str(home), "DAGSTER_HOME": str(home / "dagster"),
            "HISPULSE_CLOCK": str(clock),
        }  # fmt: skip
        self._day = day
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(_PRELOADED)

    def close(self, killed_at: Place | None = None, left: tuple[str, ...] = ()) -> int:
        """Run the job to its end, or of a run that was killed what is left; the exit code, -9 when it was killed."""
        run = self._context.Process(target=_close, args=(self._env, self._day, killed_at, left))
        run.start()
        run.join(1200)
        assert run.exitcode is not None, "the run did not end"
        return run.exitcode


def _close(env: dict[str, str], day: str, killed_at: Place | None, left: tuple[str, ...]) -> None:
    os.environ.update(env)
    log = os.open(Path(env["HISPULSE_HOME"], "log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    if killed_at is not None:
        sys.addaudithook(_killer(killed_at))
    sys.exit(0 if (_go_on(day, left) if left else _run(day)) else 1)


def _run(day: str) -> bool:
    from orchestration.close import close_day

    return close_day(day, close_anyway=True, periods_later=os.environ.get("HISPULSE_NIGHTLY") is None)


def _go_on(day: str, left: tuple[str, ...]) -> bool:
    """What Dagster runs again of a run that was killed: the steps that have not been done."""
    import dagster as dg

    from orchestration.definitions import defs
    from orchestration.orphans import end_orphans

    config = {"ops": {"day__periods": {"config": {"later": os.environ.get("HISPULSE_NIGHTLY") is None}}}}
    with dg.DagsterInstance.get() as instance:
        assert len(end_orphans(instance)) == 1, "the run that was killed is not found"
        job = defs.resolve_job_def("close_day")
        keys = [dg.AssetKey(["day", step]) for step in left]
        return job.execute_in_process(
            partition_key=day, instance=instance, asset_selection=keys, raise_on_error=False, run_config=config
        ).success


def _killer(place: Place) -> Callable[[str, tuple[Any, ...]], None]:
    heard = Counter[Place]()

    def hear(event: str, args: tuple[Any, ...]) -> None:
        if event == "http.client.send":
            text = bytes(args[1]).decode("utf-8", "replace") if isinstance(args[1], bytes | bytearray) else ""
        elif event == "socket.connect":
            text = ""
        else:
            return
        if place.text in text and _step(sys._getframe(1)) == place.step:
            heard[place] += 1
            if heard[place] == place.nth:
                os.kill(os.getpid(), signal.SIGKILL)

    return hear


def _step(frame: FrameType | None) -> str | None:
    """The step of the job that these frames are in."""
    while frame is not None:
        if frame.f_code.co_name in STEPS and _ROOM in frame.f_code.co_filename:
            return frame.f_code.co_name
        frame = frame.f_back
    return None
