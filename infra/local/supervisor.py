"""Starts processes, remembers them on disk, and stops every one of them, also those of a stack that died.

Each process leads its own process group, writes to its own log, and is remembered in `run/<name>.json`, so that
`hispulse down` in another terminal, or the next start, finds what is left.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec
import psutil

from infra.local.interruption import undisturbed
from infra.local.kafka import wait_for_port
from ingest.errors import Unavailable

KEEPER = "keeper"  # the process that starts others again: it is stopped before them


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """One process of the stack: what to run, and the port by which it is known to be ready."""

    name: str
    argv: tuple[str, ...]
    port: int | None = None
    environment: dict[str, str] = {}
    patience_s: float = 60.0
    is_store: bool = False  # others write to it until they end: it is stopped after them


class Remembered(msgspec.Struct, frozen=True):
    """A started process; `born` tells it from a later one with the same number."""

    name: str
    pid: int
    born: float
    order: int
    port: int | None = None
    is_store: bool = False
    argv: tuple[str, ...] = ()
    environment: dict[str, str] = {}


class Supervisor:
    """The processes of one stack, under one home directory."""

    def __init__(self, home: Path, environment: Mapping[str, str]) -> None:
        self.home = home
        self._environment = dict(environment)
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, service: Service) -> None:
        """Start a service and wait until its port answers. Raises Unavailable with its last log line."""
        for name in ("run", "logs"):
            (self.home / name).mkdir(parents=True, exist_ok=True)
        log = self.log(service.name)
        with undisturbed():
            child = self._spawn(service.name, service.argv, service.environment)
            self._remember(service, child.pid)
        if service.port is not None:
            try:
                wait_for_port(service.port, child, service.patience_s, log)
            except Unavailable as error:
                raise Unavailable(f"{service.name} did not start: {error}{_last_words(log)}") from None

    def start_again(self, known: Remembered) -> Remembered:
        """Start a process that has ended, as it was started before; nobody waits until it answers."""
        with undisturbed():
            child = self._spawn(known.name, known.argv, known.environment)
            again = msgspec.structs.replace(known, pid=child.pid, born=psutil.Process(child.pid).create_time())
            self._write(again)
        return again

    def is_alive(self, known: Remembered) -> bool:
        """Whether that very process lives."""
        if (child := self._children.get(known.name)) is not None:
            child.poll()
        return _is_alive(known)

    def wait(self, name: str) -> int:
        """Wait until a service started here ends by itself; its exit code."""
        code = self._children.pop(name).wait()
        (self.home / "run" / f"{name}.json").unlink(missing_ok=True)
        return code

    def log(self, name: str) -> Path:
        """Where a service's output goes."""
        return self.home / "logs" / f"{name}.log"

    def ended(self) -> list[tuple[str, int]]:
        """Services started here that have ended by themselves, with their exit code."""
        return [(n, c.returncode) for n, c in self._children.items() if c.poll() is not None]

    def last_words(self, name: str) -> str:
        """The last line a service logged, for an error sentence."""
        return _last_words(self.log(name))

    def remembered(self) -> list[Remembered]:
        """Every process of this stack that is alive, in order of start; forgets the dead."""
        alive = []
        for note in (self.home / "run").glob("*.json"):
            try:
                known = msgspec.json.decode(note.read_bytes(), type=Remembered)
            except (msgspec.DecodeError, FileNotFoundError):
                note.unlink(missing_ok=True)
                continue
            if _is_alive(known):
                alive.append(known)
            else:
                note.unlink(missing_ok=True)
        return sorted(alive, key=lambda r: r.order)

    def stop_all(self, patience_s: float = 15.0) -> int:
        """Stop everything, stores after those that use them; insist after `patience_s`. Returns how many."""
        self.stop(KEEPER, patience_s)
        alive = self.remembered()
        self._stop_together([known for known in alive if not known.is_store], patience_s)
        self._stop_together([known for known in alive if known.is_store], patience_s)
        return len(alive)

    def stop(self, name: str, patience_s: float = 15.0) -> None:
        """Stop one service."""
        self._stop_together([known for known in self.remembered() if known.name == name], patience_s)

    def _stop_together(self, group: list[Remembered], patience_s: float) -> None:
        for known in group:
            _signal_group(known.pid, signal.SIGTERM)
        deadline = time.monotonic() + patience_s
        while any(_is_alive(known) for known in group) and time.monotonic() < deadline:
            for known in group:
                if (child := self._children.get(known.name)) is not None:
                    child.poll()
            time.sleep(0.05)
        for known in group:
            _signal_group(known.pid, signal.SIGKILL)  # also what it left behind in its group
            (self.home / "run" / f"{known.name}.json").unlink(missing_ok=True)

    def _spawn(self, name: str, argv: tuple[str, ...], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        with self.log(name).open("ab") as out:
            child = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                env={**os.environ, **self._environment, **environment},
            )
        self._children[name] = child
        return child

    def _remember(self, service: Service, pid: int) -> None:
        born, order = psutil.Process(pid).create_time(), len(self._children)
        s = service
        self._write(Remembered(s.name, pid, born, order, s.port, s.is_store, s.argv, s.environment))

    def _write(self, known: Remembered) -> None:
        (self.home / "run" / f"{known.name}.json").write_bytes(msgspec.json.encode(known))


def hispulse(*words: str) -> tuple[str, ...]:
    """The command line of one of our own processes, in this very environment."""
    return (sys.executable, "-m", "hispulse", *words)


def _is_alive(known: Remembered) -> bool:
    try:
        process = psutil.Process(known.pid)
        same = abs(process.create_time() - known.born) < 1
        return bool(same and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _signal_group(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def _last_words(log: Path) -> str:
    lines = [line for line in log.read_text("utf-8", "replace").splitlines() if line.strip()] if log.exists() else []
    return f"; its last words: {lines[-1][:300]}" if lines else ""
