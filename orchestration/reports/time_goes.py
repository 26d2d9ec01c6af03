"""Where the outpatients' time went, part by part, and what held the slowest tenth of each department. Pure."""

from __future__ import annotations

from orchestration.reports.document import Block, Cell, Column, Table
from orchestration.reports.facts import Facts
from orchestration.reports.writing import Language, number, pick
from streams.parts import NAMES
from streams.passing import FEW, Part, Passing

_WORDS = {
    "head": ("时间去向", "Where the time goes"),
    "note": (
        "已结束的门诊就诊，从报到到最后一次接诊结束、缴费或发药；各项相加即全程。",
        "Outpatient visits that were over, from check-in to the last consultation end, payment or dispensing; the "
        "parts add up to all of it.",
    ),
    "by_part": ("全院，按去向", "The hospital, by part"),
    "by_dept": ("各科室，全程最长的在前", "Departments, the longest visits first"),
    "part": ("去向", "part"),
    "department": ("科室", "department"),
    "mean": ("人均|分", "mean|min"),
    "share": ("占比|%", "share|%"),
    "slowest": ("最慢一成中占比|%", "of the slowest tenth|%"),
    "visits": ("人次", "visits"),
    "p90": ("九成位|分", "p90|min"),
    "most": ("用时最多", "most of it"),
    "holds": ("最慢一成主要在", "the slowest tenth is held by"),
    "few": ("不足 {n} 人次", "fewer than {n}"),
}  # fmt: skip


def head(lang: Language) -> str:
    """The title of the section."""
    return pick(_WORDS["head"], lang)


def blocks(facts: Facts, lang: Language) -> tuple[Block, ...]:
    """The hospital part by part, then its departments; nothing where no visit was split."""
    whole = facts.passing.get("")
    if whole is None:
        return ()
    depts = [(code, of) for code, of in facts.passing.items() if code]
    depts.sort(key=lambda each: (-each[1].millis / each[1].visits, each[0]))
    rows = tuple(_dept(pick(facts.hospital.department(code), lang), of, lang) for code, of in depts)
    columns = _columns(
        ("department", "visits", "mean", "p90", "most", "holds"), lang, texts=("department", "most", "holds")
    )
    return (_by_part(whole, lang), Table(pick(_WORDS["by_dept"], lang), columns, rows))


def _columns(names: tuple[str, ...], lang: Language, texts: tuple[str, ...]) -> tuple[Column, ...]:
    return tuple(Column(pick(_WORDS[name], lang), name not in texts) for name in names)


def _by_part(of: Passing, lang: Language) -> Table:
    columns = _columns(("part", "mean", "share", "slowest"), lang, texts=("part",))
    rows = tuple(
        (
            Cell(pick(NAMES[part.part], lang)),
            _figure(part.millis / of.visits / 60_000),
            _figure(_share(part.millis, of.millis)),
            _figure(_share(part.slowest_millis, of.slowest_millis)) if of.holds else Cell("–"),
        )
        for part in of.parts
    )
    return Table(pick(_WORDS["by_part"], lang), columns, rows, pick(_WORDS["note"], lang))


def _dept(name: str, of: Passing, lang: Language) -> tuple[Cell, ...]:
    """A department; of too few visits only how many they were."""
    visits = Cell(number(of.visits, 0), of.visits)
    if of.holds is None:
        few = Cell(pick(_WORDS["few"], lang).format(n=FEW), mark="quiet")
        return (Cell(name), visits, few, *(Cell("") for _ in range(3)))
    most = max(of.parts, key=lambda part: part.millis)
    return (
        Cell(name), visits, _figure(of.millis / of.visits / 60_000), _figure((of.p90_s or 0) / 60),
        _named(most, most.millis, of.millis, lang), _named(of.holds, of.holds.slowest_millis, of.slowest_millis, lang),
    )  # fmt: skip


def _named(part: Part, millis: int, whole: int, lang: Language) -> Cell:
    return Cell(f"{pick(NAMES[part.part], lang)} {number(_share(millis, whole), 0)}%")


def _share(millis: int, whole: int) -> float:
    return 100 * millis / whole if whole else 0.0


def _figure(value: float) -> Cell:
    return Cell(number(value), value)
