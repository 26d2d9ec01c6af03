"""A report as a workbook: what matters, every table with real numbers, every chart a chart of the spreadsheet's own."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import xlsxwriter

from orchestration.reports.document import Cell, Chart, Document, Note, Points, Table, Tiles
from orchestration.reports.words import say

_INK, _QUIET, _OVER, _FAR, _BETTER, _ACCENT = "#16202A", "#5A6570", "#B45309", "#C2410C", "#00796B", "#0072B2"
_COLOURS = {"over": _OVER, "far": _FAR, "worse": _OVER, "warn": _OVER, "better": _BETTER, "quiet": _QUIET}
_Values = tuple[float | None, ...]
_MOST_NAME = 31  # characters of a sheet's name


def xlsx_of(document: Document) -> bytes:
    """The whole workbook."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": document.title, "subject": document.subtitle})
    _Workbook(book, document).write()
    book.close()
    return out.getvalue()


class _Workbook:
    """Sheets and formats of one workbook."""

    def __init__(self, book: Any, document: Document) -> None:
        self._book, self._document = book, document
        self._formats: dict[tuple[tuple[str, Any], ...], Any] = {}
        self._names: set[str] = set()

    def write(self) -> None:
        """The first sheet says what matters; then a sheet for each section that has tables or charts."""
        self._front()
        for section in self._document.sections[1:]:
            if any(isinstance(block, Table | Chart) for block in section.blocks):
                self._sheet(section.title, section.blocks)

    def _front(self) -> None:
        document = self._document
        sheet = self._added(say(document.lang, "matters"))
        sheet.set_column(0, 0, 110, self._format(text_wrap=True, valign="top"))
        sheet.write(0, 0, document.title, self._format(bold=True, font_size=16))
        sheet.write(1, 0, document.subtitle, self._format(font_size=12))
        at = 2
        for name, value in document.facts:
            sheet.write(at, 0, f"{name}: {value}", self._format(font_color=_QUIET))
            at += 1
        if document.banner:
            sheet.write(at, 0, document.banner, self._format(bold=True, font_color=_OVER, text_wrap=True))
            at += 1
        for block in document.sections[0].blocks:
            at = self._said(sheet, at + 1, block)
        sheet.write(at + 1, 0, document.foot, self._format(font_color=_QUIET, text_wrap=True))

    def _said(self, sheet: Any, at: int, block: object) -> int:
        if isinstance(block, Points):
            sheet.write(at, 0, block.title, self._format(bold=True, font_size=12))
            for item in block.items:
                at += 1
                text = f"{item.said}\n{item.behind}" if item.behind else item.said
                sheet.write(at, 0, text, self._marked(item.mark, text_wrap=True, valign="top"))
            if not block.items:
                at += 1
                sheet.write(at, 0, block.none, self._format(font_color=_QUIET))
        if isinstance(block, Tiles | Note):
            return at - 1
        return at + 1

    def _sheet(self, title: str, blocks: tuple[object, ...]) -> None:
        sheet, at = self._added(title), 0
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 12, 14)
        writers: dict[type, Callable[[Any, int, Any], int]] = {Table: self._table, Chart: self._chart}
        for block in blocks:
            if writer := writers.get(type(block)):
                at = writer(sheet, at, block) + 1

    def _table(self, sheet: Any, at: int, table: Table) -> int:
        sheet.write(at, 0, table.title, self._format(bold=True, font_size=12))
        head = self._format(bold=True, bottom=2, text_wrap=True, valign="bottom")
        for place, column in enumerate(table.columns):
            sheet.write(at + 1, place, column.head.replace("|", "\n"), head)
        for row in table.rows:
            for place, (cell, column) in enumerate(zip(row, table.columns, strict=True)):
                self._cell(sheet, at + 2, place, cell, column.is_number)
            at += 1
        return at + 2

    def _cell(self, sheet: Any, row: int, place: int, cell: Cell, is_number: bool) -> None:
        if is_number and cell.number is not None:
            sheet.write_number(row, place, cell.number, self._marked(cell.mark, num_format=shown_as(cell.text)))
        else:
            sheet.write(row, place, cell.text.replace("|", " "), self._marked(cell.mark))

    def _chart(self, sheet: Any, at: int, chart: Chart) -> int:
        """The numbers of a chart as a table, and the chart beside it."""
        columns = _columns(chart, say(self._document.lang, "target_line"), say(self._document.lang, "centre_line"))
        sheet.write(at, 0, f"{chart.title} ({chart.unit})", self._format(bold=True, font_size=12))
        first, last = at + 2, at + 1 + len(chart.labels)
        for row, label in enumerate(chart.labels):
            sheet.write_string(first + row, 0, label)
        drawn = self._book.add_chart({"type": "column" if chart.kind == "bars" else "line"})
        lines = self._book.add_chart({"type": "line"}) if chart.kind == "bars" and len(columns) > 1 else drawn
        for place, (name, values, look) in enumerate(columns, 1):
            sheet.write(at + 1, place, name, self._format(bold=True, bottom=2))
            self._numbers(sheet, first, place, values)
            series = {
                "name": [sheet.name, at + 1, place],
                "categories": [sheet.name, first, 0, last, 0],
                "values": [sheet.name, first, place, last, place],
            }
            (drawn if place == 1 else lines).add_series(series | look)
        if lines is not drawn:
            drawn.combine(lines)
        _dress(drawn, chart)
        sheet.insert_chart(at, len(columns) + 2, drawn, {"description": chart.title})
        return max(last, at + 15)

    def _numbers(self, sheet: Any, first: int, place: int, values: _Values) -> None:
        for row, value in enumerate(values):
            if value is not None:
                sheet.write_number(first + row, place, value, self._format(num_format="#,##0.0"))

    def _added(self, title: str) -> Any:
        name = base = re.sub(r"[\[\]:*?/\\]", " ", title)[:_MOST_NAME]
        while name in self._names:
            name = f"{base[: _MOST_NAME - 3]} {len(self._names)}"
        self._names.add(name)
        sheet = self._book.add_worksheet(name)
        sheet.hide_gridlines(2)
        sheet.set_paper(9)  # A4
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        return sheet

    def _marked(self, mark: str, **how: Any) -> Any:
        colour = {"font_color": _COLOURS[mark]} if mark in _COLOURS else {}
        return self._format(**how, **colour, **({"bold": True} if mark in ("over", "far") else {}))

    def _format(self, **how: Any) -> Any:
        key = tuple(sorted(how.items()))
        if key not in self._formats:
            self._formats[key] = self._book.add_format({"font_name": "Microsoft YaHei", "font_color": _INK, **how})
        return self._formats[key]


