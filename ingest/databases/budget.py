"""How much of a HIS's time we may take: rows and seconds of statements in any minute, less at its busy hours.

And a breaker: a database that fails or crawls several times in a row is left alone for a while, each time twice as
long. Pure: whoever asks says what time it is.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from typing import Literal

_MINUTE_MS = 60_000
_TIME = r"(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)"
_HOURS = re.compile(f"{_TIME}-{_TIME}")
LONGEST_REST_S = 900.0


class Budget:
    """Rows and seconds, of the last 60 s."""

    def __init__(self, rows: int, seconds: float) -> None:
        self._rows, self._seconds = rows, seconds
        self._spent: deque[tuple[int, int, float]] = deque()  # (at, rows, seconds)

    def spend(self, now_ms: int, rows: int, seconds: float) -> None:
        """A statement took this."""
        self._spent.append((now_ms, rows, seconds))

    def spent(self, now_ms: int) -> tuple[int, float]:
        """Rows and seconds of the last 60 s."""
        while self._spent and self._spent[0][0] <= now_ms - _MINUTE_MS:
            self._spent.popleft()
        return sum(rows for _, rows, _ in self._spent), sum(seconds for _, _, seconds in self._spent)

    def rows_left(self, now_ms: int, share: float = 1.0) -> int:
        """How many rows may be asked for now."""
        rows, seconds = self.spent(now_ms)
        return max(0, int(self._rows * share) - rows) if seconds < self._seconds * share else 0

    def wait_ms(self, now_ms: int, wanted: int, share: float = 1.0) -> int:
        """How long until `wanted` rows, or half of the budget, may be asked for; 0 when they may now."""
        wanted = max(1, min(wanted, int(self._rows * share) // 2))
        rows, seconds = self.spent(now_ms)
        for at, of_rows, of_seconds in self._spent:
            if rows + wanted <= self._rows * share and seconds < self._seconds * share:
                break
            rows, seconds, waited_until = rows - of_rows, seconds - of_seconds, at + _MINUTE_MS
            if rows + wanted <= self._rows * share and seconds < self._seconds * share:
                return max(1, waited_until - now_ms)
        return 0


class Breaker:
    """Closed: ask. Open: leave it alone. Half open: ask once, and see."""

    def __init__(self, failures: int, rest_s: float) -> None:
        self._failures, self._first_rest_s = failures, rest_s
        self._in_a_row, self._rest_s, self._until = 0, rest_s, 0
        self.opened = 0  # how often

    def state(self, now_ms: int) -> Literal["closed", "open", "half-open"]:
        """How it stands."""
        if self._in_a_row < self._failures:
            return "closed"
        return "open" if now_ms < self._until else "half-open"

    def rest_s(self, now_ms: int) -> float:
        """How long it is left alone yet."""
        return max(0.0, (self._until - now_ms) / 1000) if self.state(now_ms) == "open" else 0.0

    def went_well(self) -> None:
        """A statement was answered in good time."""
        self._in_a_row, self._rest_s = 0, self._first_rest_s

    def went_badly(self, now_ms: int) -> None:
        """A statement failed, took too long, or could not be asked."""
        self._in_a_row += 1
        if self._in_a_row >= self._failures:
            self._until = now_ms + int(self._rest_s * 1000)
            self._rest_s = min(self._rest_s * 2, LONGEST_REST_S)
            self.opened += 1


def is_within(minute: int, hours: Sequence[str]) -> bool:
    """Whether a minute of the day lies in hours such as "08:00-11:30" or "22:00-06:00"."""
    for each in hours:
        begins, ends = (int(part[:2]) * 60 + int(part[3:5]) for part in each.split("-"))
        if begins <= minute < ends or (ends < begins and (minute >= begins or minute < ends)):
            return True
    return False


def are_hours(text: str) -> bool:
    """Whether a text says hours of a day, e.g. "08:00-11:30"."""
    return _HOURS.fullmatch(text) is not None
