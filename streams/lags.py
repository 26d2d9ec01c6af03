"""How long what each source told in the last hour was on its way: from recorded there to heard here. Pure.

The shards count today's lags; here is remembered what they counted an hour ago. Whoever has just begun to look, and
whose source has just opened, knows nothing yet: what was told before, all at once maybe, is history.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable

from streams.cells import FeedMark
from streams.lag import bucket_ms

_WINDOW_MS = 60 * 60_000
_EVERY_MS = 5 * 60_000
_LEAST = 5  # of so few nothing is said

Counts = dict[int, int]  # bucket → how many


class Lags:
    """The lags of all sources."""

    def __init__(self) -> None:
        self._samples: dict[str, deque[tuple[int, Counts]]] = {}

    def take(self, at: int, marks: Iterable[FeedMark]) -> dict[str, int]:
        """Half of what each source told in the hour before `at` was on its way for so long or longer, ms; sources of
        which too little came are left out."""
        today: dict[str, Counter[int]] = {}
        for mark in marks:
            today.setdefault(mark.source_system, Counter()).update(mark.lag_buckets)
        found = {source: self._of(source, at, dict(counts)) for source, counts in today.items()}
        return {source: lag for source, lag in found.items() if lag is not None}

    def begin_anew(self, source: str) -> None:
        """What a source told until now does not count: it is closed."""
        self._samples.pop(source, None)

    def _of(self, source: str, at: int, counts: Counts) -> int | None:
        samples = self._samples.setdefault(source, deque([(at, counts)]))
        if any(counts.get(bucket, 0) < n for bucket, n in samples[-1][1].items()):
            samples = self._samples[source] = deque([(at, Counts())])  # a new day has begun
        if at <= samples[-1][0]:
            samples[-1] = (at, counts)  # the clock stands: a rehearsal's history is being told
        elif at - samples[-1][0] >= _EVERY_MS:
            samples.append((at, counts))
        while len(samples) > 1 and samples[1][0] <= at - _WINDOW_MS:
            samples.popleft()
        before = samples[0][1]
        return _median({bucket: n - before.get(bucket, 0) for bucket, n in counts.items()})


def _median(counts: Counts) -> int | None:
    n, seen = sum(counts.values()), 0
    for bucket in sorted(counts):
        seen += counts[bucket]
        if n >= _LEAST and 2 * seen >= n:
            return round(bucket_ms(bucket))
    return None
