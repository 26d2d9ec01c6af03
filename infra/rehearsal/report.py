"""How `hispulse verify` prints: one line a KPI, every difference spelled out, and what the faults cost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from infra.rehearsal.truth_values import Figures

if TYPE_CHECKING:
    from infra.rehearsal.verify import Verdict

_MOST_DIFFERENCES = 40


def print_table(verdicts: Sequence[Verdict], instant: int, zone: ZoneInfo) -> None:
    """A table a day, the differences, and the last line."""
    console = Console(highlight=False)
    for day in sorted({v.question.day for v in verdicts}):
        console.print(_table(day, [v for v in verdicts if v.question.day == day]))
        console.print()
    differing = [v for v in verdicts if v.live_differs or v.mart_differs]
    for verdict in differing[:_MOST_DIFFERENCES]:
        _print_difference(console, verdict)
    if len(differing) > _MOST_DIFFERENCES:
        console.print(f"… and {len(differing) - _MOST_DIFFERENCES} more")
    live, mart = sum(v.live_differs for v in verdicts), sum(v.mart_differs for v in verdicts)
    outcome = "all equal" if not differing else f"live differs in {live}, the mart in {mart}"
    moment = datetime.fromtimestamp(instant / 1000, zone)
    console.print(
        f"{len(verdicts)} numbers at {moment:%Y-%m-%d %H:%M:%S} compared with what the feeds told: {outcome}."
    )
    console.print("feed_lag is about how the feeds arrive, and has no truth to compare with.")


def _table(day: str, verdicts: Sequence[Verdict]) -> Table:
    """One line a KPI and series; `cuts` counts the numbers behind it, by every dimension."""
    table = Table(title=day, title_justify="left", box=None, padding=(0, 1))
    for name in ("KPI", "told", "live", "mart", "happened", "cuts", ""):
        table.add_column(name, justify="left" if name in ("KPI", "") else "right", no_wrap=True)
    for verdict in (v for v in verdicts if not v.question.dim):
        cuts = [v for v in verdicts if v.question[:3] == verdict.question[:3]]
        wrong = [v for v in cuts if v.live_differs or v.mart_differs]
        question = verdict.question
        if question.series and verdict.is_silent and not wrong:
            continue  # of the many series of a measure, those that nobody told of
        table.add_row(
            f"{question.kpi} {question.series}".strip(), _short(verdict.true), _short(verdict.live),
            _short(verdict.mart), _short(verdict.happened), str(len(cuts)), _mark(wrong),
        )  # fmt: skip
    return table


def _print_difference(console: Console, verdict: Verdict) -> None:
    question = verdict.question
    where = f"{question.dim}={verdict.group}" if question.dim else "whole hospital"
    console.print(f"[bold]{question.kpi}[/] {question.day} {question.series} {where}", highlight=False)
    sides = (("live", verdict.live, verdict.live_differs), ("mart", verdict.mart, verdict.mart_differs))
    for name, found, differs in sides:
        if not differs or found is None:
            continue
        for field in Figures.__struct_fields__:
            told, shown = getattr(verdict.true, field), getattr(found, field)
            if told != shown:
                console.print(f"    {name} is wrong: {field} {shown}, told {told}", highlight=False)


def _short(found: Figures | None) -> str:
    """n, and the median and 90th percentile; or numerator over denominator."""
    if found is None:
        return "–"
    if found.den is not None:
        return f"{found.num}/{found.den}"
    if found.p50 is not None:
        return f"{found.n} · {found.p50:.1f} · {found.p90:.1f}"
    return f"{found.n}"


def _mark(wrong: Sequence[Verdict]) -> str:
    if not wrong:
        return "[green]equal[/]"
    live, mart = any(v.live_differs for v in wrong), any(v.mart_differs for v in wrong)
    return f"[red]{' and '.join(s for s, hit in (('live', live), ('mart', mart)) if hit)}: {len(wrong)}[/]"
