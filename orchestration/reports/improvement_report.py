"""The improvement report (PDCA): what came of the action first, then plan, do, check, act. Pure."""

from __future__ import annotations

import msgspec

from orchestration.reports.control import control_chart
from orchestration.reports.document import Cell, Chart, Column, Document, Item, Mark, Note, Points, Row, Section, Table
from orchestration.reports.figures import better_down
from orchestration.reports.flat import row_of
from orchestration.reports.improvement import ENOUGH_AFTER, Effect, Improvement, Stretch
from orchestration.reports.sentences import rules_text, usual
from orchestration.reports.spc import LEAST
from orchestration.reports.words import say
from orchestration.reports.writing import (
    Language,
    amount,
    day_text,
    listed,
    number,
    pick,
    short_day,
    signed,
    statistic,
    title,
    unit,
    with_statistic,
)
from streams.targets import keeps


def improvement_report(told: Improvement, lang: Language) -> Document:
    """Plan, do, check, act, with what came of it first."""
    place = _place(told, told.dept, lang)
    sections = (
        Section(say(lang, "matters"), (Points(title(told.kpi, lang), (_effect(told, lang),), ""),)),
        Section(say(lang, "plan"), (Note("", _plan(told, lang)),)),
        Section(say(lang, "do"), (Note("", (_action(told, lang),)),)),
        Section(say(lang, "check_part"), (_chart(told, lang), _table(told, lang))),
        Section(say(lang, "act"), (Note("", (*_act(told, lang), say(lang, "caution"))),)),
        Section(say(lang, "how_to_read"), (Note("", (say(lang, "reading_numbers"), say(lang, "reading_noise"))),)),
    )
    return Document(
        name=f"improvement-{told.kpi.code}-{told.dept or 'hospital'}-{told.action_on}-{lang}",
        lang=lang,
        title=f"{pick(told.hospital.name, lang)}{'' if lang == 'zh' else ' · '}{say(lang, 'improvement_title')}",
        subtitle=f"{place} · {title(told.kpi, lang)}",
        banner="",
        facts=(
            (say(lang, "facts_period"), f"{told.course.points[0].day} – {told.course.points[-1].day}"),
            (say(lang, "action_day"), day_text(told.action_on, lang)),
        ),
        sections=sections,
        foot=say(lang, "no_identity"),
        rows=tuple(_rows(told)),
    )


def _place(told: Improvement, dept: str, lang: Language) -> str:
    return pick(told.hospital.department(dept), lang) if dept else say(lang, "whole")


def _against(told: Improvement, lang: Language) -> str:
    return _place(told, told.against, lang) if told.against else say(lang, "others_than")


def _effect(told: Improvement, lang: Language) -> Item:
    own, effect = told.own, told.effect
    said = say(
        lang, f"effect_{effect}", title=title(told.kpi, lang), from_=with_statistic(own.before, lang),
        to=amount(own.after.value, told.kpi, lang), by=_signed(told, own.by, lang),
        **({"n": len(told.course.before), "least": LEAST} if effect == "unknown" else {}),
    )  # fmt: skip
    behind = []
    if told.signals:
        days = [short_day(told.course.points[signal.index].day) for signal in told.signals]
        rules = rules_text([rule for signal in told.signals for rule in signal.rules], lang)
        behind.append(say(lang, "signals_said", days=listed(days, lang), rules=rules))
    if told.net is not None:
        other, net = _signed(told, told.compared.by, lang), _signed(told, told.net, lang)
        behind.append(say(lang, "net_said", name=_against(told, lang), other=other, net=net))
    marks: dict[Effect, Mark] = {"better": "better", "worse": "worse", "unknown": "quiet"}
    return Item(said, " ".join(behind), marks.get(effect, ""))


def _signed(told: Improvement, by: float | None, lang: Language) -> str:
    shown = amount(by, told.kpi, lang)
    return f"+{shown}" if by is not None and by > 0 else shown


