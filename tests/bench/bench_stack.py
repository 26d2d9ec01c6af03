"""Time and memory of the one-machine stack: from nothing to a board that answers, at rest, and after a clinic's day.

A stack of its own, on free ports and in a fresh home: keys, broker, engine, feeds, worker, loader, board, Dagster. Then
a rehearsed clinic tells yesterday and today as fast as the feeds take it. Memory is resident, each process with its
children; pages that they share count in each.
"""

from __future__ import annotations

import socket
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from infra.local.stack import Stack, dagster_port
from infra.local.supervisor import Service, hispulse
from ingest.bus import CONTROL, consumer, event_topic
from ingest.clock import ClockMap, write_clock
from ingest.errors import Unavailable
from ingest.events import domains
from ingest.settings import load_site
from tests.bench.figure import Figure, less_is_better, more_is_better
from tests.scenarios.chain import site_on_free_ports
from warehouse.client import connect

_PATIENCE_S = 300
_REST_S = 5  # after the start, until what only starting needs is over


def run(quick: bool) -> list[Figure]:
    """Start, rest, and unless in haste a clinic's day."""
    with tempfile.TemporaryDirectory(prefix="hispulse-bench-") as directory:
        site = load_site(str(site_on_free_ports(Path(directory), load_site("demo").path.read_text("utf-8"))))
        stack = Stack(site, Path(directory) / "home")
        stack.check()
        write_clock(stack.home / "clock.json", ClockMap())
        try:
            figures = _started(stack)
            time.sleep(_REST_S)
            figures += _memory(stack, "at rest")
            if not quick:
                figures += _told(stack)
                figures += _memory(stack, "after the day")
        finally:
            began = time.monotonic()
            stack.stop()
    return [*figures, less_is_better("stopping everything", time.monotonic() - began, "s")]


def _started(stack: Stack) -> list[Figure]:
    began = time.monotonic()
    stack.start_stores(_nobody)
    stored = time.monotonic() - began
    stack.start_stages(_nobody)
    served = time.monotonic() - began
    _until(lambda: _answers(dagster_port(stack.site)), "Dagster's page")
    return [
        less_is_better("first start, until the stores are ready", stored, "s"),
        less_is_better("first start, until the board answers", served, "s"),
        less_is_better("first start, until Dagster answers", time.monotonic() - began, "s"),
    ]


def _told(stack: Stack) -> list[Figure]:
    """A clinic's two days, from the first message to the last row stored."""
    began = time.monotonic()
    stack.supervisor.start(Service(name="rehearse", argv=hispulse("rehearse", "--size", "clinic", "--speed", "0")))
    code = stack.supervisor.wait("rehearse")
    if code:
        raise Unavailable(f"rehearse failed (exit {code}){stack.supervisor.last_words('rehearse')}")
    events = _events(stack)
    warehouse = connect(stack.warehouse)
    _until(lambda: warehouse.rows("select count() as n from events")[0]["n"] >= events, "the loader")
    return [more_is_better("told over the feeds and loaded", events / (time.monotonic() - began), "events/s")]


def _events(stack: Stack) -> int:
    """How many events lie on the topics."""
    reader = consumer(stack.bus, [event_topic(domain) for domain in domains() if event_topic(domain) != CONTROL])
    try:
        return sum(reader.end_offsets(list(reader.assignment())).values())
    finally:
        reader.close()


def _memory(stack: Stack, when: str) -> list[Figure]:
    """Resident memory of each process with its children, and of all."""
    sizes = {known.name: _resident_mb(known.pid) for known in stack.supervisor.remembered()}
    each = [less_is_better(f"memory {when}: {name}", size, "MB") for name, size in sizes.items()]
    return [*each, less_is_better(f"memory {when}: all", sum(sizes.values()), "MB")]


def _resident_mb(pid: int) -> float:
    first = psutil.Process(pid)
    total = 0
    for process in (first, *first.children(recursive=True)):
        try:
            total += process.memory_info().rss
        except psutil.NoSuchProcess:  # it ended between two looks
            continue
    return total / 1024**2


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not holds():
        if time.monotonic() > deadline:
            raise Unavailable(f"Waited {_PATIENCE_S} s for {what}.")
        time.sleep(0.1)


def _nobody(_step: str) -> None:
    """A benchmark starts the stack in silence."""
