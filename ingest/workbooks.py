"""Workbooks (XLSX): the rows of a sheet as a CSV would have them, in bounded memory, whatever the file claims to be.

A cell keeps what it means: a date is a time in the hospital, a number of a case is no decimal, a formula is its value
as last calculated. A cell that spans several rows counts in each of them. Titles above the columns are passed over.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

from openpyxl import load_workbook
from openpyxl.utils.cell import range_boundaries
from openpyxl.utils.datetime import from_excel

from ingest.errors import Misconfigured
from ingest.events import catalogue
from ingest.interpret.fields import holds
from ingest.interpret.layout import Csv

MOST_BYTES, MOST_UNPACKED, MOST_PARTS = 100_000_000, 400_000_000, 5_000
_MOST_ROWS, _MOST_COLUMNS, _TITLES, _MOST_SPANS = 1_048_576, 1_000, 20, 100_000
_EXACT = 10**15  # a spreadsheet keeps 15 digits: of a longer number the last ones are lost
_ERRORS = {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#GETTING_DATA"}
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, ElementTree.ParseError)  # what packing and XML make of damage
_MS = timedelta(milliseconds=1)


class Line(NamedTuple):
    """One row: its number in the sheet, its cells as text, and what is wrong with it."""

    number: int
    row: dict[str, str]
    fault: str = ""


def lines_of(path: Path, described: Csv) -> Iterator[Line]:
    """The rows below the one that names the columns. Raises Misconfigured when it is no such workbook."""
    _refuse_bombs(path)
    try:
        book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except Exception as error:  # whatever a broken file makes the library raise
        raise Misconfigured(f"{path} is no workbook that can be read ({type(error).__name__}).") from None
    try:
        yield from _Sheet(path, book, described).lines()
    except (*_BROKEN, LookupError, ValueError, TypeError, OverflowError) as error:
        raise Misconfigured(f"{path} is a broken workbook ({type(error).__name__}).") from None
    finally:
        book.close()


def _refuse_bombs(path: Path) -> None:
    """A small file may unpack to more than the machine has; what it says of its parts is all that is ever unpacked."""
    if path.stat().st_size > MOST_BYTES:
        raise Misconfigured(f"{path} is longer than {MOST_BYTES // 1_000_000} MB: split the workbook, or save a CSV.")
    try:
        with zipfile.ZipFile(path) as packed:
            parts = packed.infolist()
    except (zipfile.BadZipFile, OSError):
        raise Misconfigured(f"{path} is no XLSX workbook; an old .xls is to be saved as .xlsx first.") from None
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise Misconfigured(f"{path} unpacks to more than {MOST_UNPACKED // 1_000_000} MB: save a CSV instead.")


class _Sheet:
    """The sheet that a site file describes."""

    def __init__(self, path: Path, book: Any, described: Csv) -> None:
        names = {sheet.title: sheet for sheet in book.worksheets}
        if described.sheet and described.sheet not in names:
            raise Misconfigured(f"{path} has no sheet {described.sheet}; it has {', '.join(names)}.")
        if not names:
            raise Misconfigured(f"{path} has no sheet with cells.")
        self._sheet = names[described.sheet] if described.sheet else next(iter(names.values()))
        self._path, self._described, self._epoch = path, described, book.epoch
        self._times = _time_columns(described)

    def lines(self) -> Iterator[Line]:
        spans = self._spans()
        rows = enumerate(self._sheet.iter_rows(max_row=_MOST_ROWS, max_col=_MOST_COLUMNS, values_only=True), 1)
        header = self._header(rows)
        held: dict[int, Any] = {}  # column → the value of the cell that spans it
        for number, cells in rows:
            values = list(cells)[: len(header)]
            values += [None] * (len(header) - len(values))
            for column, (first, last) in spans.get(number, {}).items():
                if column < len(values):
                    held[column] = values[column] if number == first else held.get(column)
                    values[column] = held[column]
                    if number == last:
                        held.pop(column, None)
            if any(value not in (None, "") for value in cells):
                yield self._line(number, header, values)

    def _header(self, rows: Iterator[tuple[int, tuple[Any, ...]]]) -> list[str]:
        """The first row that names every column of the description; titles and blank rows may stand above it."""
        wanted, missing = self._described.columns(), sorted(self._described.columns())
        for number, cells in rows:
            names = [self._text("", value) for value in cells]
            while names and not names[-1]:
                names.pop()
            if wanted <= set(names):
                return names
            if names and len(left := sorted(wanted - set(names))) < len(missing):
                missing = left
            if number >= _TITLES:
                break
        raise Misconfigured(
            f"{self._path}, sheet {self._sheet.title}, has no column {', '.join(missing)}; the site file names it."
        )

    def _line(self, number: int, header: list[str], values: list[Any]) -> Line:
        row, fault = dict[str, str](), ""
        for name, value in zip(header, values, strict=True):
            row[name] = self._text(name, value)
            is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if is_number and abs(value) >= _EXACT and name in self._described.columns():
                fault = f"more digits than a number cell keeps: line {number}"
        return Line(number, row, fault)

    def _text(self, name: str, value: Any) -> str:
        """A cell as a CSV would have it."""
        if value is None or value in _ERRORS:
            return ""
        if name in self._times and isinstance(value, (int, float)) and not isinstance(value, bool):
            value = from_excel(value, self._epoch)
        if isinstance(value, datetime):
            at = _to_the_ms(value)
            return at.strftime(self._described.time_format) if self._described.time_format else at.isoformat()
        if isinstance(value, (date, time)):
            return str(value.isoformat())
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, float) and value.is_integer():
            return str(int(value))
        return str(value).strip()

    def _spans(self) -> dict[int, dict[int, tuple[int, int]]]:
        """Row → column (from 0) → first and last row of the cell that spans it downwards."""
        spans: dict[int, dict[int, tuple[int, int]]] = {}
        many = 0
        for reference in _merged(self._path, self._sheet):
            left, top, _, bottom = range_boundaries(reference)
            many += bottom - top + 1
            if many > _MOST_SPANS:
                raise Misconfigured(
                    f"{self._path} has more than {_MOST_SPANS} rows in merged cells: save a CSV instead."
                )
            for row in range(top, bottom + 1 if bottom > top else top):
                spans.setdefault(row, {})[left - 1] = (top, bottom)
        return spans


def _merged(path: Path, sheet: Any) -> Iterator[str]:
    """The merged cells, which stand behind the rows and which the library does not tell of a sheet read row by row."""
    with zipfile.ZipFile(path) as packed, packed.open(sheet._worksheet_path) as part:
        for _, element in ElementTree.iterparse(part):
            if element.tag.endswith("}mergeCell"):
                yield element.attrib["ref"]
            if element.tag.endswith(("}row", "}mergeCell")):
                element.clear()


def _to_the_ms(at: datetime) -> datetime:
    """A serial number is a fraction of a day: what it lacks to the millisecond is its own error."""
    return at.min + round((at - at.min) / _MS) * _MS


def _time_columns(described: Csv) -> frozenset[str]:
    """The columns whose numbers are serial dates."""
    found = {described.time, described.anchor_column, *(rule.time for rule in described.events)}
    for rule in described.events:
        kind = catalogue().get(rule.event)
        fields: Mapping[str, Any] = {**described.fields, **rule.fields}
        for name, column in fields.items():
            if kind is not None and name in kind.__struct_fields__ and holds(kind, name) in ("instant", "day"):
                found |= {column} if isinstance(column, str) else set(column)
    return frozenset(found - {""})
