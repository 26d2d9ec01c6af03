"""The day's cells added up as the wall needs them, again and again, touching only what changed and is asked for.

Pure. Packs come as the reader believes them; those that are the same object as before are not looked at. Sums are kept
per stage, hour and the few dimensions that the wall tells apart, and made when somebody asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from zoneinfo import ZoneInfo

from board.words import local
from streams.cells import SLOT_MS, Pack, Partial
from streams.kpis.merging import merge
from streams.passing import Tally, tally
from streams.stages import stages

KEPT = ("dept", "service_point_type", "class")  # dimensions that the wall tells apart
_DEPT = KEPT.index("dept")
Group = tuple[str, tuple[str, ...], int]  # series, values of the kept dimensions, local hour
Where = Mapping[str, str]  # dimension → wanted value, or several joined by commas
Place = tuple[str, str]  # stage, UTC hour
Asked = tuple[tuple[tuple[str, str], ...], tuple[str, ...], int | None]
Quarters = dict[tuple[tuple[str, ...], int], int]  # kept dimensions, quarter hour → rows
_QUARTER = 3  # slots


class Rollup:
    """What one day's packs come to."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._hours: dict[int, int] = {}
        self._packs: dict[str, Pack] = {}
        self._places: dict[str, dict[Place, dict[str, Pack]]] = {}  # stage → its places → their packs
        # Made when asked for, forgotten when a pack of theirs is another:
        self._sums: dict[Place, dict[str, dict[Group, Partial]]] = {}  # by department: the wall asks for one at a time
        self._quarters: dict[Place, Quarters] = {}
        self._answers: dict[str, dict[Asked, Partial]] = {}  # by stage
        self._tallies: dict[Place, dict[str, Tally]] = {}  # of splits, by department
        self._by_place: dict[Place, dict[Asked, Partial]] = {}  # most hours never change again

    def take(self, packs: Mapping[str, Pack]) -> set[str]:
        """Adopt the packs of the day; returns the stages that changed."""
        dirty: set[Place] = set()
        for key in [key for key in self._packs if key not in packs]:
            dirty.add(place := _place(key))
            del self._packs[key], self._places[place[0]][place][key]
        for key, pack in packs.items():
            if self._packs.get(key) is not pack:
                dirty.add(place := _place(key))
                self._packs[key] = self._places.setdefault(place[0], {}).setdefault(place, {})[key] = pack
        for place in dirty:
            for kept in (self._sums, self._quarters, self._tallies, self._by_place):
                kept.pop(place, None)
            self._answers.pop(place[0], None)
        return {stage for stage, _ in dirty}

    def _of_place(self, place: Place) -> dict[str, dict[Group, Partial]]:
        """A stage's hour by department and group."""
        if place not in self._sums:
            groups: dict[Group, list[Partial]] = {}
            for pack in self._places[place[0]][place].values():
                for key, part in pack.cells:
                    group = (key.series, _kept(key.stage, key.dims), self._hour(key.slot))
                    groups.setdefault(group, []).append(part)
            found = self._sums[place] = {}
            for group, parts in groups.items():
                of_dept = found.setdefault(group[1][_DEPT], {})
                of_dept[group] = _as_one(parts)
        return self._sums[place]

    def _hour(self, slot: int) -> int:
        quarter = slot // _QUARTER
        if quarter not in self._hours:
            self._hours[quarter] = local(quarter * _QUARTER * SLOT_MS, self._zone).hour
        return self._hours[quarter]

    def total(self, stage: str, where: Where, series: Iterable[str] = ("",), hour: int | None = None) -> Partial:
        """All cells of a stage that fit, as one partial."""
        asked = (tuple(sorted(where.items())), tuple(series), hour)
        kept = self._answers.setdefault(stage, {})
        if asked not in kept:
            parts = (self._answer(place, asked) for place in self._places.get(stage, ()))
            kept[asked] = _as_one([part for part in parts if part.rows])
        return kept[asked]

    def _answer(self, place: Place, asked: Asked) -> Partial:
        kept = self._by_place.setdefault(place, {})
        if asked not in kept:
            kept[asked] = _as_one([*self._fitting(place, asked)])
        return kept[asked]

    def _fitting(self, place: Place, asked: Asked) -> Iterator[Partial]:
        where, series, hour = asked
        wanted = {name: set(value.split(",")) for name, value in where}
        by_dept = self._of_place(place)
        depts = wanted.pop("dept") & by_dept.keys() if "dept" in wanted else by_dept.keys()
        others = [(KEPT.index(name), values) for name, values in wanted.items()]
        for dept in depts:
            for (of_series, kept, at_hour), part in by_dept[dept].items():
                if of_series in series and hour in (None, at_hour) and all(kept[i] in values for i, values in others):
                    yield part

    def values(self, stage: str, name: str) -> set[str]:
        """The values of a dimension that the day has."""
        index = KEPT.index(name)
        hours = (self._of_place(place).values() for place in self._places.get(stage, ()))
        return {kept[index] for by_dept in hours for groups in by_dept for _, kept, _ in groups}

    def quarters(self, stage: str, where: Where) -> dict[int, int]:
        """Rows by quarter hour (UTC quarters since 1970) of the bucket's instant."""
        wanted = [(KEPT.index(name), value) for name, value in where.items()]
        found: dict[int, int] = {}
        for place in self._places.get(stage, ()):
            for (kept, quarter), n in self._quarters_of(place).items():
                if all(kept[index] == value for index, value in wanted):
                    found[quarter] = found.get(quarter, 0) + n
        return found

    def _quarters_of(self, place: Place) -> Quarters:
        if place not in self._quarters:
            found = self._quarters[place] = {}
            for pack in self._places[place[0]][place].values():
                for key, part in pack.cells:
                    if not key.series:
                        quarter = (_kept(key.stage, key.dims), key.slot // _QUARTER)
                        began = part.rows - part.excluded.get("missing_start", 0)
                        found[quarter] = found.get(quarter, 0) + began
        return self._quarters[place]

    def tallies(self, stage: str) -> dict[str, list[Tally]]:
        """The visits of a split, by department."""
        found: dict[str, list[Tally]] = {}
        for place, packs in self._places.get(stage, {}).items():
            if place not in self._tallies:
                self._tallies[place] = tally(cell for pack in packs.values() for cell in pack.cells)
            for dept, here in self._tallies[place].items():
                found.setdefault(dept, []).append(here)
        return found

    def lengths_by(self, stage: str, dim: str, where: Where) -> dict[str, list[int]]:
        """Finished lengths of the main series by a dimension that the wall does not keep apart, in whole seconds."""
        names, found = stages()[stage].dims, dict[str, list[int]]()
        place = names.index(dim)
        wanted = [(names.index(name), set(value.split(","))) for name, value in where.items() if name in names]
        if len(wanted) < len(where):
            return {}
        for packs in self._places.get(stage, {}).values():
            for key, part in (cell for pack in packs.values() for cell in pack.cells):
                if not key.series and part.seconds and all(key.dims[at] in values for at, values in wanted):
                    found.setdefault(key.dims[place], []).extend(part.seconds)
        return found


def _as_one(parts: list[Partial]) -> Partial:
    """Several partials as one, which nobody alters: one alone need not be copied."""
    return parts[0] if len(parts) == 1 else merge(parts)


def _place(key: str) -> Place:
    """`<shard>|<stage>|<day>|<hour>[|n]` → (stage, hour)."""
    parts = key.split("|")
    return parts[1], parts[3]


@lru_cache(maxsize=65_536)
def _kept(stage: str, dims: tuple[str, ...]) -> tuple[str, ...]:
    named = dict(zip(stages()[stage].dims, dims, strict=True))
    return tuple(named.get(name, "") for name in KEPT)


def has_dept(stage: str) -> bool:
    """Whether the rows of a stage know their department."""
    return "dept" in stages()[stage].dims
