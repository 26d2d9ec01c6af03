"""The numbers on the wall: what readers of `his.kpi.v1` make of the cells of all shards.

Any roll-up is a merge of cells, exact for the whole hospital whatever the number of workers. Until every shard has said
that it has caught up, numbers are marked `catching_up`; whether a feed is stale is the reader's to judge (`feeds`).
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from streams.arrivals import STAGE as ARRIVED
from streams.cells import SLOT_MS, FeedMark, Partial
from streams.house import HouseRules
from streams.kpis import catalogue
from streams.kpis.aggregate import Value, value_of
from streams.kpis.kpi import Interval, Kpi, Quality
from streams.kpis.merging import merge
from streams.kpis.numbers import UNIT_MS, ratio
from streams.lag import bucket_ms, bucket_percentile
from streams.lateness import lates
from streams.latest import Latest, Shown
from streams.rollup import Asked, Groups, Rolled, RollUp
from streams.stages import gauged
from streams.waiting import with_waiting

Window = Literal["today", "60m", "now"] | int  # a local hour of the day
Status = Literal["fresh", "empty", "catching_up", "broken"]
_EVER = 1 << 60


class Measured(Value, frozen=True, kw_only=True, omit_defaults=True):
    """A live value. Statistics and `_waiting` percentiles are in the KPI's unit."""

    status: Status = "fresh"
    since: tuple[int, ...] = ()  # when each of those still waiting began, oldest first
    p50_waiting: float | None = None  # those still waiting included
    p90_waiting: float | None = None
    p50_at_least: bool = False  # so many wait that it is only a lower bound
    p90_at_least: bool = False
    p95: float | None = None  # feed_lag only
    longest: float | None = None


class LiveValues:
    """All live values, as far as the topic has been read."""

    def __init__(self, house: HouseRules, shards: int) -> None:
        self._house = house
        self._latest = Latest(shards)
        self._rollup = RollUp()
        self.version = 0  # how often anything changed that a reader may see

    def apply(self, key: str, value: bytes | None) -> bool:
        """Take one record of the topic, in order within its partition. True when what readers see may have changed."""
        changed = self._latest.apply(key, value)
        self.version += changed
        if changed and self.version % 5_000 == 0:
            self._rollup.forget({key for packs in self._latest.packs.values() for key in packs})
        return changed

    @property
    def catching_up(self) -> bool:
        """Is there a shard whose owner has not (or not wholly) said what it knows?"""
        return self._latest.catching_up

    @property
    def progress(self) -> float | None:
        """While catching up: how much of what is to be read has been, 0 to 1; None where nobody says."""
        return self._latest.progress

    @property
    def broken(self) -> frozenset[str]:
        """The stages that some shard has set events aside for."""
        return self._latest.broken

    @property
    def published_at(self) -> int:
        """When the newest flush was published, real time UTC ms; 0 = never."""
        return self._latest.published_at

    @property
    def spoken_at(self) -> int:
        """When the most silent shard last spoke, real time UTC ms; 0 = nobody ever."""
        return self._latest.spoken_at

    def feeds(self) -> list[FeedMark]:
        """How far each source has come in each domain, over all shards."""
        return self._latest.feeds()

    def measure(
        self,
        code: str,
        at_ms: int,
        window: Window = "today",
        day: str = "",
        where: dict[str, str] | None = None,
        series: str | None = None,
    ) -> Measured:
        """A KPI at an instant.

        `today`: the rows of the business day (`day`, by default that of the instant); a number: those in that local
        hour of it; `60m`: the rows of the last twelve cells, and whoever waits now; `now`: whoever waits now.
        """
        found = self.measure_by(code, "", at_ms, window, day, where, series)
        return found[""]

    def measure_by(
        self,
        code: str,
        dim: str,
        at_ms: int,
        window: Window = "today",
        day: str = "",
        where: dict[str, str] | None = None,
        series: str | None = None,
    ) -> dict[str, Measured]:
        """The same for every value of a dimension, in one go."""
        kpi = catalogue()[code]
        wanted = kpi.series[0] if series is None else series
        if isinstance(kpi, Quality) and kpi.gauge == "lag":
            return self._lag(kpi, dim, where or {})
        if isinstance(kpi, Quality) and kpi.gauge == "late":
            slots = self._slots(window, at_ms, day)
            return self._late(kpi, dim, where or {}, day or self._house.local_day(at_ms), slots)
        groups: dict[str, dict[str, Rolled]] = {} if dim else {"": {}}
        for stage in self._stages_of(kpi):
            any_series = None if isinstance(kpi, Quality) else wanted
            for group, rolled in self._rolled(stage, window, at_ms, day, dim, where or {}, any_series).items():
                groups.setdefault(group, {})[stage] = rolled
        named = {group: {dim: group} if dim else {} for group in groups}
        return {group: self._measured(kpi, groups[group], at_ms, wanted, named[group]) for group in sorted(groups)}

    def _stages_of(self, kpi: Kpi) -> list[str]:
        if isinstance(kpi, Quality):
            return [code for code in sorted(self._latest.packs) if code in gauged()]
        return [code for code in kpi.over if code in self._latest.packs]

    def _rolled(
        self, stage: str, window: Window, at_ms: int, day: str, dim: str, where: dict[str, str], series: str | None
    ) -> Groups:
        packs = self._latest.packs[stage].items()
        if window not in ("60m", "now"):
            wanted = day or self._house.local_day(at_ms)
            packs = {key: shown for key, shown in packs if shown.day == wanted}.items()
        asked = Asked(series, dim, tuple(sorted(where.items())), *self._slots(window, at_ms, day))
        if isinstance(window, int):
            return self._of_hour(stage, dict(packs), asked, window)
        return self._rollup.of(stage, packs, asked)

    def _of_hour(self, stage: str, packs: dict[str, Shown], asked: Asked, hour: int) -> Groups:
        """An hour has its own rows only; those of a visit that went on past midnight lie in the hour of the clock."""
        ends = [12 * SLOT_MS * shown.hour + ms for shown in packs.values() for ms in (0, 12 * SLOT_MS - 1)]
        found: dict[str, list[Partial]] = {}
        for day in {*map(self._house.local_day, ends)}:
            first = self._house.instant(day, hour * 60) // SLOT_MS
            rolled = self._rollup.of(stage, packs.items(), asked._replace(first=first, end=first + 12))
            for group, of_group in rolled.items():
                if of_group.inside.rows:
                    found.setdefault(group, []).append(of_group.inside)
        return {group: Rolled(merge(parts), []) for group, parts in found.items()}

    def _slots(self, window: Window, at_ms: int, day: str) -> tuple[int, int]:
        slot = at_ms // SLOT_MS
        if isinstance(window, int):
            start = self._house.instant(day or self._house.local_day(at_ms), window * 60) // SLOT_MS
            return start, start + 12
        return {"today": (0, _EVER), "60m": (slot - 11, slot + 1), "now": (0, 0)}[window]

    def _measured(self, kpi: Kpi, rolled: dict[str, Rolled], at_ms: int, series: str, dims: dict[str, str]) -> Measured:
        parts = {stage: _with_outside(found, at_ms) for stage, found in rolled.items()}
        found = measured(kpi, parts, at_ms, series, dims)
        return msgspec.structs.replace(found, status=self.status(kpi, empty=found.status == "empty"))

    def status(self, kpi: Kpi, *, empty: bool) -> Status:
        """May a number be believed? Staleness of feeds comes on top."""
        if self._latest.broken.intersection(kpi.over):
            return "broken"
        if self._latest.catching_up:
            return "catching_up"
        return "empty" if empty else "fresh"

    def _late(
        self, kpi: Quality, dim: str, where: dict[str, str], day: str, slots: tuple[int, int]
    ) -> dict[str, Measured]:
        cells = (cell for shown in self._latest.packs.get(ARRIVED, {}).values() for cell in shown.pack.cells)
        found = lates(cells, day, *slots, dim, where)
        return {
            group: Measured(
                kpi=kpi.code, dims={dim: group} if dim else {}, n=came.n, num=came.late, den=came.n,
                value=ratio(came.late, came.n), excluded={"batch": came.batch} if came.batch else {},
                status=self.status(kpi, empty=not (came.n or came.batch)),
            )
            for group, came in sorted(found.items())
        }  # fmt: skip

    def _lag(self, kpi: Quality, dim: str, where: dict[str, str]) -> dict[str, Measured]:
        groups: dict[str, dict[int, int]] = {} if dim else {"": {}}
        for mark in self.feeds():
            named = {"source_system": mark.source_system, "topic": mark.domain}
            if all(named.get(name) == value for name, value in where.items()):
                buckets = groups.setdefault(named[dim] if dim else "", {})
                for bucket, n in mark.lag_buckets.items():
                    buckets[bucket] = buckets.get(bucket, 0) + n
        return {
            group: _lag_of(kpi, buckets, self.status(kpi, empty=not buckets), {dim: group} if dim else {})
            for group, buckets in sorted(groups.items())
        }


