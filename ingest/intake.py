"""What becomes of one message: events, or a reason why not. Pure, so a replay decides the same.

Every message has exactly one outcome; an interpreter that fails in a way nobody foresaw makes a dead letter, no crash.
"""

from __future__ import annotations

import traceback
from collections import Counter, deque

import msgspec

from ingest.connector import Interpret, RawMessage
from ingest.errors import Ignored, Malformed
from ingest.events.envelope import Event, kind_of

FUTURE_MS = 10 * 60 * 1000  # further ahead of our clock than this is no clock skew (specification 8, row 21)
FUTURE = "future_time: occurred_at"  # why an event is put aside


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """One of three: events (some perhaps put aside), ignored, or malformed."""

    events: tuple[Event, ...] = ()
    future: tuple[Event, ...] = ()  # put aside: their time has not come yet
    ignored: str = ""
    malformed: str = ""


def take(message: RawMessage, interpret: Interpret) -> Outcome:
    """The outcome of a message."""
    if message.fault:
        return Outcome(malformed=message.fault)
    try:
        told = tuple(interpret(message))
    except Ignored as reason:
        return Outcome(ignored=str(reason))
    except Malformed as reason:
        return Outcome(malformed=str(reason))
    except Exception as error:  # a mistake of ours must not stop the feed, nor quote the message
        return Outcome(malformed=f"interpreter failed: {where_in(error)}")
    latest = message.received_at + FUTURE_MS
    if all(event.occurred_at <= latest for event in told):
        return Outcome(events=told)
    return Outcome(
        events=tuple(event for event in told if event.occurred_at <= latest),
        future=tuple(event for event in told if event.occurred_at > latest),
    )


def where_in(error: Exception) -> str:
    """What kind of mistake of ours it is and where, without its text, which might quote a message."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {frame.filename.rsplit('/', 1)[-1]}, line {frame.lineno}"


def missing_fields(event: Event) -> list[str]:
    """The fields that a complete source delivers and this one did not, e.g. `queue.called window_id`."""
    return [
        f"{kind_of(event)} {flag.removeprefix('missing:')}"
        for flag in event.quality_flags
        if flag.startswith("missing:")
    ]


class MalformedShare:
    """How many of a feed's last messages were malformed, and whether that is too many."""

    def __init__(self, limit: float, window: int) -> None:
        self._limit = limit
        self._last: deque[str] = deque(maxlen=window)

    def count(self, outcome: Outcome) -> None:
        """Note a message's outcome."""
        self._last.append(outcome.malformed)

    def passed(self) -> str:
        """A sentence once the share has passed the limit, of a window at least half full; "" until then."""
        reasons = Counter(reason for reason in self._last if reason)
        bad = reasons.total()
        if len(self._last) * 2 < (self._last.maxlen or 0) or bad <= self._limit * len(self._last):
            return ""
        most = reasons.most_common(1)[0][0]
        return f"{bad} of its last {len(self._last)} messages were malformed, most often: {most}"
