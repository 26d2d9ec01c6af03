"""How fast one sender may send: a bucket that fills evenly and is empty when it has sent a minute's share at once."""

from __future__ import annotations

import time
from http import HTTPStatus

from ingest.web.problem import Problem


class Pace:
    """The pace of every sender, by name."""

    def __init__(self, per_minute: int) -> None:
        self._per_s = per_minute / 60
        self._full = float(per_minute)
        self._buckets: dict[str, tuple[float, float]] = {}  # (left, when)

    def take(self, sender: str, amount: int) -> None:
        """Take from a sender's bucket. Raises Problem when it does not hold so much."""
        now = time.monotonic()
        left, at = self._buckets.get(sender, (self._full, now))
        left = min(self._full, left + (now - at) * self._per_s)
        if amount > left:
            self._buckets[sender] = (left, now)
            wait_s = min(60, int((min(amount, self._full) - left) / self._per_s) + 1)
            raise Problem(HTTPStatus.TOO_MANY_REQUESTS, "Slower, please.", retry_after_s=wait_s)
        self._buckets[sender] = (left - amount, now)
