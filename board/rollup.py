"""The day's cells added up as the wall needs them, again and again, touching only what changed.

Pure. Packs come as the reader believes them; those that are the same object as before are not looked at. Sums are kept
per stage, hour and the few dimensions that the wall tells apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from zoneinfo import ZoneInfo

from board.words import local
from streams.cells import SLOT_MS, CellKey, Pack, Partial
from streams.kpis.aggregate import merge
from streams.stages import stages

KEPT = ("dept", "service_point_type", "class")  # dimensions that the wall tells apart
Group = tuple[str, tuple[str, ...], int]  # series, values of the kept dimensions, local hour
Where = Mapping[str, str]  # dimension → wanted value, or several joined by commas
Place = tuple[str, str]  # stage, UTC hour
Asked = tuple[tuple[tuple[str, str], ...], tuple[str, ...], int | None]
Split = tuple[dict[Group, Partial], dict[tuple[tuple[str, ...], int], int]]  # a pack's groups, and its quarters' rows
_QUARTER = 3  # slots


class Rollup:
    """What one day's packs come to."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._hours: dict[int, int] = {}
        self._packs: dict[str, Pack] = {}
        self._split: dict[str, Split] = {}
        self._sums: dict[str, dict[str, dict[Group, Partial]]] = {}  # stage → UTC hour → groups
        self._answers: dict[str, dict[Asked, Partial]] = {}  # stage → what was asked since it last changed
        self._by_place: dict[Place, dict[Asked, Partial]] = {}  # the same for one UTC hour: most never change again

    def take(self, packs: Mapping[str, Pack]) -> set[str]:
        """Adopt the packs of the day; returns the stages that changed."""
        changed = [key for key, pack in packs.items() if self._packs.get(key) is not pack]
        gone = [key for key in self._packs if key not in packs]
        for key in changed:
            self._split[key] = self._of_pack(packs[key])
        for key in gone:
            del self._split[key]
        self._packs = dict(packs)
        dirty: set[Place] = {_place(key) for key in (*changed, *gone)}
        if dirty:
            self._add_up(dirty)
        touched = {stage for stage, _ in dirty}
        for place in dirty:
            self._by_place.pop(place, None)
        for stage in touched:
            self._answers.pop(stage, None)
        return touched

    def _add_up(self, dirty: set[Place]) -> None:
        found: dict[Place, dict[Group, list[Partial]]] = {place: {} for place in dirty}
        for key, (groups, _) in self._split.items():
            if (place := _place(key)) in found:
                for group, part in groups.items():
                    found[place].setdefault(group, []).append(part)
        for (stage, hour), groups_found in found.items():
            self._sums.setdefault(stage, {})[hour] = {
                group: parts[0] if len(parts) == 1 else merge(parts) for group, parts in groups_found.items()
            }

    def _of_pack(self, pack: Pack) -> Split:
        groups: dict[Group, list[Partial]] = {}
        quarters: dict[tuple[tuple[str, ...], int], int] = {}
        for key, part in pack.cells:
            kept = _kept(key)
            groups.setdefault((key.series, kept, self._hour(key.slot)), []).append(part)
            if not key.series:
                place = (kept, key.slot // _QUARTER)
                began = part.rows - part.excluded.get("missing_start", 0)
                quarters[place] = quarters.get(place, 0) + began
        return {group: merge(parts) for group, parts in groups.items()}, quarters

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
            parts = (self._of_place((stage, utc_hour), asked) for utc_hour in self._sums.get(stage, ()))
            kept[asked] = merge(part for part in parts if part.rows)
        return kept[asked]

    def _of_place(self, place: Place, asked: Asked) -> Partial:
        kept = self._by_place.setdefault(place, {})
        if asked not in kept:
            kept[asked] = merge(self._fitting(place, asked))
        return kept[asked]

    def _fitting(self, place: Place, asked: Asked) -> Iterator[Partial]:
        where, series, hour = asked
        wanted = [(KEPT.index(name), set(value.split(","))) for name, value in where]
        for (of_series, kept, at_hour), part in self._sums[place[0]][place[1]].items():
            fits = all(kept[index] in values for index, values in wanted)
            if fits and of_series in series and hour in (None, at_hour):
                yield part

    def values(self, stage: str, name: str) -> set[str]:
        """The values of a dimension that the day has."""
        place = KEPT.index(name)
        return {kept[place] for groups in self._sums.get(stage, {}).values() for _, kept, _ in groups}

    def quarters(self, stage: str, where: Where) -> dict[int, int]:
        """Rows by quarter hour (UTC quarters since 1970) of the bucket's instant."""
        wanted = [(KEPT.index(name), value) for name, value in where.items()]
        found: dict[int, int] = {}
        for key, (_, quarters) in self._split.items():
            if _place(key)[0] == stage:
                for (kept, quarter), n in quarters.items():
                    if all(kept[place] == value for place, value in wanted):
                        found[quarter] = found.get(quarter, 0) + n
        return found


def _place(key: str) -> Place:
    """`<shard>|<stage>|<day>|<hour>[|n]` → (stage, hour)."""
    parts = key.split("|")
    return parts[1], parts[3]


def _kept(key: CellKey) -> tuple[str, ...]:
    named = dict(zip(stages()[key.stage].dims, key.dims, strict=True))
    return tuple(named.get(name, "") for name in KEPT)


def has_dept(stage: str) -> bool:
    """Whether the rows of a stage know their department."""
    return "dept" in stages()[stage].dims
