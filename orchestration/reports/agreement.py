"""What a report says of its sources: how the day agrees with the HIS's counts, and whose clock is off. Pure."""

from __future__ import annotations

from ingest.events import catalogue
from orchestration.reports.document import Cell, Column, Points, Table
from orchestration.reports.facts import Compared, Facts
from orchestration.reports.words import say
from orchestration.reports.writing import Language, pick
from warehouse.clock_offsets import ClockOffset

MOST_DESKS = 12
WHY = {
    "missing": ("尚未取得", "not taken yet"),
    "unversioned": ("无版本号", "without a version"),
    "refused": ("死信", "dead letters"),
    "gone": ("HIS 已无", "gone from the HIS"),
}


def source_blocks(facts: Facts, lang: Language) -> tuple[Points | Table, ...]:
    """What is said of the sources of a day."""
    return *_agreement(facts, lang), *_clocks(facts, lang), *_desks(facts, lang)


def _agreement(facts: Facts, lang: Language) -> tuple[Points | Table, ...]:
    """The HIS's rows beside ours, of the views that do not agree; nothing where no feed is compared."""
    if not facts.compared:
        return ()
    apart = [each for each in facts.compared if each.difference or each.why]
    well = [each for each in facts.compared if each not in apart]
    agree = say(lang, "his_agrees", n=len(well), rows=f"{sum(each.rows for each in well):,}")
    if not apart:
        return (Points(say(lang, "with_the_his"), (), agree),)
    heads = (("feed_view", False), ("his_rows", True), ("held_here", True), ("difference", True), ("why", False))
    columns = tuple(Column(say(lang, head), is_number) for head, is_number in heads)
    rows = tuple(_row(each, lang) for each in apart)
    return (Table(say(lang, "with_the_his"), columns, rows, agree if well else ""),)


def _row(each: Compared, lang: Language) -> tuple[Cell, ...]:
    said = "，" if lang == "zh" else ", "
    why = said.join(f"{pick(WHY.get(name, (name, name)), lang)} {n:,}" for name, n in sorted(each.why.items()))
    return (
        Cell(f"{each.feed} · {each.view}"),
        Cell(f"{each.rows:,}", each.rows),
        Cell(f"{each.held:,}", each.held),
        Cell(f"{each.difference:+,}", each.difference, "warn" if each.difference else ""),
        Cell(why or say(lang, "why_unknown")),
    )


def _clocks(facts: Facts, lang: Language) -> tuple[Points | Table, ...]:
    """The sources whose clocks cannot be the same; nothing where no two sources tell of the same."""
    if not facts.offsets:
        return ()
    off = [each for each in facts.offsets if each.is_off]
    if not off:
        return (Points(say(lang, "clocks"), (), say(lang, "clocks_agree", n=len(facts.offsets))),)
    heads = (("two_sources", False), ("estimate", True), ("bounds", False), ("n_head", True), ("by_facts", False))
    columns = tuple(Column(say(lang, head), is_number) for head, is_number in heads)
    return (Table(say(lang, "clocks"), columns, tuple(_clock(each, lang) for each in off), say(lang, "clocks_note")),)


def _desks(facts: Facts, lang: Language) -> tuple[Points | Table, ...]:
    """The desks whose times deserve a look; nothing where no desk is known by its code."""
    judged = [desk for desk in facts.desks if desk.score is not None]
    if not judged:
        return ()
    odd = [desk for desk in judged if desk.deserves_a_look][:MOST_DESKS]
    if not odd:
        return (Points(say(lang, "desks"), (), say(lang, "desks_well", n=len(judged))),)
    columns = (
        Column(say(lang, "desk")),
        Column(say(lang, "desk_score"), is_number=True),
        Column(say(lang, "desk_why")),
    )
    rows = tuple(
        (Cell(pick(desk.called, lang)), Cell(str(desk.score), desk.score, "warn"), Cell(pick(desk.shows, lang)))
        for desk in odd
    )
    note = say(lang, "desks_note", n=len(judged), few=len(facts.desks) - len(judged))
    return (Table(say(lang, "desks"), columns, rows, note),)


def _clock(found: ClockOffset, lang: Language) -> tuple[Cell, ...]:
    estimate = found.estimate_s
    return (
        Cell(f"{found.second} / {found.first}"),
        Cell("" if estimate is None else f"{estimate:+.0f}", estimate, "warn"),
        Cell(found.bounds),
        Cell(f"{found.pairs:,}", found.pairs),
        Cell(("；" if lang == "zh" else "; ").join(_facts(each, lang) for each in found.by)),
    )


def _facts(by: str, lang: Language) -> str:
    """`queue.called → consultation.started` in words."""
    known = catalogue()
    return " → ".join(pick(known[name].title, lang) if name in known else name for name in by.split(" → "))
