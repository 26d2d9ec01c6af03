"""The page of checks: what was expected of a day, what was found, and how the days before it did. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import msgspec

from orchestration.reports.document import Cell, Chart, Column, Document, Item, Mark, Note, Points, Section, Table
from orchestration.reports.facts import Hospital
from orchestration.reports.figures import Level, Pair
from orchestration.reports.observed import expected_text, observed_text
from orchestration.reports.words import LEVELS, say
from orchestration.reports.words_checks import FAMILIES
from orchestration.reports.writing import Language, day_text, instant_text, listed, pick, short_day, title
from streams.kpis import catalogue

DAYS = 14  # of history
_GRAVITY: tuple[Level, ...] = ("withhold", "warn", "note")


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One expectation of a day's newest run."""

    family: str
    suite: str
    expectation: str
    kpi: str
    severity: Level
    passed: bool
    observed: str
    expected: str
    said: Pair
    at_ms: int


class Course(msgspec.Struct, frozen=True):
    """What the checks of a family found on one day."""

    day: str
    family: str
    n: int
    withheld: int
    warned: int
    noted: int


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """A day's checks, and those of the days before it."""

    hospital: Hospital
    day: str
    checks: tuple[Check, ...]
    before: tuple[Course, ...] = ()  # with the day itself

    def of(self, family: str) -> list[Check]:
        """The checks of a family of suites."""
        return [check for check in self.checks if check.family == family]

    def failed(self, *levels: Level) -> list[Check]:
        """What did not pass, of these levels, the gravest first."""
        found = [check for check in self.checks if not check.passed and check.severity in levels]
        return sorted(found, key=lambda check: (_GRAVITY.index(check.severity), _place(check.family)))

    def days(self) -> list[str]:
        """The days of the history, ISO, oldest first."""
        last = date.fromisoformat(self.day)
        return [(last - timedelta(days=n)).isoformat() for n in reversed(range(DAYS))]


def checks_page(checked: Checked, lang: Language) -> Document:
    """A day's checks in one document."""
    passed = sum(check.passed for check in checked.checks)
    at_ms = max((check.at_ms for check in checked.checks), default=0)
    return Document(
        name=f"checks-{checked.day}-{lang}",
        lang=lang,
        title=f"{pick(checked.hospital.name, lang)}{'' if lang == 'zh' else ': '}{say(lang, 'checks_title')}",
        subtitle=day_text(checked.day, lang),
        banner=say(lang, "checks_banner") if checked.failed("withhold") else "",
        facts=(
            (say(lang, "checks_at"), instant_text(at_ms, ZoneInfo(checked.hospital.zone))),
            (say(lang, "facts_checks"), say(lang, "passed_of", passed=passed, n=len(checked.checks))),
        ),
        sections=(
            Section(say(lang, "checks_grave"), (_grave(checked, lang),)),
            Section(say(lang, "checks_by_suite"), (_families(checked, lang),)),
            Section(say(lang, "checks_days"), (_course(checked, lang),)),
            Section(say(lang, "checks_all"), (*_details(checked, lang), Note("", (say(lang, "checks_levels"),)))),
        ),
        foot=say(lang, "no_identity"),
        rows=(),
    )


def _grave(checked: Checked, lang: Language) -> Points:
    """What was withheld or warned about, as statements."""
    none = say(lang, "checks_none" if not checked.failed(*_GRAVITY) else "checks_no_grave", n=len(checked.checks))
    items = tuple(_item(check, lang) for check in checked.failed("withhold", "warn"))
    return Points(say(lang, "checks_grave"), items, none)


def _item(check: Check, lang: Language) -> Item:
    colon = "：" if lang == "zh" else ": "
    what = pick(LEVELS[check.severity], lang)
    unmet = say(lang, "checks_unmet", said=pick(check.said, lang))
    return Item(f"{what} · {_of_what(check, lang)}{colon}{unmet}",
                observed_text(check.observed, lang), _mark(check.severity))  # fmt: skip


def _of_what(check: Check, lang: Language) -> str:
    """The KPI that it concerns, or the suite."""
    kpi = catalogue().get(check.kpi)
    return title(kpi, lang) if kpi else pick(FAMILIES.get(check.family, (check.family, check.family)), lang)


