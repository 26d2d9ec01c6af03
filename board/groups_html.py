"""Patient groups beside everybody else, in the panel of a wait. A few people are only ever `<5`."""

from __future__ import annotations

from collections.abc import Sequence

from board.words import Language, in_language, number, unit
from orchestration.reports.markup import Markup, el, join
from streams.groups import LEAST, NAMES, Gap

_HEADS = (
    ("人群", "patient group"), ("完成", "done"), ("中位", "median"), ("其他人完成", "others done"),
    ("其他人中位", "others' median"), ("差距", "gap"),
)  # fmt: skip
_TITLE = ("人群差距(与其他所有人相比)", "Patient groups and their gap to everybody else")
_NOTE = (
    "今日已完成者;少于 5 人的只显示 <5。差距为正:等得比其他人久。",
    "Of those who finished today; fewer than 5 are only shown as <5. A positive gap: they wait longer than the others.",
)


def section(found: Sequence[Gap], unit_name: str, lang: Language) -> Markup | None:
    """A row for each group that somebody was in."""
    if not found:
        return None
    return join(
        el("h3", in_language(_TITLE, lang)),
        el("p", in_language(_NOTE, lang), class_="quiet"),
        el(
            "table",
            el("thead", el("tr", *(el("th", in_language(head, lang), scope="col") for head in _HEADS))),
            el("tbody", *(_line(gap, unit_name, lang) for gap in found)),
            class_="groups",
            aria_label=in_language(_TITLE, lang),
        ),
    )


def _line(gap: Gap, unit_name: str, lang: Language) -> Markup:
    u = unit(unit_name, lang)

    def told(value: float | None, *, signed: bool = False) -> str:
        if value is None:
            return "–"
        return f"{'+' if signed and value > 0 else ''}{number(value)} {u}"

    cells = (
        in_language(NAMES[gap.group], lang), _people(gap.n), told(gap.value), _people(gap.others_n), told(gap.others),
        told(gap.by, signed=True),
    )  # fmt: skip
    return el("tr", *(el("td", cell) for cell in cells))


def _people(n: int | None) -> str:
    return f"<{LEAST}" if n is None else f"{n}"
