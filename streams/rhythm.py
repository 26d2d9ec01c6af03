"""When the next round of a worker is due: soon while it keeps up, seldom behind a backlog.

Counted is processor time, not the clock's: a machine that is busy with something else makes a round slow, and waiting
longer after it would only make the wall late as well.
"""

from __future__ import annotations

import time

GATHER_S = 0.005  # one event comes as several records on several topics: a round takes them all
_BACKLOG = 5_000  # so many records since the last round are a backlog, not a busy hospital: worth rounds of
_BACKLOG_S = 2.0
_QUIET_S = 0.04  # without a record
LOOK_S = 0.02
_RESTS = 2.0  # times the processor time of a round pass from its beginning to the next: at most half goes into rounds


class Rhythm:
    """The rhythm of one worker's rounds."""

    def __init__(self, every_ms: int) -> None:
        self._every_s = every_ms / 1000
        self._began = 0.0  # monotonic: the last round
        self._worked = 0.0  # this thread's processor time when it began
        self._rest_s = 0.0  # from the beginning of a round to that of the next
        self._took_at = 0.0  # monotonic: the last records
        self.pending = 0  # records taken since the last round began

    def took(self, records: int) -> None:
        """Records were taken in."""
        self.pending += records
        self._took_at = time.monotonic()

    def begin(self) -> None:
        """A round begins."""
        self.pending, self._began, self._worked = 0, time.monotonic(), time.thread_time()

    def worked_out(self) -> None:
        """What there is to say is worked out; from here on the round only waits."""
        self._rest_s = max(self._every_s, _RESTS * (time.thread_time() - self._worked))

    @property
    def keeps_up(self) -> bool:
        """Are rounds as short and frequent as is set?"""
        return self._rest_s <= self._every_s and self.pending < _BACKLOG

    def until_due(self) -> float:
        """Seconds until the next round may begin; 0 or less when it may. To be asked again every `LOOK_S`."""
        now = time.monotonic()
        if now - self._took_at > _QUIET_S:  # nothing comes: there is nobody to rest for
            return self._began + self._every_s - now
        rest_s = max(self._rest_s, _BACKLOG_S) if self.pending >= _BACKLOG else self._rest_s
        return self._began + rest_s - now
