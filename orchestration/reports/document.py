"""A report as parts that any format can show: points, tiles, tables with real numbers, charts, notes. Pure."""

from __future__ import annotations

from typing import Literal

import msgspec

from orchestration.reports.writing import Language

Mark = Literal["", "over", "far", "better", "worse", "warn", "quiet"]


class Cell(msgspec.Struct, frozen=True):
    """A cell of a table: as it is read, and as the number that it is."""

    text: str
    number: float | None = None
    mark: Mark = ""
    trend: tuple[float, ...] = ()  # drawn as a small line beside the text


class Column(msgspec.Struct, frozen=True):
    """A column's head, whether it holds numbers, and how wide it is."""

    head: str
    is_number: bool = False
    share: int = 0  # of the table's width, per cent; 0 = as it comes


class Table(msgspec.Struct, frozen=True, tag=True):
    """Rows under a title; `note` says what must be known to read them."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


class Item(msgspec.Struct, frozen=True):
    """A statement that matters, and what stands behind it."""

    said: str
    behind: str = ""
    mark: Mark = ""


class Points(msgspec.Struct, frozen=True, tag=True):
    """Statements under a heading; `none` is said where there are none."""

    title: str
    items: tuple[Item, ...]
    none: str


class Tile(msgspec.Struct, frozen=True):
    """One number, large, with its n and the line of the days before."""

    title: str
    value: str
    below: str
    mark: Mark = ""
    trend: tuple[float, ...] = ()
    aim: float | None = None


class Tiles(msgspec.Struct, frozen=True, tag=True):
    """A row of numbers."""

    tiles: tuple[Tile, ...]


class Chart(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Values in order of time, with what they are held against. `signals` are positions of points beyond noise."""

    title: str
    unit: str
    labels: tuple[str, ...]
    values: tuple[float | None, ...]
    counts: tuple[int, ...] = ()  # of how many each value is
    kind: Literal["line", "bars"] = "line"
    name: str = ""
    centre: float | None = None
    upper: float | None = None
    lower: float | None = None
    target: float | None = None
    signals: tuple[int, ...] = ()
    judged_from: int | None = None  # where the baseline ends
    judged_name: str = ""
    other: tuple[float | None, ...] = ()  # what it is compared with
    other_name: str = ""
    note: str = ""


class Note(msgspec.Struct, frozen=True, tag=True):
    """Running text under a title."""

    title: str
    paragraphs: tuple[str, ...]


Block = Points | Tiles | Table | Chart | Note


class Section(msgspec.Struct, frozen=True):
    """Blocks under a heading."""

    title: str
    blocks: tuple[Block, ...]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A figure as the data files have it."""

    report: str
    facility: str
    first_day: str
    last_day: str
    kpi: str
    title_zh: str
    title_en: str
    unit: str
    dimension: str
    part: str
    n: int | None
    value: float | None
    mean: float | None
    p50: float | None
    p90: float | None
    numerator: int | None
    denominator: int | None
    excluded: int | None
    waiting: int | None
    completeness: float | None
    target: str
    verdict: str  # kept, broken, far, "" without a target
    trust: str  # good, note, warn, withhold
    definition_version: int


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A whole report."""

    name: str  # of its files
    lang: Language
    title: str
    subtitle: str
    banner: str  # what must be known before anything is believed; "" when all is well
    facts: tuple[tuple[str, str], ...]  # what stands under the title: name and value
    sections: tuple[Section, ...]
    foot: str
    rows: tuple[Row, ...]

    @property
    def opening(self) -> tuple[Points, ...]:
        """What matters, as it stands at the top."""
        return tuple(block for block in self.sections[0].blocks if isinstance(block, Points))
