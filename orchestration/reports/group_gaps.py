"""Patient groups beside everybody else: do those with priority really wait less? A few people are only `<5`. Pure."""

from __future__ import annotations

from orchestration.reports.document import Block, Cell, Column, Table
from orchestration.reports.facts import Facts
from orchestration.reports.writing import Language, number, pick, signed, title, unit
from streams.groups import LEAST, NAMES, Gap
from streams.kpis import catalogue
from streams.kpis.kpi import Kpi

_TITLE = ("人群差距", "Patient groups and their gap to everybody else")
_NOTE = (
    "中位数与其他所有人的中位数之差；为负即等得更短。少于 5 人的不显示数值。",
    "The difference of the median to that of everybody else; negative: they wait less. Fewer than 5 are not shown.",
)
_HEADS = (
    (("指标", "figure"), False), (("人群", "group"), False), (("人数", "n"), True), (("中位数", "median"), True),
    (("其他人", "the others"), True), (("差距", "gap"), True),
)  # fmt: skip


def head(lang: Language) -> str:
    """The title of the section."""
    return pick(_TITLE, lang)


def blocks(facts: Facts, lang: Language) -> tuple[Block, ...]:
    """A table of all waits that are known by group; nothing where nobody was in one."""
    rows = [_row(catalogue()[code], gap, lang) for code, found in facts.gaps.items() for gap in found]
    columns = tuple(Column(pick(name, lang), is_number) for name, is_number in _HEADS)
    return (Table(pick(_TITLE, lang), columns, tuple(rows), pick(_NOTE, lang)),) if rows else ()


def _row(kpi: Kpi, gap: Gap, lang: Language) -> tuple[Cell, ...]:
    few = Cell(f"<{LEAST}", mark="quiet")
    return (
        Cell(f"{title(kpi, lang)}|{unit(kpi, lang)}"),
        Cell(pick(NAMES[gap.group], lang)),
        few if gap.n is None else Cell(number(gap.n, 0), gap.n),
        Cell(number(gap.value), gap.value),
        Cell(number(gap.others), gap.others),
        Cell("–" if gap.by is None else signed(gap.by), gap.by),
    )
