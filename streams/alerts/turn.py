"""Whose turn it is to watch: of several watches of a site one writes incidents, the others stand by.

Who watches says so every few seconds in `his.alert.v1`. The last word in the log is that of whoever may write; when it
is old, or says that its owner has gone, the next one may say it. A watch that hears another's newer word stands down.
"""

from __future__ import annotations

import threading

from ingest.clock import real_now_ms
from streams.alerts.incident import Incidents, OnWatch
from streams.alerts.lines import Lines, hear

LAPSE_MS = 15_000  # three words that did not come


def is_ours(word: OnWatch | None, owner: str, real_ms: int) -> bool:
    """May this owner write, after the last word that was said?"""
    return word is None or word.owner in ("", owner) or real_ms - word.real_at > LAPSE_MS


def take_turn(lines: Lines, known: Incidents, word: OnWatch, stop: threading.Event) -> bool:
    """Wait until nobody else watches, and say that we do; meanwhile all that is told becomes known. False: stopped."""
    while not stop.is_set():
        hear_all(lines, known)
        if is_ours(known.watch, word.owner, real_now_ms()):
            lines.write([_now(word)], [], known)
            hear_all(lines, known)  # two that begin at once: the one whose word lies last in the log has the turn
            if known.watch is not None and known.watch.owner == word.owner:
                return True
        stop.wait(0.5)
    return False


def hear_all(lines: Lines, known: Incidents) -> None:
    """Take everything that was told of incidents since."""
    hear(known, lines.incidents())


def let_go(lines: Lines, known: Incidents, word: OnWatch) -> None:
    """Say that nobody watches any more, so that the next one need not wait."""
    lines.write([OnWatch(real_at=real_now_ms(), at=word.at, rules=word.rules)], [], known)


def _now(word: OnWatch) -> OnWatch:
    return OnWatch(real_at=real_now_ms(), at=word.at, rules=word.rules, owner=word.owner)
