"""Runs whose process is gone: found, said to have failed, and what they held of the warehouse's pool given back.

A run of the command line is watched by nobody, so it says in its tags which process it is; the next one looks.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

import dagster as dg
import structlog

PROCESS = "hispulse/process"
_UNFINISHED = (dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING)

log = structlog.get_logger("orchestration")


def this_process() -> dict[str, str]:
    """The tag of a run of this process."""
    return {PROCESS: f"{socket.gethostname()} {os.getpid()} {_began(os.getpid())}"}


def end_orphans(instance: dg.DagsterInstance, *, watched_too: bool = False) -> list[str]:
    """Report as failed the unfinished runs whose process on this machine is gone; which they are.

    `watched_too`: also those that tell no process. The service's daemon watches them, so that they are orphans only
    before it has started."""
    ended = []
    for run in instance.get_runs(dg.RunsFilter(statuses=list(_UNFINISHED))):
        told = run.tags.get(PROCESS)
        if watched_too if told is None else _is_gone(told):
            instance.report_run_failed(run, "its process ended in the middle; what it had begun is done again")
            instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
            log.warning("run_was_killed", run=run.run_id, day=run.tags.get("dagster/partition", ""))
            ended.append(run.run_id)
    return ended


def _is_gone(told: str) -> bool:
    host, number, began = told.split(" ")
    return host == socket.gethostname() and _began(int(number)) != began


def _began(process: int) -> str:
    """When a process began, as the kernel counts; "" when there is none, "?" where the kernel does not tell."""
    try:
        return Path(f"/proc/{process}/stat").read_text("ascii", "replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        pass
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        return "?"
    return "?"
