"""The weekly and monthly reports: of the whole hospital, and as feedback to one department. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from orchestration.reports.beside import against_whole, beside_table
from orchestration.reports.control import Course, control_chart, course_item
from orchestration.reports.data_points import data_points
from orchestration.reports.day import how_to_read, tiles
from orchestration.reports.document import Block, Chart, Document, Item, Points, Section
from orchestration.reports.facts import Facts
from orchestration.reports.figures import Figure
from orchestration.reports.flat import rows_of
from orchestration.reports.matters import GAUGES
from orchestration.reports.sentences import broken_items, waited_points
from orchestration.reports.spc import LEAST
from orchestration.reports.tables import departments_table, figures_tables, trust_blocks
from orchestration.reports.words import say
from orchestration.reports.writing import Language, instant_text, listed, period_text, pick, short_day

CHARTS = ("consult_wait", "visit_los", "appt_wait_official", "opd_unseen_rate", "window_wait")
_MOST_CHARTS, _MOST = 3, 5


def period_report(facts: Facts, lang: Language, dept: str = "") -> Document:
    """A week or a month in one document; with a department, as feedback to it."""
    name = pick(facts.hospital.department(dept), lang) if dept else ""
    kind = f"dept_{facts.grain}_title" if dept else f"{facts.grain}_title"
    courses = list(_courses(facts, dept))
    sections = [
        Section(say(lang, "matters"), _opening(facts, courses, dept, lang)),
        *(_whole(facts, lang) if not dept else _department(facts, dept, lang)),
        Section(say(lang, "courses"), tuple(_charts(courses, name, lang))),
        Section(say(lang, "trust"), (*trust_blocks(facts, lang), how_to_read(lang))),
    ]
    spaces = "" if lang == "zh" else " · "
    return Document(
        name="-".join(part for part in (str(facts.grain), facts.name, dept, lang) if part),
        lang=lang,
        title=f"{pick(facts.hospital.name, lang)}{spaces}{name}{spaces if name else ''}{say(lang, kind)}",
        subtitle=period_text(facts.name, facts.first, facts.last, lang),
        banner=banner(facts, lang),
        facts=(
            (say(lang, "facts_as_of"), instant_text(facts.as_of_ms, facts.zone)),
            (say(lang, "facts_period"), say(lang, "published_of", n=len(facts.published), days=facts.days)),
        ),
        sections=tuple(section for section in sections if section.blocks),
        foot=say(lang, "no_identity"),
        rows=tuple(row for row in rows_of(facts, str(facts.grain)) if not dept or row.part in ("", dept)),
    )


def banner(facts: Facts, lang: Language) -> str:
    """Which days a period lacks."""
    if len(facts.published) == facts.days:
        return ""
    missing = [day for day in facts.each_day() if day not in facts.published]
    return say(lang, "banner_missing", days=facts.days, n=len(facts.published),
               missing=listed([short_day(day) for day in missing], lang))  # fmt: skip


def _opening(facts: Facts, courses: list[Course], dept: str, lang: Language) -> tuple[Block, ...]:
    own = [f for f in facts.figures if (f.dim, f.part) == ("dept", dept)] if dept else facts.figures
    broken = Points(say(lang, "broken"), broken_items(facts, own, lang), say(lang, "none_broken"))
    changed = Points(say(lang, "changed"), _changed(courses, lang), _none_changed(courses, lang))
    last = against_whole(facts, dept, lang) if dept else waited_points(facts, lang)
    return (*data_points(facts, lang), broken, changed, last)


def _changed(courses: list[Course], lang: Language) -> tuple[Item, ...]:
    kind = say(lang, "working_day")
    found = [item for course in courses if (item := course_item(course, lang, kind))]
    return tuple(sorted(found, key=lambda item: ("worse", "better", "").index(item.mark))[:_MOST])


def _none_changed(courses: list[Course], lang: Language) -> str:
    longest = max((len(course.before) for course in courses), default=0)
    return say(lang, "none_changed") if longest >= LEAST else say(lang, "too_short", n=longest, least=LEAST)


def _whole(facts: Facts, lang: Language) -> list[Section]:
    departments = departments_table(facts, lang)
    return [
        Section(say(lang, "period_glance"), (tiles(facts, lang),)),
        Section(say(lang, "departments"), (departments,) if departments else ()),
        Section(say(lang, "all_figures"), figures_tables(facts, lang)),
    ]


def _department(facts: Facts, dept: str, lang: Language) -> list[Section]:
    return [Section(say(lang, "dept_figures"), (beside_table(facts, dept, lang),))]


def _courses(facts: Facts, dept: str) -> Iterable[Course]:
    """The working days of every KPI of the place, of which there are some in the period."""
    figures: Iterable[Figure] = facts.figures
    for figure in figures:
        own = (figure.dim, figure.part) == (("dept", dept) if dept else ("", ""))
        judged = facts.within.get((figure.kpi.code, dept), ())
        if own and judged and not figure.is_few and figure.kpi.group != GAUGES:
            before = facts.history.get((figure.kpi.code, dept), ())
            yield Course(kpi=figure.kpi, target=figure.target, before=tuple(before), judged=tuple(judged))


def _charts(courses: list[Course], name: str, lang: Language) -> Iterable[Chart]:
    known = {course.kpi.code: course for course in courses}
    first = [known[code] for code in CHARTS if code in known][:_MOST_CHARTS]
    told = [c for c in courses if c not in first and (judged := c.judgement) and judged[1]]
    for course in [*first, *told[:_MOST_CHARTS]]:
        yield control_chart(course, name, say(lang, "judged_period"), lang)
