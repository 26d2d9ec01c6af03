"""The daily service report: what matters first, the day at a glance, departments, every figure, trust. Pure."""

from __future__ import annotations

from orchestration.reports import group_gaps, time_goes
from orchestration.reports.document import Block, Chart, Document, Mark, Note, Section, Tile, Tiles
from orchestration.reports.facts import Facts
from orchestration.reports.figures import Figure
from orchestration.reports.flat import rows_of
from orchestration.reports.sentences import counted, opening
from orchestration.reports.tables import departments_table, figures_tables, trust_blocks
from orchestration.reports.words import say
from orchestration.reports.writing import Language, amount, day_text, instant_text, pick, statistic, title, unit
from streams.kpis import catalogue

TILES = (
    "service_volume", "consult_wait", "visit_los", "window_wait", "pharm_pickup_wait", "satisfaction_rate",
    "ed_door_to_doctor", "exam_report_tat",
)  # fmt: skip
_MOST_TILES = 6


def day_report(facts: Facts, lang: Language) -> Document:
    """A day in one document."""
    kind = say(lang, "working_day" if facts.is_working_day else "rest_day")
    departments = departments_table(facts, lang)
    sections = [
        Section(say(lang, "matters"), opening(facts, lang)),
        Section(say(lang, "glance"), (tiles(facts, lang), *_hours(facts, lang))),
        *([Section(say(lang, "departments"), (departments,))] if departments else []),
        *([Section(time_goes.head(lang), went)] if (went := time_goes.blocks(facts, lang)) else []),
        *([Section(group_gaps.head(lang), beside)] if (beside := group_gaps.blocks(facts, lang)) else []),
        Section(say(lang, "all_figures"), figures_tables(facts, lang)),
        Section(say(lang, "trust"), (*trust_blocks(facts, lang), how_to_read(lang))),
    ]
    return Document(
        name=f"day-{facts.first}-{lang}",
        lang=lang,
        title=f"{pick(facts.hospital.name, lang)}{'' if lang == 'zh' else ': '}{say(lang, 'day_title')}",
        subtitle=f"{day_text(facts.first, lang)} · {kind}",
        banner=banner(facts, lang),
        facts=_facts(facts, lang),
        sections=tuple(sections),
        foot=say(lang, "no_identity"),
        rows=rows_of(facts, "day"),
    )


def banner(facts: Facts, lang: Language) -> str:
    """What must be known before anything is believed."""
    if facts.is_withheld:
        return say(lang, "banner_withheld")
    warned = [d for d in facts.doubts if d.level == "warn"]
    warned += [d for f in facts.figures if not f.dim for d in f.doubts if d.level == "warn"]
    warned += [d for _, d in facts.lacking if d.level == "warn"]
    return say(lang, "banner_warn", n=len(warned)) if warned else ""


def _facts(facts: Facts, lang: Language) -> tuple[tuple[str, str], ...]:
    passed = say(lang, "passed_of", passed=facts.checks - facts.failed, n=facts.checks)
    return (
        (say(lang, "facts_as_of"), instant_text(facts.as_of_ms, facts.zone)),
        (say(lang, "facts_checks"), passed if facts.checks else say(lang, "not_checked")),
    )


def tiles(facts: Facts, lang: Language) -> Tiles:
    """The numbers of a day that everybody asks for."""
    found = [figure for code in TILES if (figure := facts.whole(code))]
    return Tiles(tuple(_tile(facts, figure, lang) for figure in found[:_MOST_TILES]))


def _tile(facts: Facts, figure: Figure, lang: Language) -> Tile:
    trend = facts.trend(figure)
    if figure.kpi.code == "service_volume":
        below, value = _classes(facts, lang), amount(figure.value, figure.kpi, lang)
    else:
        name = statistic(figure.statistic, lang)
        value = amount(figure.value, figure.kpi, lang)
        below = " · ".join(part for part in (name, counted(figure, lang)) if part)
    aim = figure.target.value if figure.target and figure.target.statistic in ("value", figure.statistic) else None
    mark: Mark = "" if figure.is_few or not figure.severity else "far" if figure.severity > 1 else "over"
    return Tile(title(figure.kpi, lang), value, below, mark, trend if len(trend) > 3 else (), aim)


_CLASSES = {
    "outpatient": ("门诊", "outpatient"),
    "emergency": ("急诊", "emergency"),
    "inpatient": ("出院", "discharged"),
}


def _classes(facts: Facts, lang: Language) -> str:
    told = [
        f"{pick(names, lang)} {amount(part.value, part.kpi, lang).split(' ')[0]}"
        for code, names in _CLASSES.items()
        if (part := facts.part("service_volume", "class", code))
    ]
    return " · ".join(told)


def _hours(facts: Facts, lang: Language) -> tuple[Block, ...]:
    made = []
    for code, head in (("service_volume", "by_hour_volume"), ("consult_wait", "by_hour_wait")):
        values = {each.hour: each.value for each in facts.hours.get(code, ())}
        counts = {each.hour: each.n for each in facts.hours.get(code, ())}
        if not values:
            continue
        hours = range(min(values), max(values) + 1)
        kpi, whole = catalogue()[code], facts.whole(code)
        target = whole.target if whole and whole.target and whole.target.statistic == whole.statistic else None
        made.append(
            Chart(
                title=say(lang, head),
                unit=unit(kpi, lang),
                kind="bars",
                labels=tuple(f"{hour:02d}" for hour in hours),
                values=tuple(values.get(hour) for hour in hours),
                counts=tuple(counts.get(hour, 0) for hour in hours) if target else (),
                target=target.value if target else None,
            )
        )
    return tuple(made)


def how_to_read(lang: Language) -> Note:
    """How the numbers were made, in a few sentences."""
    return Note(say(lang, "how_to_read"), (say(lang, "reading_numbers"), say(lang, "reading_noise")))
