"""What is behind a number, without words: definition, distribution, hours, reasons, visits, what was published.

`panel` fills it from live values and the warehouse; `panel_html` says it in a language.
"""

from __future__ import annotations

import msgspec

from board.alarms import Alarm
from board.wall import FailedCheck, Trouble
from streams.groups import Gap
from streams.passing import Passing


class Bin(msgspec.Struct, frozen=True):
    """One bar of a distribution: from so many units (inclusive), how many finished rows, how many still waiting."""

    low: float
    high: float
    finished: int
    waiting: int


class Hour(msgspec.Struct, frozen=True, kw_only=True):
    """One hour of today, and what is usual for it on this weekday."""

    hour: int
    n: int = 0
    value: float | None = None
    usual: float | None = None
    low: float | None = None
    high: float | None = None


class BehindRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row behind a number: whose (a pseudonym), when, and why it was left out if it was."""

    scope_id: str
    visit_id: str
    dept: str
    dept_name: tuple[str, str] = ("", "")  # in both languages
    started_at: int | None
    ended_at: int | None
    millis: int | None
    excluded: str = ""
    series: str = ""
    flags: tuple[str, ...] = ()


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """What a mart said of a day: its value, when, and what it differed in from the one before, and why (zh, en).

    An adjustment was told when the value was final already: it stands beside it."""

    day: str
    value: float | None
    n: int
    computed_at: int
    by: float | None = None
    why: tuple[tuple[str, str], ...] = ()
    is_adjustment: bool = False


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """Everything behind one number."""

    kpi: str
    zh: str
    en: str
    formula_zh: str
    formula_en: str
    version: int
    source: tuple[str, ...]
    unit: str
    not_applied: tuple[str, ...]
    where: dict[str, str]
    dept: tuple[str, str] = ("", "")  # how it is called, in both languages
    day: str
    zone: str
    at: int
    target: float | None = None
    direction: str = ""
    statistic: str = ""
    value: float | None = None
    p50: float | None = None
    p90: float | None = None
    mean: float | None = None
    p50_with_waiting: float | None = None
    p90_with_waiting: float | None = None
    at_least: bool = False  # so many wait that nine in ten is only a lower bound
    finished: int = 0
    waiting: int = 0
    oldest_since: int | None = None
    completeness: float | None = None
    excluded: tuple[tuple[str, int], ...] = ()
    bins: tuple[Bin, ...] = ()
    hours: tuple[Hour, ...] = ()
    feeds: tuple[str, ...] = ()
    trouble: Trouble | None = None
    needs: tuple[str, str] | None = None  # what nobody tells and without which there is no value, in both languages
    checks: tuple[FailedCheck, ...] = ()
    alarms: tuple[Alarm, ...] = ()  # the incidents about it: what is open, and what was over today
    has_history: bool = True
    may_see_visits: bool = True
    rows: tuple[BehindRow, ...] = ()
    rows_as_of: int | None = None
    published: tuple[Published, ...] = ()
    gaps: tuple[Gap, ...] = ()  # patient groups beside everybody else
    passing: Passing | None = None  # what the lengths are made of: of today, and of what ended in the last hour
    passing_hour: Passing | None = None
