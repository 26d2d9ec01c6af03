"""How far something that is polled has been told.

Changes become visible out of order: a transaction that took its versions early may commit late. So each poll reads
anew from where the source stood `overlap_s` ago, not from the last change seen, and leaves out what it has told.
"""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

Place = TypeVar("Place")  # how a source says where in its order of changes something stands


class Polled(Generic[Place]):
    """A view, or a type of resources."""

    def __init__(self, name: str, bound: Place) -> None:
        self.name = name
        self.bound = bound  # everything before it has been told and can no longer be joined by what comes late
        self.told: set[int] = set()  # hashes of the versions told beyond the bound
        self._stood: deque[tuple[int, Place]] = deque()  # (real ms, the furthest then)

    def polled(self, scanned: set[int], furthest: Place, now_ms: int, overlap_s: float) -> None:
        """A poll is complete: the bound follows to where the source stood `overlap_s` ago."""
        self.told = scanned
        if furthest and (not self._stood or self._stood[-1][1] != furthest):
            self._stood.append((now_ms, furthest))
        while self._stood and self._stood[0][0] <= now_ms - overlap_s * 1000:
            self.bound = self._stood.popleft()[1]
