"""Keeps a stack's processes alive: what ends by itself is started again, later each time it falls soon after.

`hispulse up` leaves one keeper behind, `hispulse demo` is one itself; `hispulse status` reads what it has written down.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Collection
from pathlib import Path

import msgspec
import structlog

from infra.local.supervisor import KEEPER, Remembered, Supervisor
from ingest.clock import real_now_ms

log = structlog.get_logger()

STEADY_MS = 60_000  # who has lived so long has recovered: its next fall counts as the first
LONGEST_MS = 60_000
_LOOK_S = 0.5


class Fall(msgspec.Struct, frozen=True):
    """What became of a process that ended by itself; times are real, UTC ms."""

    name: str
    times: int  # in a row, each soon after its start
    at: int
    again_at: int  # when it is, or was, started again
    why: str  # its exit code, where known, and its last words


class Watch(msgspec.Struct, frozen=True):
    """What a keeper has written down: who it is, and who fell."""

    pid: int = 0
    falls: dict[str, Fall] = {}


def watch_over(home: Path) -> Watch:
    """What the keeper of a home has written down last."""
    try:
        return msgspec.json.decode((home / "watch.json").read_bytes(), type=Watch)
    except (OSError, msgspec.DecodeError):
        return Watch()


class Keeper:
    """Looks after the processes that a supervisor remembers, except those that may end."""

    def __init__(self, supervisor: Supervisor, may_end: Collection[str] = ()) -> None:
        self._supervisor = supervisor
        self._kept = {k.name: k for k in supervisor.remembered() if k.name not in (KEEPER, *may_end)}
        self._started = dict.fromkeys(self._kept, real_now_ms())
        self._falls: dict[str, Fall] = {}
        self._down: set[str] = set()
        self._write()

    def look(self) -> list[Fall]:
        """Start again what is due; the falls that are new since the last look."""
        now_ms, fresh = real_now_ms(), []
        for name, known in self._kept.items():
            if name in self._down:
                if now_ms >= self._falls[name].again_at:
                    self._start(known, now_ms)
            elif not self._supervisor.is_alive(known):
                fresh.append(self._fell(name, now_ms))
        if fresh:
            self._write()
        return fresh

    def keep(self, stop: threading.Event) -> None:
        """Look until told to stop, or until the home is gone or another's."""
        while not stop.wait(_LOOK_S) and watch_over(self._supervisor.home).pid == os.getpid():
            for fall in self.look():
                log.warning("ended by itself", process=fall.name, times=fall.times, again_at=fall.again_at)

    def _fell(self, name: str, now_ms: int) -> Fall:
        before = self._falls.get(name)
        soon = before is not None and now_ms - self._started[name] < STEADY_MS
        times = before.times + 1 if soon and before else 1
        code = dict(self._supervisor.ended()).get(name)
        why = ("" if code is None else f"exit {code}") + self._supervisor.last_words(name)
        pause_ms = min(LONGEST_MS, 1000 * 2 ** (times - 1))
        fall = self._falls[name] = Fall(name, times, now_ms, now_ms + pause_ms, why.removeprefix("; "))
        self._down.add(name)
        return fall

    def _start(self, known: Remembered, now_ms: int) -> None:
        self._kept[known.name] = self._supervisor.start_again(known)
        self._started[known.name] = now_ms
        self._down.discard(known.name)

    def _write(self) -> None:
        watch = Watch(os.getpid(), self._falls)
        (self._supervisor.home / "watch.json").write_bytes(msgspec.json.encode(watch))
