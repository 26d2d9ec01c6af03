"""What matters, in sentences that stand at the top of a report. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from orchestration.reports.data_points import data_points
from orchestration.reports.document import Item, Mark, Points
from orchestration.reports.facts import Facts
from orchestration.reports.figures import Figure
from orchestration.reports.matters import Broke, Changed, broken, changed, waited
from orchestration.reports.spc import LEAST, RULES, Limits
from orchestration.reports.words import say
from orchestration.reports.writing import (
    Language,
    amount,
    judged_amount,
    listed,
    number,
    pick,
    statistic,
    target_text,
    title,
    with_statistic,
)
from streams.kpis.kpi import Kpi, Reduction
from streams.names import SERVICE_POINTS

MOST = 5  # of each kind: who reads more reads the tables


def opening(facts: Facts, lang: Language) -> tuple[Points, ...]:
    """The three questions of a morning, answered; before them what is to be known of the data."""
    return (
        *data_points(facts, lang),
        Points(say(lang, "broken"), broken_items(facts, facts.figures, lang), say(lang, "none_broken")),
        Points(say(lang, "changed"), _changed_items(facts, lang), _none_changed(facts, lang)),
        waited_points(facts, lang),
    )


def broken_items(facts: Facts, figures: Sequence[Figure], lang: Language) -> tuple[Item, ...]:
    """The targets that were not kept."""
    return tuple(_broke(facts, each, lang) for each in broken(figures)[:MOST])


def _changed_items(facts: Facts, lang: Language) -> tuple[Item, ...]:
    return tuple(_change(facts, each, lang) for each in changed(facts.wholes(), facts.history)[:MOST])


def waited_points(facts: Facts, lang: Language) -> Points:
    """Where nine in ten waited up to the longest."""
    items = tuple(_wait(facts, each, lang) for each in waited(facts.figures))
    return Points(say(lang, "waited"), items, say(lang, "none_waited"))


def _none_changed(facts: Facts, lang: Language) -> str:
    longest = max((len(points) for (_, part), points in facts.history.items() if not part), default=0)
    if longest < LEAST:
        return say(lang, "too_short", n=longest, least=LEAST)
    return say(lang, "none_changed")


def _broke(facts: Facts, broke: Broke, lang: Language) -> Item:
    figure = broke.figure
    shown = f"{title(figure.kpi, lang)} {aimed_text(figure, lang)}"
    if figure.severity:
        aim = target_text(figure.target, figure.kpi, lang)
        said = say(lang, "of_target", shown=shown, target=aim) + aside(counted(figure, lang), lang)
    else:
        said = say(lang, "kept_whole", shown=shown)
    parts = [f"{place(facts, part, lang)} {_short(part, lang)}" for part in broke.parts]
    behind = say(lang, "worst_parts", parts=listed(parts, lang)) if parts else ""
    return Item(said, behind, _mark(max([figure, *broke.parts], key=_severity)))


def _severity(figure: Figure) -> int:
    return figure.severity


def _mark(figure: Figure) -> Mark:
    return "far" if figure.severity > 1 else "over"


def _short(figure: Figure, lang: Language) -> str:
    return _aimed_amount(figure, lang) + aside(counted(figure, lang), lang)


def _aimed_amount(figure: Figure, lang: Language) -> str:
    name = figure.target.statistic if figure.target else figure.statistic
    if name.startswith("share"):
        return f"{number(figure.statistics.get(name))}%"
    return judged_amount(figure, name or "value", lang)


def aimed_text(figure: Figure, lang: Language) -> str:
    """The number that the target speaks of: `中位 52 分`."""
    name = figure.target.statistic if figure.target else figure.statistic
    if name.startswith("share"):
        return target_text(figure.target, figure.kpi, lang).split(" ")[0] + f" {_aimed_amount(figure, lang)}"
    return f"{statistic(name, lang)} {_aimed_amount(figure, lang)}".strip()


def _change(facts: Facts, change: Changed, lang: Language) -> Item:
    figure = change.figure
    way = say(lang, "up" if change.signal.is_up else "down")
    if change.is_better is not None:
        way += aside(say(lang, "better" if change.is_better else "worse"), lang)
    said = f"{title(figure.kpi, lang)} {with_statistic(figure, lang)}"
    said = say(lang, "went", shown=said, way=way) + aside(counted(figure, lang), lang)
    kind = say(lang, "working_day" if facts.is_working_day else "rest_day")
    expected = usual(figure.kpi, change.limits, kind, lang)
    behind = say(lang, "both", one=expected, other=rules_text(change.signal.rules, lang))
    mark: Mark = "" if change.is_better is None else "better" if change.is_better else "worse"
    return Item(said, behind, mark)


def usual(kpi: Kpi, limits: Limits, kind: str, lang: Language) -> str:
    """What the days before let one expect: `此前 20 个工作日平均 31 分，控制限 22–40 分`."""
    lower, upper = bounds(kpi, limits)
    centre, top = amount(limits.centre, kpi, lang), amount(upper, kpi, lang)
    return say(lang, "usual_of", n=limits.n, kind=kind, centre=centre, lower=number(lower), upper=top)


def bounds(kpi: Kpi, limits: Limits) -> tuple[float, float]:
    """Control limits as far as the KPI can reach: nothing but a reduction is below 0, no share above 100."""
    lower = limits.lower if isinstance(kpi, Reduction) else max(limits.lower, 0.0)
    return lower, min(limits.upper, 100.0) if kpi.unit == "%" else limits.upper


def rules_text(rules: Sequence[str], lang: Language) -> str:
    """The rules in words."""
    return listed([pick(pair, lang) for code, pair in RULES.items() if code in rules], lang)


def _wait(facts: Facts, figure: Figure, lang: Language) -> Item:
    comma = " " if lang == "zh" else ", "
    where = (f"{place(facts, figure, lang)}{comma}" if figure.dim else "") + title(figure.kpi, lang)
    p90, p50 = amount(figure.p90, figure.kpi, lang), amount(figure.p50, figure.kpi, lang)
    said = say(lang, "wait_of", where=where, p90=p90, p50=p50) + aside(counted(figure, lang), lang)
    return Item(said, "", "over" if figure.severity else "")


def place(facts: Facts, figure: Figure, lang: Language) -> str:
    """A part of the hospital in words."""
    if figure.dim == "dept":
        return pick(facts.hospital.department(figure.part), lang)
    if figure.dim == "service_point_type":
        return pick(SERVICE_POINTS.get(figure.part, (figure.part, figure.part)), lang)
    return figure.part or say(lang, "whole")


def counted(figure: Figure, lang: Language) -> str:
    """How many a figure is of."""
    return say(lang, "counted", n=number(figure.n, 0))


def aside(text: str, lang: Language) -> str:
    """In brackets, as the language has them."""
    return f"（{text}）" if lang == "zh" else f" ({text})"