def shown_as(text: str) -> str:
    """The format by which a number reads as in the report: `中位 45.5 分` is `"中位 "#,##0.0" 分"`."""
    said, _, below = text.replace('"', "").partition("|")
    found = _NUMBER.search(said)
    if not found:
        return "General"
    before, after = said[: found.start()], said[found.end() :] + (f" {below}" if below else "")
    decimals = len(found.group(1) or "") - 1
    plus = "+" if before.endswith("+") else ""
    number = "#,##0" + ("." + "0" * decimals if decimals > 0 else "")
    quoted = [f'"{part}"' if part else "" for part in (before.removesuffix("+"), after)]
    positive = f"{quoted[0]}{plus}{number}{quoted[1]}"
    return f"{positive};{quoted[0]}-{number}{quoted[1]}" if plus else positive


_NUMBER = re.compile(r"(?<![\w.])-?\d[\d,]*(\.\d+)?")


def _columns(chart: Chart, target: str, centre: str) -> list[tuple[str, _Values, dict[str, Any]]]:
    """What a chart draws, as columns: name, values, and how the line looks."""
    found: list[tuple[str, _Values, dict[str, Any]]] = [(chart.name or chart.title, chart.values, _look(chart))]
    if chart.other:
        found.append((chart.other_name, chart.other, {"line": {"color": "#9AA5AE", "width": 1.5}}))
    dashed = {"dash_type": "dash", "width": 1}
    levels = ((target, chart.target, _OVER), (centre, chart.centre, _QUIET), ("UCL", chart.upper, _QUIET),
              ("LCL", chart.lower, _QUIET))  # fmt: skip
    for name, level, colour in levels:
        if level is not None:
            found.append((name, (level,) * len(chart.labels), {"line": {"color": colour, **dashed}}))
    return found


def _look(chart: Chart) -> dict[str, Any]:
    """Bars in one colour; a line with its points, those that are signals in another."""
    if chart.kind == "bars":
        return {"fill": {"color": _ACCENT}}
    far = {"fill": {"color": _FAR}}
    points = [far if index in chart.signals else None for index in range(len(chart.labels))]
    marker = {"type": "circle", "size": 4, "fill": {"color": _ACCENT}}
    look: dict[str, Any] = {"line": {"color": _ACCENT, "width": 2}, "marker": marker}
    return look | ({"points": points} if chart.signals else {})


def _dress(drawn: Any, chart: Chart) -> None:
    drawn.set_title({"name": chart.title, "name_font": {"size": 11}})
    drawn.set_y_axis({"name": chart.unit, "major_gridlines": {"visible": True, "line": {"color": "#E3E8EC"}}})
    drawn.set_legend({"position": "bottom"})
    drawn.set_size({"width": 720, "height": 300})
