"""A regulator pack as a document: indicators with numerator and denominator, definitions, exclusions, evidence. Pure.

The indicators of the whole hospital are told; no cell behind them, nor in the data files, tells of fewer than ten.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from orchestration.reports.document import Cell, Column, Document, Note, Row, Section, Table
from orchestration.reports.facts import Facts
from orchestration.reports.figures import Figure
from orchestration.reports.flat import row_of
from orchestration.reports.packs import Indicator, Pack, definition, indicators_of
from orchestration.reports.period import banner
from orchestration.reports.small_cells import counted, is_small, withheld
from orchestration.reports.tables import trust_cell
from orchestration.reports.words import say
from orchestration.reports.words_regulator import NOT_APPLIED
from orchestration.reports.writing import (
    Language,
    instant_text,
    listed,
    period_text,
    pick,
    title,
    with_statistic,
)
from streams.kpis import catalogue
from streams.kpis.kpi import Kpi
from streams.reasons import REASONS


def regulator_pack(pack: Pack, facts: Facts, lang: Language) -> Document:
    """A pack of a month, a quarter or a year."""
    indicators = indicators_of(pack)
    sections = (
        Section(say(lang, "pack_indicators"), (_values(indicators, facts, lang),)),
        Section(say(lang, "definitions"), (_definitions(indicators, facts, lang),)),
        Section(say(lang, "evidence"), tuple(_evidence(indicators, facts, lang))),
        Section(say(lang, "missing_indicators"), (_missing(pack, lang),) if pack.missing else ()),
        Section(say(lang, "how_to_read"), (Note("", (say(lang, "suppressed"), say(lang, "reading_numbers"))),)),
    )
    return Document(
        name=f"regulator-{pack.code}-{facts.name}-{lang}",
        lang=lang,
        title=f"{pick(facts.hospital.name, lang)} · {pick(pack.title, lang)}",
        subtitle=period_text(facts.name, facts.first, facts.last, lang),
        banner=banner(facts, lang),
        facts=(
            (say(lang, "basis"), pick(pack.basis, lang)),
            (say(lang, "facts_as_of"), instant_text(facts.as_of_ms, facts.zone)),
        ),
        sections=tuple(section for section in sections if section.blocks),
        foot=say(lang, "no_identity"),
        rows=tuple(_rows(indicators, facts)),
    )


def _values(indicators: Iterable[Indicator], facts: Facts, lang: Language) -> Table:
    heads = (("number", False, 10), ("figure", False, 30), ("value", True, 16), ("numerator", True, 14),
             ("denominator", True, 12), ("trust", False, 18))  # fmt: skip
    columns = tuple(Column(say(lang, head), is_number, share) for head, is_number, share in heads)
    return Table("", columns, tuple(_value(each, facts, lang) for each in indicators))


def _value(indicator: Indicator, facts: Facts, lang: Language) -> tuple[Cell, ...]:
    kpi, figure = catalogue()[indicator.kpi], facts.whole(indicator.kpi)
    head = (Cell(indicator.number), Cell(title(kpi, lang)))
    if figure is None:
        is_there = any(f.kpi.code == kpi.code and not f.dim for f in facts.figures)
        told = (Cell("0", 0), Cell("")) if is_there else (Cell("–"), Cell(""))
        return (*head, Cell("–"), *told, Cell("" if is_there else say(lang, "not_measured"), mark="quiet"))
    if is_small(figure.n):
        return (*head, Cell(say(lang, "hidden"), mark="quiet"), Cell(counted(figure.n)), Cell(""), Cell(""))
    above = figure.n if figure.num is None else figure.num
    return (
        *head,
        Cell(with_statistic(figure, lang), figure.value),
        _count(above),
        Cell("") if figure.den is None else _count(figure.den),
        trust_cell(figure, lang),
    )


def _count(n: int) -> Cell:
    return Cell(counted(n), None if is_small(n) else n)


def _definitions(indicators: Iterable[Indicator], facts: Facts, lang: Language) -> Table:
    heads = (("number", 10), ("definition", 42), ("excluded_why", 24), ("not_applied", 14), ("definition_version", 10))
    rows = []
    for indicator in indicators:
        kpi, figure = catalogue()[indicator.kpi], facts.whole(indicator.kpi)
        excluded = figure.excluded if figure else {}
        rows.append((
            Cell(indicator.number),
            Cell(f"{title(kpi, lang)}{'：' if lang == 'zh' else ': '}{pick(definition(kpi), lang)}"),
            Cell(_excluded(excluded, lang)),
            Cell(_not_applied(kpi, lang), mark="quiet"),
            Cell(f"v{kpi.version}"),
        ))  # fmt: skip
    return Table("", tuple(Column(say(lang, head), share=share) for head, share in heads), tuple(rows))


def _not_applied(kpi: Kpi, lang: Language) -> str:
    return listed([NOT_APPLIED.get(each, each) if lang == "zh" else each for each in kpi.not_applied], lang)


def _excluded(excluded: dict[str, int], lang: Language) -> str:
    told = [f"{pick(REASONS.get(code, (code, code)), lang)} {counted(n)}" for code, n in sorted(excluded.items())]
    return listed(told, lang)


def _evidence(indicators: Iterable[Indicator], facts: Facts, lang: Language) -> Iterable[Table]:
    """Each indicator by department, as far as it may be told."""
    for indicator in indicators:
        parts = _parts(facts, indicator.kpi)
        if not parts:
            continue
        hidden = _hidden(parts)
        kpi = catalogue()[indicator.kpi]
        heads = (Column(say(lang, "department"), share=40), Column(say(lang, "value"), True), Column("n", True))
        rows = tuple(_part(facts, figure, hidden, lang) for figure in sorted(parts, key=lambda f: f.part))
        yield Table(f"{indicator.number} {title(kpi, lang)}", heads, rows)


def _parts(facts: Facts, code: str) -> list[Figure]:
    return [figure for figure in facts.figures if figure.kpi.code == code and figure.dim == "dept" and figure.n]


def _hidden(parts: list[Figure]) -> set[str]:
    """Which departments are not told: too few, too few on one side of a share, or what would give those away."""
    telling = {f.part for f in parts if f.num is not None and f.den and (is_small(f.num) or is_small(f.den - f.num))}
    return withheld({figure.part: figure.n for figure in parts}, telling)


def _part(facts: Facts, figure: Figure, hidden: set[str], lang: Language) -> tuple[Cell, ...]:
    name = Cell(pick(facts.hospital.department(figure.part), lang))
    if figure.part in hidden:
        n = counted(figure.n) if is_small(figure.n) else say(lang, "hidden")
        return (name, Cell(say(lang, "hidden"), mark="quiet"), Cell(n, mark="quiet"))
    return (name, Cell(with_statistic(figure, lang), figure.value), _count(figure.n))


def _missing(pack: Pack, lang: Language) -> Table:
    heads = (Column(say(lang, "number"), share=14), Column(say(lang, "figure"), share=36), Column(say(lang, "why")))
    rows = tuple((Cell(no), Cell(pick(name, lang)), Cell(pick(why, lang))) for no, name, why in pack.missing)
    return Table("", heads, rows)


def _rows(indicators: Iterable[Indicator], facts: Facts) -> Iterable[Row]:
    """The same as data: what is not told in the tables is not told here."""
    span = (facts.first, facts.last)
    for indicator in indicators:
        parts = _parts(facts, indicator.kpi)
        hidden = _hidden(parts)
        for figure in (*filter(None, [facts.whole(indicator.kpi)]), *parts):
            row = row_of(facts.hospital, f"regulator {indicator.number}", span, figure)
            not_told = is_small(figure.n) or (figure.dim == "dept" and figure.part in hidden)
            yield _without(row) if not_told else _rounded(row, figure)


def _without(row: Row) -> Row:
    return msgspec.structs.replace(
        row, n=None, value=None, mean=None, p50=None, p90=None, numerator=None, denominator=None, excluded=None,
        waiting=None, completeness=None, verdict="",
    )  # fmt: skip


def _rounded(row: Row, figure: Figure) -> Row:
    """A numerator of fewer than ten is not told beside its denominator; nor are so few exclusions: blank, no 0."""
    left_out = sum(figure.excluded.values())
    return msgspec.structs.replace(
        row, numerator=_told(figure.num), excluded=_told(left_out), waiting=_told(figure.waiting)
    )


def _told(n: int | None) -> int | None:
    return None if n is None or is_small(n) else n
