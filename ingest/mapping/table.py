"""A CSV that nobody has described: its encoding, its delimiter, and what each column looks like."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ingest.errors import Misconfigured
from ingest.interpret.times import Unreadable, read_time

_ENCODINGS = ("utf-8-sig", "gb18030")
_DELIMITERS = (",", ";", "\t", "|")
_ROWS = 100_000  # are looked at
_MOSTLY = 0.8
_ZONE = ZoneInfo("UTC")  # any will do: only whether a text is a time is asked

# Ways to write a time beside ISO and HL7; where day and month could be either, the day is first.
_FORMATS = tuple(
    f"{day} {clock}"
    for day in ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%Y年%m月%d日", "%d.%m.%y", "%d/%m/%y", "%m/%d/%y")
    for clock in ("%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p", "%H时%M分", "%H时%M分%S秒")
)


class Column(NamedTuple):
    """One column as it looks."""

    name: str
    values: tuple[str, ...]  # those that are filled
    is_time: bool
    is_number: bool

    @property
    def kinds(self) -> int:
        """How many different values."""
        return len(set(self.values))


class Table(NamedTuple):
    """A file as it looks."""

    encoding: str
    delimiter: str
    time_format: str  # "" where ISO or HL7
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]

    def named(self, name: str) -> Column:
        """The column of a name."""
        return next(column for column in self.columns if column.name == name)

    def is_unique(self, names: Sequence[str]) -> bool:
        """Do these columns together tell every row from every other?"""
        at = [n for n, column in enumerate(self.columns) if column.name in names]
        return len({tuple(row[n] for n in at) for row in self.rows}) == len(self.rows)


def look_at(path: Path) -> Table:
    """What a file looks like. Raises Misconfigured when it is no table."""
    encoding, text = _decoded(path)
    lines = text.splitlines()[:200]
    try:
        delimiter = max(_DELIMITERS, key=lambda each: _columns_of(lines, each))
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        header = next(reader, [])
        rows = [tuple(row) for row in islice(reader, _ROWS) if len(row) == len(header)]
    except csv.Error:
        raise Misconfigured(f"{path} is no table: it cannot be read as CSV.") from None
    if len(header) < 2 or not rows or len(set(header)) < len(header):
        raise Misconfigured(f"{path} is no table: a CSV begins with a line that names its columns, each once.")
    cells = [tuple(row[n].strip() for row in rows if row[n].strip()) for n in range(len(header))]
    time_format = _time_format(cells)
    columns = tuple(
        Column(name, values, _share(values, time_format) >= _MOSTLY, _is_number(values))
        for name, values in zip(header, cells, strict=True)
    )
    return Table(encoding.removesuffix("-sig"), delimiter, time_format, columns, tuple(rows))


def _decoded(path: Path) -> tuple[str, str]:
    body = path.read_bytes()
    for encoding in _ENCODINGS:
        try:
            return encoding, body.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Misconfigured(f"{path} is text in neither UTF-8 nor GB18030; convert it to one of them.")


def _columns_of(lines: Sequence[str], delimiter: str) -> tuple[int, int]:
    """How many columns this delimiter cuts the header into, if most lines have as many."""
    counts = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter))
    width = len(next(csv.reader(lines[:1], delimiter=delimiter), []))
    return (width, counts[width]) if counts[width] * 2 > len(lines) else (0, 0)


def _time_format(cells: Sequence[tuple[str, ...]]) -> str:
    """How times are written: "" where no other way reads more columns than ISO and HL7."""
    clocks = [values for values in cells if any(mark in text for text in values[:5] for mark in ":时")]
    found = {way: sum(_share(values[:40], way) >= _MOSTLY for values in clocks) for way in ("", *_FORMATS)}
    return max(found, key=lambda way: found[way])


def _share(values: Sequence[str], time_format: str) -> float:
    some = values[:200]
    return sum(_is_time(text, time_format) for text in some) / len(some) if some else 0.0


def _is_time(text: str, time_format: str) -> bool:
    """A day with a time of day. A number alone is none: it may be anything."""
    try:
        if time_format:
            datetime.strptime(text, time_format).replace(tzinfo=_ZONE)
            return True
        return not (text.isdigit() and len(text) != 14) and read_time(text, None, _ZONE).precision != "day"
    except (ValueError, Unreadable):
        return False


def _is_number(values: Sequence[str]) -> bool:
    try:
        return bool(values) and all(float(text) >= 0 for text in values[:200])
    except ValueError:
        return False
