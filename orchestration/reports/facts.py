"""What a report of a day or a period is made of, once all of it has been read. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import msgspec

from orchestration.reports.figures import Doubt, Figure, History, Pair
from streams.groups import Gap
from streams.kpis.kpi import Kpi
from streams.passing import Passing
from warehouse.clock_offsets import ClockOffset
from warehouse.desks import Desk
from warehouse.periods import Grain


class HourValue(msgspec.Struct, frozen=True):
    """A value of one hour of the day."""

    hour: int
    n: int
    value: float | None


class Restated(msgspec.Struct, frozen=True):
    """A published value that is other than it was at first."""

    kpi: str
    first_value: float | None
    publications: int
    published_ms: int


class Compared(msgspec.Struct, frozen=True):
    """A view of the HIS on the report's day: its rows, what of them is held here, and why not all of it."""

    feed: str
    view: str
    rows: int
    held: int
    difference: int
    why: dict[str, int] = {}


class RestatedDay(msgspec.Struct, frozen=True):
    """A published day of which figures were restated: how many of the whole hospital's, and because of what."""

    day: str
    figures: int
    causes: tuple[str, ...]


class Silent(msgspec.Struct, frozen=True):
    """A day on which sources that usually tell something told nothing: each as it calls itself and as people do."""

    day: str
    sources: tuple[tuple[str, Pair], ...]


class Hospital(msgspec.Struct, frozen=True, kw_only=True):
    """Whose report it is."""

    name: Pair
    facility: str
    zone: str
    departments: dict[str, Pair] = {}

    def department(self, code: str) -> Pair:
        """A department's name; a code that the site does not name stands for itself."""
        return self.departments.get(code) or (("未注明科室", "department not told") if code == "?" else (code, code))


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """All that a report says, before it is put into words. `history` ends before the report's first day."""

    hospital: Hospital
    grain: Grain | None = None  # None: a day
    first: str
    last: str
    name: str  # 2026-11-20, 2026-W47
    days: int = 1
    published: tuple[str, ...] = ()
    is_working_day: bool = True
    figures: tuple[Figure, ...] = ()
    history: History = {}
    within: History = {}  # a period's own days
    before: tuple[Figure, ...] = ()  # the period before it
    hours: dict[str, tuple[HourValue, ...]] = {}
    doubts: tuple[Doubt, ...] = ()  # of the day as a whole
    lacking: tuple[tuple[Kpi, Doubt], ...] = ()  # of KPIs of which there is no row: nothing else would tell of them
    checks: int = 0
    failed: int = 0  # of them, notes too
    doubtful_days: tuple[tuple[str, int], ...] = ()  # of a period: day, and how many checks withheld or warned
    restated: tuple[Restated, ...] = ()
    restated_days: tuple[RestatedDay, ...] = ()  # of a period, its days; of a day, itself
    silent: tuple[Silent, ...] = ()
    compared: tuple[Compared, ...] = ()  # with the HIS; of a day
    offsets: tuple[ClockOffset, ...] = ()  # between the clocks of its sources; of a day
    desks: tuple[Desk, ...] = ()  # how each enters its times; of a day
    gaps: dict[str, tuple[Gap, ...]] = {}  # KPI → patient groups beside everybody else
    passing: dict[str, Passing] = {}  # department ("" = the hospital) → where its outpatients' time went
    is_withheld: bool = False  # the newest run was not let through: what stands is from before it
    as_of_ms: int = 0
    computed_ms: int = 0

    @property
    def zone(self) -> ZoneInfo:
        """The hospital's zone."""
        return ZoneInfo(self.hospital.zone)

    def each_day(self) -> list[str]:
        """Its days, ISO."""
        first = date.fromisoformat(self.first)
        return [(first + timedelta(days=n)).isoformat() for n in range(self.days)]

    def whole(self, code: str) -> Figure | None:
        """A KPI of the whole hospital, where something was counted."""
        return next((f for f in self.figures if f.kpi.code == code and not f.dim and f.n), None)

    def part(self, code: str, dim: str, part: str) -> Figure | None:
        """A KPI of one part of the hospital, where something was counted."""
        found = (f for f in self.figures if f.kpi.code == code and f.dim == dim and f.part == part and f.n)
        return next(found, None)

    def trend(self, figure: Figure) -> tuple[float, ...]:
        """A figure's days before, and this one; of a period, its own."""
        code = (figure.kpi.code, "")
        newest = () if self.grain or figure.value is None else (figure.value,)
        return (*(p.value for p in self.history.get(code, ())), *(p.value for p in self.within.get(code, ())), *newest)

    def wholes(self) -> Iterator[Figure]:
        """Everything of the whole hospital of which something was counted, or should have been."""
        return (f for f in self.figures if not f.dim and (f.n or f.excluded or f.waiting))
