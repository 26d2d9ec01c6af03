"""The book of one shard's cells: rows go in, are taken out again, and every cell says what it comes to.

What a cell is and how it travels: streams/cells.py.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import cache
from typing import Protocol, TypeVar

from streams.cells import SLOT_MS, CellKey, Partial, pack_name
from streams.facts import money
from streams.stages import stages
from streams.stages.stage import StageRow

_NOTHING = Decimal(0)


class Book(Protocol):
    """Where rows are counted into cells."""

    def replace(self, old_rows: Sequence[StageRow], new_rows: Sequence[StageRow]) -> None:
        """Take the old rows out and the new ones in."""

    def tell(self, cells: Iterable[tuple[CellKey, Partial | None]]) -> None:
        """Cells that are not counted from rows, as they are now; None: gone."""


class _Cell:
    """What a cell holds while it can still change."""

    __slots__ = ("amount_hits", "amount_trials", "distinct", "excluded", "hits", "pack", "rows", "seconds",
                 "sum_ms", "told", "trials", "waiting")  # fmt: skip

    def __init__(self, pack: str = "") -> None:
        self.pack = pack
        self.told: Partial | None = None  # as last asked, while nothing changed
        self.seconds: list[int] = []
        self.sum_ms = 0
        self.waiting: list[tuple[int, int]] = []
        self.excluded: dict[str, int] = {}
        self.rows = self.hits = self.trials = 0
        self.distinct: dict[str, list[int]] = {}  # key → [rows, rows in the numerator]
        self.amount_hits = self.amount_trials = _NOTHING

    def put(self, row: StageRow, sign: int) -> None:
        """Add a row (sign 1) or take it out again (−1)."""
        self.told = None
        self.rows += sign
        if row.excluded:
            left = self.excluded.get(row.excluded, 0) + sign
            self.excluded[row.excluded] = left
            if not left:
                del self.excluded[row.excluded]
        elif row.num is not None and row.millis is not None:  # was due, and is done: the length says that it counts
            self._length(row.millis, sign)
            self.hits += sign if row.num else 0
        elif row.num is not None:
            self._share(row, sign)
        elif row.ended_at is None:
            if row.open_until is not None and row.started_at is not None:
                _put(self.waiting, (row.started_at, row.open_until), sign)
        elif row.millis is not None:
            self._length(row.millis, sign)

    def _length(self, millis: int, sign: int) -> None:
        _put(self.seconds, millis // 1000, sign)
        self.sum_ms += sign * millis

    def _share(self, row: StageRow, sign: int) -> None:
        if row.distinct:
            told = self.distinct.setdefault(row.distinct, [0, 0])
            told[0] += sign
            told[1] += sign if row.num else 0
            if not told[0]:
                del self.distinct[row.distinct]
        else:
            self.trials += sign
            self.hits += sign if row.num else 0
        if row.amount:
            self.amount_trials += sign * Decimal(row.amount)
        if row.num and (row.amount_num or row.amount):
            self.amount_hits += sign * Decimal(row.amount_num or row.amount)

    def partial(self) -> Partial:
        """Its absolute content. The same object as long as nothing changed: not to be changed by others."""
        if self.told is None:
            self.told = self._partial()
        return self.told

    def _partial(self) -> Partial:
        return Partial(
            seconds=list(self.seconds),
            sum_ms=self.sum_ms,
            waiting=list(self.waiting),
            excluded=dict(sorted(self.excluded.items())) if self.excluded else {},
            rows=self.rows,
            hits=self.hits,
            trials=self.trials,
            distinct={key: told[1] > 0 for key, told in sorted(self.distinct.items())} if self.distinct else {},
            amount_hits=money(self.amount_hits) if self.amount_hits else "0",
            amount_trials=money(self.amount_trials) if self.amount_trials else "0",
        )


_Item = TypeVar("_Item", int, tuple[int, int])


def _put(ordered: list[_Item], item: _Item, sign: int) -> None:
    if sign > 0:
        insort(ordered, item)
    else:
        ordered.remove(item)


def is_over(row: StageRow) -> bool:
    """A state that is over is nobody's number."""
    return row.ended_at is not None and row.stage in _states()


@cache
def _states() -> frozenset[str]:
    return frozenset(code for code, stage in stages().items() if stage.kind == "state")


class CellBook:
    """All cells of one shard, kept by adding new rows and taking old ones out; it knows which packs changed."""

    def __init__(self) -> None:
        self._cells: dict[tuple[str, str, tuple[str, ...], str, int], _Cell] = {}
        self._packs: dict[str, dict[CellKey, _Cell]] = {}
        self._dirty: set[str] = set()

    def replace(self, old: Sequence[StageRow], new: Sequence[StageRow]) -> None:
        """A scope's rows became others. Rows that stay the same change nothing."""
        same = 0  # both are in order: mostly all but one or two are the same
        for before, after in zip(old, new, strict=False):
            if before is not after and before != after:
                break
            same += 1
        gone, come = list(old[same:]), list[StageRow]()
        for row in new[same:]:
            if row in gone:
                gone.remove(row)  # one for one: two facts may make equal rows, and each counts
            else:
                come.append(row)
        for row in gone:
            self._put(row, -1)
        for row in come:
            self._put(row, 1)

    def _put(self, row: StageRow, sign: int) -> None:
        if is_over(row):
            return
        place = (row.stage, row.series, row.dims, row.day, row.at // SLOT_MS)
        cell = self._cells.get(place)
        if cell is None:
            key = CellKey(*place)
            cell = self._cells[place] = _Cell(pack_name(key))
            self._packs.setdefault(cell.pack, {})[key] = cell
        cell.put(row, sign)
        self._dirty.add(cell.pack)
        if not cell.rows:
            self._drop(place, cell)

    def tell(self, cells: Iterable[tuple[CellKey, Partial | None]]) -> None:
        """Cells that are not counted from rows, as they are now; None: gone."""
        for key, partial in cells:
            name = pack_name(key)
            self._dirty.add(name)
            pack = self._packs.setdefault(name, {})
            if partial is None:
                pack.pop(key, None)
            else:
                pack[key] = _Cell(name)
                pack[key].told = partial
            if not pack:
                del self._packs[name]

    def _drop(self, place: tuple[str, str, tuple[str, ...], str, int], cell: _Cell) -> None:
        del self._cells[place]
        cells = self._packs[cell.pack]
        del cells[CellKey(*place)]
        if not cells:
            del self._packs[cell.pack]

    def dirty(self) -> dict[str, list[tuple[CellKey, Partial]]]:
        """The packs that changed since the last call, whole; an empty list where a pack is gone."""
        names, self._dirty = sorted(self._dirty), set()
        return {name: self._content(name) for name in names}

    def everything(self) -> Iterator[tuple[str, list[tuple[CellKey, Partial]]]]:
        """Every live pack, whole: what a new owner says first."""
        self._dirty = set()
        for name in self.names():
            yield name, self._content(name)

    def names(self) -> list[str]:
        """The names of all live packs."""
        return sorted(self._packs)

    def _content(self, name: str) -> list[tuple[CellKey, Partial]]:
        return [(key, cell.partial()) for key, cell in self._packs.get(name, {}).items()]


def partial_of(rows: Iterable[StageRow]) -> Partial:
    """All these rows as one partial."""
    cell = _Cell()
    for row in rows:
        cell.put(row, 1)
    return cell.partial()
