"""What a report says of its sources: how the day agrees with the HIS's own counts. Pure."""

from __future__ import annotations

from orchestration.reports.document import Cell, Column, Points, Table
from orchestration.reports.facts import Compared, Facts
from orchestration.reports.words import say
from orchestration.reports.writing import Language, pick

WHY = {
    "missing": ("尚未取得", "not taken yet"),
    "unversioned": ("无版本号", "without a version"),
    "refused": ("死信", "dead letters"),
    "gone": ("HIS 已无", "gone from the HIS"),
}


def agreement_blocks(facts: Facts, lang: Language) -> tuple[Points | Table, ...]:
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
