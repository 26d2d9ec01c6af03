"""What the wall shows at one instant, without words: the shapes that a snapshot is made of.

A snapshot says what is so; `wall_html` says it in a language. Instants are UTC ms, lengths milliseconds.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from board.alarms import Alarms
from streams.feeds import Feed
from streams.passing import Passing

LONGEST_SHOWN = 6  # of those who wait longest, where nothing is open
State = Literal["fresh", "stale", "broken", "empty"]
Counts = Literal["lengths", "rows", "due", "waiting"]


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """Why a number is not fresh: a phrase of `words`, which feed, and since when."""

    says: str
    feed: tuple[str, str] = ("", "")  # how it is called, in both languages
    since: int | None = None
    progress: float | None = None  # catching up: of what is to be read, how much has been, 0 to 1


class FailedCheck(msgspec.Struct, frozen=True, kw_only=True):
    """A check of a closed day that did not pass, beside the number that it concerns."""

    day: str
    suite: str
    expectation: str
    kpi: str
    severity: str
    observed: str = ""
    zh: str = ""  # what was expected, in words
    en: str = ""


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One number: a department at a stage, with everything that belongs to it."""

    column: str
    dept: str  # "" = the whole hospital
    kpi: str
    where: tuple[tuple[str, str], ...] = ()
    state: State = "empty"
    trouble: Trouble | None = None
    waiting: int = 0
    oldest_since: int | None = None
    finished: int = 0
    p50_ms: float | None = None  # those still waiting included
    p90_ms: float | None = None
    at_least: bool = False  # so many wait that nine in ten is only a lower bound
    mean_ms: float | None = None  # of those finished
    excluded: tuple[tuple[str, int], ...] = ()
    trend: tuple[float | None, ...] = ()  # one point an hour of today, ms
    target_ms: float | None = None
    over: int = 0  # how many of those waiting have waited longer than the target
    severity: int = 0  # 0 as it should be, 1 over target, 2 far over
    heard_at: int | None = None
    checks: tuple[FailedCheck, ...] = ()
    alarm: int = 0  # the severity of an open incident about it

    @property
    def is_elsewhere(self) -> bool:
        """Counted for the whole hospital, not by department."""
        return self.trouble is not None and self.trouble.says == "counted_once"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A department, all its stages."""

    dept: str
    zh: str
    en: str
    cells: tuple[Cell, ...]

    @property
    def severity(self) -> int:
        """The worst of its cells."""
        return max((cell.severity for cell in self.cells), default=0)


class LongWait(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who has waited long: where and since when, never who."""

    column: str
    dept: str
    since: int
    severity: int = 0


class Arrivals(msgspec.Struct, frozen=True, kw_only=True):
    """Arrivals by quarter hour of the day, and the usual band of this weekday where it is known."""

    first_quarter: int  # quarters since midnight
    counts: tuple[int | None, ...]  # None = still to come
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()


class TimeGoes(msgspec.Struct, frozen=True, kw_only=True):
    """Where the time of a department's visits goes: of those over today, and in the last hour."""

    dept: str  # "" = the whole hospital
    zh: str
    en: str
    today: Passing
    hour: Passing


class Tile(msgspec.Struct, frozen=True, kw_only=True):
    """A measure of the whole hospital: what the page of all measures shows of it."""

    kpi: str
    zh: str
    en: str
    unit: str
    counts: Counts = "rows"  # what is worth telling beside the value
    value: float | None = None
    second: float | None = None  # the ninetieth percentile, where there is one
    target: float | None = None
    direction: str = ""
    finished: int = 0
    waiting: int = 0
    excluded: int = 0
    trend: tuple[float | None, ...] = ()
    severity: int = 0
    state: State = "empty"
    trouble: Trouble | None = None
    heard_at: int | None = None
    checks: tuple[FailedCheck, ...] = ()


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """All of it, at one instant of the hospital's clock."""

    at: int
    zone: str
    zh: str
    en: str
    rate: float = 1.0
    is_rehearsal: bool = False
    session: Literal["morning", "afternoon", "evening"] = "morning"
    trouble: Trouble | None = None  # the board itself: catching up, no bus
    visits_today: int | None = None
    waiting_now: int = 0
    over_now: int = 0
    rows: tuple[Row, ...] = ()  # the whole hospital first, then departments, worst first
    longest: tuple[LongWait, ...] = ()
    feeds: tuple[Feed, ...] = ()
    arrivals: Arrivals | None = None
    time_goes: tuple[TimeGoes, ...] = ()  # the hospital, then departments, those that take longest first
    tiles: tuple[Tile, ...] = ()
    excluded: tuple[tuple[str, int], ...] = ()
    checks: tuple[FailedCheck, ...] = ()
    alarms: Alarms = Alarms()
    push_p95_ms: float | None = None
