"""Yesterday as it was published: a restated number is marked, and opens into its history."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from board import words
from board.behind import Panel, Published
from board.words import Language, number, say, unit
from orchestration.reports.markup import Markup, el, join


def published(shown: Panel, lang: Language) -> Markup | None:
    """The value that stands, and below it all that was published before and beside it."""
    standing = [one for one in shown.published if not one.is_adjustment]
    if not standing:
        return None
    heads = _heads(lang, "day", "value", "count", "as_of")
    head = el("h3", say(lang, "published"))
    table = el("table", el("thead", heads), el("tbody", el("tr", *_cells(standing[-1], shown, lang))))
    return join(head, table, _history(shown, len(standing), lang))


def _history(shown: Panel, standing: int, lang: Language) -> Markup | None:
    if len(shown.published) < 2:
        return None
    marks = [f"{say(lang, 'restated')} ×{standing - 1}"] if standing > 1 else []
    if adjusted := len(shown.published) - standing:
        marks.append(f"{say(lang, 'adjusted')} ×{adjusted}")
    lines = [
        el(
            "tr",
            *_cells(one, shown, lang)[1:],
            el("td", "" if one.by is None else f"{one.by:+.6g}"),
            el("td", _why(one, lang)),
        )
        for one in reversed(shown.published)
    ]
    heads = _heads(lang, "value", "count", "as_of", "by", "reason")
    table = el("table", el("thead", heads), el("tbody", *lines))
    return el("details", el("summary", " · ".join(marks)), el("div", table, class_="scroll"), class_="restated")


def _heads(lang: Language, *keys: str) -> Markup:
    return el("tr", *(el("th", say(lang, key)) for key in keys))


def _cells(one: Published, shown: Panel, lang: Language) -> list[Markup]:
    at = words.local(one.computed_at, ZoneInfo(shown.zone))
    value = f"{number(one.value)} {unit(shown.unit, lang)}"
    return [el("td", one.day), el("td", value), el("td", one.n), el("td", f"{at:%m-%d %H:%M}")]


def _why(one: Published, lang: Language) -> str:
    said = [why[0 if lang == "zh" else 1] for why in one.why]
    return "; ".join([say(lang, "adjusted"), *said] if one.is_adjustment else said)
