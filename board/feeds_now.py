"""What the page of the feeds shows: each feed as it stands, what it lacks, whose clock is off, who is an orphan."""

from __future__ import annotations

import msgspec

from streams.feeds import Feed
from warehouse.clock_offsets import ClockOffset
from warehouse.desks import Desk
from warehouse.feed_rates import DeptRate


class FeedsNow(msgspec.Struct, frozen=True, kw_only=True):
    """The feeds at an instant. What the warehouse tells is as of its last look; empty without one."""

    at: int = 0
    zone: str = "Asia/Shanghai"
    feeds: tuple[Feed, ...] = ()
    kinds: dict[str, str] = {}  # feed → its connector
    orphans: dict[str, int] = {}  # `source|kind` → subjects that belong to no visit after a day
    offsets: tuple[ClockOffset, ...] = ()
    rates: tuple[DeptRate, ...] = ()
    desks: tuple[Desk, ...] = ()  # how each entered its times today
    departments: dict[str, tuple[str, str]] = {}

    def orphans_of(self, source: str) -> dict[str, int]:
        """A source's orphans by kind."""
        told = {key.rpartition("|")[2]: n for key, n in self.orphans.items() if key.rpartition("|")[0] == source}
        return dict(sorted(told.items(), key=lambda each: -each[1]))