def measured(kpi: Kpi, parts: dict[str, Partial], at_ms: int, series: str, dims: dict[str, str]) -> Measured:
    """What partials, one per stage, come to at an instant, those still waiting included; fresh or empty."""
    value = value_of(kpi, parts, at_ms, series=series, dims=dims)
    since = tuple(sorted(start for part in parts.values() for start, until in part.waiting if until > at_ms))
    told: dict[str, Any] = {name: getattr(value, name) for name in Value.__struct_fields__}
    if isinstance(kpi, Interval):
        seconds = [length for part in parts.values() for length in part.seconds]
        told |= _including_those_who_wait(kpi, seconds, since, at_ms)
    status: Status = "fresh" if value.n or value.den or since or value.excluded else "empty"
    return Measured(**told, status=status, since=() if isinstance(kpi, Quality) else since)


def _with_outside(rolled: Rolled, at_ms: int) -> Any:
    """The window's content, and whoever still waits outside it."""
    waiting = rolled.inside.waiting + [entry for entry in rolled.outside if entry[1] > at_ms]
    return msgspec.structs.replace(rolled.inside, waiting=sorted(waiting))


def _including_those_who_wait(
    kpi: Interval, seconds: list[int], since: tuple[int, ...], at_ms: int
) -> dict[str, float | bool | None]:
    ages = [max(0, at_ms - start) // 1000 for start in since]
    unit = UNIT_MS[kpi.unit] / 1000
    found: dict[str, float | bool | None] = {}
    for percent in (50, 90):
        known = with_waiting(seconds, ages, percent)
        found[f"p{percent}_waiting"] = None if known is None else round(known.seconds / unit, 6)
        found[f"p{percent}_at_least"] = known is not None and known.at_least
    return found


def _lag_of(kpi: Quality, buckets: dict[int, int], status: Status, dims: dict[str, str]) -> Measured:
    if not buckets:
        return Measured(kpi=kpi.code, dims=dims, status=status)
    p50, p90, p95 = (bucket_percentile(buckets, percent) for percent in (50, 90, 95))
    return Measured(
        kpi=kpi.code, dims=dims, status=status, n=sum(buckets.values()), value=p95, p50=p50, p90=p90, p95=p95,
        longest=round(bucket_ms(max(buckets)) / 1000, 6),
    )  # fmt: skip
