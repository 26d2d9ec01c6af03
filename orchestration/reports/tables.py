"""The tables that reports share: every figure by group, departments side by side, and what may be believed. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median

from orchestration.reports.agreement import source_blocks
from orchestration.reports.document import Cell, Column, Item, Mark, Points, Table
from orchestration.reports.facts import Facts
from orchestration.reports.figures import Figure
from orchestration.reports.observed import observed_text
from orchestration.reports.sentences import counted
from orchestration.reports.words import GROUPS, LEVELS, say
from orchestration.reports.writing import (
    Language,
    amount,
    instant_text,
    number,
    pick,
    reasons_text,
    short_day,
    statistic,
    target_text,
    title,
    unit,
    with_statistic,
)
from streams.kpis import catalogue

# What departments are set beside each other by.
OF_DEPARTMENTS: tuple[tuple[str, str], ...] = (
    ("service_volume", "value"),
    ("consult_wait", "p50"),
    ("consult_wait", "p90"),
    ("appt_wait_official", "mean"),
    ("visit_los", "p50"),
    ("opd_unseen_rate", "value"),
    ("satisfaction_rate", "mean"),
)


def figures_tables(facts: Facts, lang: Language) -> tuple[Table, ...]:
    """Every figure of the whole hospital, a table for each group of the catalogue."""
    columns = (
        Column(say(lang, "figure"), share=24),
        Column(say(lang, "value"), is_number=True, share=15),
        Column(say(lang, "target"), share=14),
        Column("n", is_number=True, share=8),
        Column(say(lang, "before_value" if facts.grain else "usual"), is_number=True, share=15),
        Column(say(lang, "left_out")),
        Column(say(lang, "trust"), share=10),
    )
    made = []
    for group, names in GROUPS.items():
        rows = tuple(_figure_row(facts, f, lang) for f in facts.wholes() if f.kpi.group == group)
        if rows:
            made.append(Table(pick(names, lang), columns, rows))
    return tuple(made)


def _figure_row(facts: Facts, figure: Figure, lang: Language) -> tuple[Cell, ...]:
    points = facts.history.get((figure.kpi.code, ""), ())
    usual = _before(facts, figure) if facts.grain else _middle([point.value for point in points])
    trend = facts.trend(figure)
    again = any(each.kpi == figure.kpi.code for each in facts.restated)
    return (
        Cell(title(figure.kpi, lang) + (f"|{say(lang, 'was_restated')}" if again else "")),
        Cell(with_statistic(figure, lang), figure.value, marked(figure)),
        Cell(target_text(figure.target, figure.kpi, lang), mark="quiet"),
        Cell(number(figure.n, 0), figure.n),
        Cell("" if usual is None else number(usual), usual, trend=trend if len(trend) > 3 else ()),
        Cell(_left_out(figure, lang), mark="quiet"),
        trust_cell(figure, lang),
    )


def _before(facts: Facts, figure: Figure) -> float | None:
    """The value of the period before."""
    return next((f.value for f in facts.before if f.kpi.code == figure.kpi.code and not f.dim), None)


def _middle(values: Sequence[float]) -> float | None:
    """The median of some values."""
    return median(values) if values else None


def _left_out(figure: Figure, lang: Language) -> str:
    told = [reasons_text(figure.excluded, lang)] if figure.excluded else []
    told += [say(lang, "waiting", n=number(figure.waiting, 0))] if figure.waiting else []
    return ("；" if lang == "zh" else "; ").join(told)


def marked(figure: Figure) -> Mark:
    """How its value is shown: of too few it is not judged."""
    marks: tuple[Mark, Mark, Mark] = ("", "over", "far")
    return marks[0 if figure.is_few else figure.severity]


def trust_cell(figure: Figure, lang: Language) -> Cell:
    """Whether a figure may be believed, the gravest doubt first."""
    grave = [doubt for doubt in figure.doubts if doubt.level != "note"]
    if grave:
        said = ("；" if lang == "zh" else "; ").join(pick(LEVELS[d.level], lang) for d in grave[:1])
        complete = figure.completeness
        more = (
            f" {say(lang, 'complete', share=f'{number(complete)}%')}" if complete is not None and complete < 95 else ""
        )
        return Cell(f"{said}{more}", mark="warn")
    if figure.is_few:
        return Cell(say(lang, "few"), mark="quiet")
    if figure.doubts:
        return Cell(pick(LEVELS["note"], lang), mark="quiet")
    return Cell(say(lang, "credible"), mark="quiet")


def departments_table(facts: Facts, lang: Language) -> Table | None:
    """Departments side by side, the longest wait first."""
    codes = {f.part for f in facts.figures if f.dim == "dept" and f.kpi.code == "service_volume" and f.n}
    shown = [(code, name) for code, name in OF_DEPARTMENTS if any(facts.part(code, "dept", d) for d in codes)]
    if not codes:
        return None
    heads = [Column(_head(code, name, lang), is_number=True) for code, name in shown]
    ordered = sorted(codes, key=_by_wait(facts))
    rows = tuple(_department_row(facts, code, shown, lang) for code in ordered)
    return Table(say(lang, "departments"), (Column(say(lang, "department"), share=16), *heads), rows)


def _head(code: str, name: str, lang: Language) -> str:
    kpi = catalogue()[code]
    of = statistic(name, lang)
    told = " ".join(part for part in (of, unit(kpi, lang)) if part)
    return f"{title(kpi, lang)}|{told}" if told else title(kpi, lang)


def _by_wait(facts: Facts) -> Callable[[str], tuple[float, str]]:
    def key(code: str) -> tuple[float, str]:
        wait = facts.part("consult_wait", "dept", code)
        return (-(wait.p50 or 0.0) if wait else 1.0, code)

    return key


def _department_row(facts: Facts, code: str, shown: Sequence[tuple[str, str]], lang: Language) -> tuple[Cell, ...]:
    cells = [Cell(pick(facts.hospital.department(code), lang))]
    for kpi, name in shown:
        figure = facts.part(kpi, "dept", code)
        if figure is None:
            cells.append(Cell("", mark="quiet"))
            continue
        value = figure.statistics.get(name)
        few = figure.is_few and kpi != "service_volume"
        text = number(value) + (f"|{counted(figure, lang)}" if kpi != "service_volume" and name != "p90" else "")
        over = figure.target is not None and figure.target.statistic in (name, "value" if name == "mean" else name)
        cells.append(Cell(text, value, "quiet" if few else marked(figure) if over else ""))
    return tuple(cells)


def trust_blocks(facts: Facts, lang: Language) -> tuple[Points | Table, ...]:
    """What checks found of the day, and what was restated."""
    found = [(say(lang, "the_day"), doubt) for doubt in facts.doubts]
    found += [(title(f.kpi, lang), doubt) for f in facts.figures if not f.dim for doubt in f.doubts]
    found += [(title(kpi, lang), doubt) for kpi, doubt in facts.lacking]
    items = tuple(
        Item(f"{what}{'：' if lang == 'zh' else ': '}{pick(doubt.said, lang)}", observed_text(doubt.observed, lang),
             "warn" if doubt.level != "note" else "quiet")
        for what, doubt in sorted(found, key=lambda each: ("withhold", "warn", "note").index(each[1].level))
    )  # fmt: skip
    days = tuple(Item(say(lang, "day_doubted", day=short_day(day), n=n), "", "warn") for day, n in facts.doubtful_days)
    return (
        Points(say(lang, "checks"), (*days, *items), _none_failed(facts, lang)),
        *source_blocks(facts, lang),
        *_restated(facts, lang),
    )


def _none_failed(facts: Facts, lang: Language) -> str:
    if not facts.checks:
        return say(lang, "not_checked")
    return say(lang, "checks_no_grave") if facts.failed else say(lang, "all_passed", n=facts.checks)


def _restated(facts: Facts, lang: Language) -> tuple[Table, ...]:
    kpis, rows = catalogue(), []
    for each in facts.restated:
        kpi, now = kpis[each.kpi], facts.whole(each.kpi)
        value = now.value if now else None
        rows.append((
            Cell(title(kpi, lang)),
            Cell(amount(each.first_value, kpi, lang), each.first_value),
            Cell(amount(value, kpi, lang), value),
            Cell(str(each.publications), each.publications),
            Cell(instant_text(each.published_ms, facts.zone)),
        ))  # fmt: skip
    heads = (("figure", False), ("first_value", True), ("now_value", True), ("times", True), ("restated_at", False))
    columns = tuple(Column(say(lang, head), is_number) for head, is_number in heads)
    return (Table(say(lang, "restated"), columns, tuple(rows)),) if rows else ()