def _plan(told: Improvement, lang: Language) -> tuple[str, ...]:
    before, points = told.own.before, told.course.before
    said = [
        say(
            lang, "baseline_said", first=points[0].day, last=points[-1].day, n=len(points), kind=_kind(told, lang),
            shown=with_statistic(before, lang), count=number(before.n, 0),
        )
    ] if points else []  # fmt: skip
    if told.course.judgement:
        said.append(
            usual(told.kpi, told.course.judgement[0], _kind(told, lang), lang) + ("。" if lang == "zh" else ".")
        )
    if told.goal is not None:
        said.append(say(lang, "goal_said", goal=_goal(told, lang)))
    return (*said, say(lang, "compared_with", name=_against(told, lang)))


def _kind(told: Improvement, lang: Language) -> str:
    return say(lang, "working_day" if told.is_working_day else "rest_day")


def _goal(told: Improvement, lang: Language) -> str:
    sign = "≤" if better_down(told.kpi, told.course.target) else "≥"
    return f"{sign} {amount(told.goal, told.kpi, lang)}"


def _action(told: Improvement, lang: Language) -> str:
    day = day_text(told.action_on, lang)
    return say(lang, "action_said", day=day, action=told.action) if told.action else say(lang, "action_unsaid", day=day)


def _act(told: Improvement, lang: Language) -> tuple[str, ...]:
    said, after, kind = [], len(told.course.judged), _kind(told, lang)
    if told.goal is not None and told.own.after.value is not None:
        direction = "≤" if better_down(told.kpi, told.course.target) else "≥"
        met = keeps(told.own.after.value, told.goal, direction)
        said.append(say(lang, "goal_met" if met else "goal_missed", goal=_goal(told, lang)))
    if told.effect == "better":
        said.append(
            say(lang, "next_hold", kind=kind) if after >= ENOUGH_AFTER else say(lang, "next_soon", n=after, kind=kind)
        )
    elif after < ENOUGH_AFTER or told.effect == "unknown":
        said.append(say(lang, "next_longer", kind=kind))
    else:
        said.append(say(lang, "next_change", n=after, kind=kind))
    return tuple(said)


def _chart(told: Improvement, lang: Language) -> Chart:
    chart = control_chart(
        told.course, _place(told, told.dept, lang), say(lang, "after_action"), lang, told.other, told.goal
    )
    return msgspec.structs.replace(chart, other_name=_against(told, lang))


def _table(told: Improvement, lang: Language) -> Table:
    of = " ".join(part for part in (statistic(told.own.before.statistic, lang), unit(told.kpi, lang)) if part)
    heads = (
        Column(say(lang, "department"), share=30), Column(f"{say(lang, 'before_col')}|{of}", is_number=True),
        Column("n", is_number=True), Column(f"{say(lang, 'after_col')}|{of}", is_number=True),
        Column("n", is_number=True), Column(say(lang, "change"), is_number=True),
    )  # fmt: skip
    rows = [_stretch(_place(told, told.dept, lang), told.own), _stretch(_against(told, lang), told.compared)]
    if told.net is not None:
        blank = (Cell(""),) * 4
        rows.append((Cell(say(lang, "net_change")), *blank, Cell(signed(told.net), told.net)))
    return Table(say(lang, "before_after"), heads, tuple(rows))


def _stretch(name: str, of: Stretch) -> tuple[Cell, ...]:
    cells = [Cell(name)]
    for figure in (of.before, of.after):
        cells += [Cell(number(figure.value), figure.value), Cell(number(figure.n, 0), figure.n)]
    return (*cells, Cell(signed(of.by), of.by))


def _rows(told: Improvement) -> list[Row]:
    """The figures before and after, as data."""
    figures = (told.own.before, told.own.after, told.compared.before, told.compared.after)
    spans = tuple((side[0].day, side[-1].day) for side in (told.course.before, told.course.judged)) * 2
    return [row_of(told.hospital, "improvement", span, f) for span, f in zip(spans, figures, strict=True)]
