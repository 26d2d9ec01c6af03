"""Ctrl-C and SIGTERM as an exception that nobody swallows, and that never comes between a process and its note.

A started process that is not yet written down would outlive the stack; so while one starts, the signal waits.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_asked = threading.Event()
_starting = threading.Event()


class Interrupted(BaseException):
    """Asked to stop. No mere Exception, and remembered too: a client that was at work might swallow it."""


def listen() -> None:
    """From now on both signals raise Interrupted."""
    for number in _SIGNALS:
        signal.signal(number, _on_signal)


def deafen() -> None:
    """From now on both signals are ignored: we are stopping already."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def heed() -> None:
    """Raise Interrupted when we were asked to stop and somebody swallowed it."""
    if _asked.is_set():
        raise Interrupted


@contextmanager
def undisturbed() -> Iterator[None]:
    """What is inside is done whole; a signal that came meanwhile is raised at its end."""
    _starting.set()
    try:
        yield
    finally:
        _starting.clear()
    heed()


def _on_signal(_number: int, _frame: FrameType | None) -> None:
    _asked.set()
    if not _starting.is_set():
        raise Interrupted