def _mark(level: Level) -> Mark:
    marks: dict[Level, Mark] = {"withhold": "far", "warn": "warn", "note": "quiet"}
    return marks[level]


def _families(checked: Checked, lang: Language) -> Table:
    """The suites side by side, each with its course over the days."""
    columns = (
        Column(say(lang, "checks_suite"), share=24),
        Column(say(lang, "checks_n"), is_number=True),
        Column(say(lang, "checks_passed"), is_number=True),
        *(Column(pick(LEVELS[level], lang), is_number=True) for level in _GRAVITY),
        Column(say(lang, "checks_course", days=DAYS), is_number=True, share=26),
    )
    families = sorted({check.family for check in checked.checks}, key=_place)
    return Table(say(lang, "checks_by_suite"), columns, tuple(_family(checked, family, lang) for family in families))


def _place(family: str) -> int:
    return list(FAMILIES).index(family) if family in FAMILIES else len(FAMILIES)


def _family(checked: Checked, family: str, lang: Language) -> tuple[Cell, ...]:
    checks = checked.of(family)
    passed = sum(check.passed for check in checks)
    failed = [sum(not c.passed and c.severity == level for c in checks) for level in _GRAVITY]
    by_day = {each.day: each.withheld + each.warned for each in checked.before if each.family == family}
    course = tuple(float(by_day[day]) for day in checked.days() if day in by_day)
    return (
        Cell(pick(FAMILIES.get(family, (family, family)), lang)),
        Cell(str(len(checks)), len(checks)),
        Cell(str(passed), passed),
        *(Cell(str(n), n, _mark(level) if n else "quiet") for level, n in zip(_GRAVITY, failed, strict=True)),
        Cell(str(int(sum(course))), sum(course), trend=course if len(course) > 1 else ()),
    )


def _course(checked: Checked, lang: Language) -> Chart:
    """How many were withheld or warned about on each of the last days; a day that was not checked has no bar."""
    found: dict[str, int] = {}
    for each in checked.before:
        found[each.day] = found.get(each.day, 0) + each.withheld + each.warned
    days = checked.days()
    return Chart(
        title=say(lang, "checks_per_day"),
        unit=say(lang, "checks_items"),
        kind="bars",
        labels=tuple(map(short_day, days)),
        values=tuple(float(found[day]) if day in found else None for day in days),
    )


def _details(checked: Checked, lang: Language) -> Iterable[Table]:
    """A table for each suite: what did not pass one by one, and what passed counted by expectation."""
    columns = (
        Column(say(lang, "checks_what"), share=24),
        Column(say(lang, "checks_expectation"), share=30),
        Column(say(lang, "checks_expected"), share=14),
        Column(say(lang, "checks_seen"), share=22),
        Column(say(lang, "checks_level"), share=10),
    )
    for family in sorted({check.family for check in checked.checks}, key=_place):
        failed = sorted((c for c in checked.of(family) if not c.passed), key=lambda c: _GRAVITY.index(c.severity))
        passed: dict[Pair, list[Check]] = {}
        for check in checked.of(family):
            if check.passed:
                passed.setdefault(check.said, []).append(check)
        rows = [_failed_row(check, lang) for check in failed]
        rows += [_passed_row(checks, lang) for checks in passed.values()]
        yield Table(pick(FAMILIES.get(family, (family, family)), lang), columns, tuple(rows))


def _failed_row(check: Check, lang: Language) -> tuple[Cell, ...]:
    return (
        Cell(_of_what(check, lang)),
        Cell(pick(check.said, lang)),
        Cell(expected_text(check.expected, lang)),
        Cell(observed_text(check.observed, lang)),
        Cell(pick(LEVELS[check.severity], lang), mark=_mark(check.severity)),
    )


def _passed_row(checks: list[Check], lang: Language) -> tuple[Cell, ...]:
    what = _of_what(checks[0], lang) if len(checks) == 1 else say(lang, "checks_kpis", n=len(checks))
    return (
        Cell(what, mark="quiet"),
        Cell(pick(checks[0].said, lang)),
        Cell(listed(list(dict.fromkeys(expected_text(check.expected, lang) for check in checks)), lang)),
        Cell(""),
        Cell(say(lang, "checks_passed"), mark="quiet"),
    )
