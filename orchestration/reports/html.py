"""A report as one HTML file: its style within it, nothing from outside, no script; it prints on A4 as it is."""

from __future__ import annotations

from pathlib import Path

from orchestration.reports.document import (
    Block,
    Cell,
    Chart,
    Column,
    Document,
    Item,
    Mark,
    Note,
    Points,
    Section,
    Table,
    Tile,
    Tiles,
)
from orchestration.reports.markup import Markup, el, join
from orchestration.reports.pictures import drawn, small
from orchestration.reports.words import say
from orchestration.reports.writing import Language

_STYLE = Path(__file__).resolve().parent / "report.css"

# Told by shape before colour.
_SHAPES: dict[Mark, str] = {
    "": '<circle cx="8" cy="8" r="3" fill="#5a6570"/>',
    "quiet": '<circle cx="8" cy="8" r="3" fill="none" stroke="#5a6570" stroke-width="1.5"/>',
    "over": '<path d="M8 2.5 14.5 13.5h-13z" fill="#b45309"/>',
    "far": '<path d="M8 .8 14 8H2zM8 7.8l6 7.2H2z" fill="#c2410c"/>',
    "better": '<path d="m2.5 8.5 3.6 3.6 7.4-8" fill="none" stroke="#00796b" stroke-width="2.4"/>',
    "worse": '<path d="M8 2.5 14.5 13.5h-13z" fill="#b45309"/>',
    "warn": '<path d="M8 1.5v8M8 12v2.5" stroke="#b45309" stroke-width="2.6"/>',
}


def html_of(document: Document) -> bytes:
    """The whole file."""
    head = join(
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width"),
        el("title", f"{document.title} · {document.subtitle}"),
        el("style", Markup(_STYLE.read_text("utf-8") + _running(document))),
    )
    body = join(
        _header(document),
        el("p", document.banner, class_="banner", role="note") if document.banner else None,
        *(_section(section, document.lang) for section in document.sections),
        el("footer", document.foot),
    )
    lang = "zh-CN" if document.lang == "zh" else "en"
    page = el("html", el("head", head), el("body", body), lang=lang)
    return f"<!doctype html>\n{page}\n".encode()


def _running(document: Document) -> str:
    """What stands at the foot of every printed page."""
    said = f"{document.title} · {document.subtitle}".translate(_PLAIN)
    return f'@page {{ @bottom-left {{ content: "{said}"; font: 8pt sans-serif; color: #5a6570; }} }}'


_PLAIN = str.maketrans(dict.fromkeys('"\\<>\n', " "))


def _header(document: Document) -> Markup:
    facts = [el("span", f"{name}{'：' if document.lang == 'zh' else ': '}{value}") for name, value in document.facts]
    return el(
        "header",
        el("h1", document.title),
        el("p", document.subtitle, class_="sub"),
        el("p", *facts, class_="facts"),
    )


def _section(section: Section, lang: Language) -> Markup:
    """A section; what is called as it is needs no second heading."""
    blocks = [_block(block, lang) for block in section.blocks]
    again = el("h3", section.title)
    return el("section", el("h2", section.title), *(Markup(block.replace(again, "", 1)) for block in blocks))


def _block(block: Block, lang: Language) -> Markup:
    match block:
        case Points():
            items = el("ul", *map(_item, block.items)) if block.items else el("p", block.none, class_="quiet")
            return join(el("h3", block.title), items)
        case Tiles():
            return el("div", *(_tile(tile) for tile in block.tiles), class_="tiles")
        case Table():
            return _table(block)
        case Chart():
            return _chart(block, lang)
        case Note():
            head = el("h3", block.title) if block.title else None
            return join(head, *(el("p", said, class_="note" if head else None) for said in block.paragraphs))


def _item(item: Item) -> Markup:
    shape = el("svg", Markup(_SHAPES[item.mark]), viewBox="0 0 16 16", aria_hidden="true")
    return el("li", shape, el("b", item.said), el("small", item.behind) if item.behind else None)


def _tile(tile: Tile) -> Markup:
    return el(
        "div",
        el("div", tile.title, class_="name"),
        el("div", tile.value, class_=f"value {tile.mark}".strip()),
        el("div", tile.below, class_="below"),
        small(tile.trend, tile.aim) if tile.trend else None,
        class_="tile",
    )


def _table(table: Table) -> Markup:
    rows = [el("tr", *(_cell(cell, c) for cell, c in zip(row, table.columns, strict=True))) for row in table.rows]
    widths = [el("col", style=f"width:{c.share}%" if c.share else None) for c in table.columns]
    how = "fixed" if any(column.share for column in table.columns) else None
    whole = el(
        "table",
        el("colgroup", *widths),
        el("thead", el("tr", *map(_head, table.columns))),
        el("tbody", *rows),
        class_=how,
    )
    note = el("p", table.note, class_="note") if table.note else None
    return join(el("h3", table.title), el("div", whole, class_="scroll"), note)


def _head(column: Column) -> Markup:
    name, _, unit = column.head.partition("|")
    return el("th", name, el("small", unit) if unit else None, class_=_classes(column), scope="col")


def _cell(cell: Cell, column: Column) -> Markup:
    text, _, below = cell.text.partition("|")
    line = Markup(str(small(cell.trend)).replace("<svg", '<svg class="trend"', 1)) if cell.trend else None
    inside = el("span", text, class_=cell.mark) if cell.mark else text
    return el("td", line, inside, el("small", below) if below else None, class_=_classes(column))


def _classes(column: Column) -> str | None:
    return "num" if column.is_number else None


def _chart(chart: Chart, lang: Language) -> Markup:
    unit = f"（{chart.unit}）" if lang == "zh" and chart.unit else f" ({chart.unit})" if chart.unit else ""
    return el(
        "figure",
        el("figcaption", f"{chart.title}{unit}"),
        drawn(chart),
        el("div", *_key(chart, lang), class_="key"),
        el("p", chart.note, class_="note") if chart.note else None,
    )


def _key(chart: Chart, lang: Language) -> list[Markup]:
    told = [("", chart.name)] if chart.name else []
    told += [("other", chart.other_name)] if chart.other else []
    told += [("target", say(lang, "target_line"))] if chart.target is not None else []
    told += [("centre", say(lang, "centre_line"))] if chart.centre is not None else []
    told += [("limit", say(lang, "limit_lines"))] if chart.upper is not None else []
    told += [("signal", say(lang, "signal_points"))] if chart.signals else []
    return [el("span", el("i", class_=kind or None), name) for kind, name in told]
