"""How `hispulse verify` prints: one line a KPI, every difference spelled out, and what the faults cost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec
from rich.console import Console
from rich.table import Table

from infra.rehearsal.truth_values import Figures

if TYPE_CHECKING:
    from infra.rehearsal.verify import Verdict

_MOST_DIFFERENCES = 40


def print_table(verdicts: Sequence[Verdict], instant: int, zone: ZoneInfo) -> None:
    """The table, the differences, and the last line."""
    console = Console()
    moment = datetime.fromtimestamp(instant / 1000, zone)
    table = Table(title=f"Every KPI at {moment:%Y-%m-%d %H:%M:%S}", title_justify="left", box=None, padding=(0, 1))
    for name in ("KPI", "day", "series", "told", "live", "mart", "really happened", "cuts", ""):
        table.add_column(name, justify="left" if name in ("KPI", "day", "series", "") else "right", no_wrap=True)
    for verdict in (v for v in verdicts if not v.question.dim):
        cuts = [v for v in verdicts if v.question[:3] == verdict.question[:3]]
        wrong = [v for v in cuts if v.live_differs or v.mart_differs]
        table.add_row(
            verdict.question.kpi, verdict.question.day, verdict.question.series, _short(verdict.true),
            _short(verdict.live), _short(verdict.mart), _short(verdict.happened), str(len(cuts)), _mark(wrong),
        )  # fmt: skip
    console.print(table)
    differing = [v for v in verdicts if v.live_differs or v.mart_differs]
    for verdict in differing[:_MOST_DIFFERENCES]:
        _print_difference(console, verdict)
    if len(differing) > _MOST_DIFFERENCES:
        console.print(f"… and {len(differing) - _MOST_DIFFERENCES} more")
    live, mart = sum(v.live_differs for v in verdicts), sum(v.mart_differs for v in verdicts)
    verdict_text = "all equal" if not differing else f"live differs in {live}, the mart in {mart}"
    console.print(f"{len(verdicts)} numbers compared with what the feeds told: {verdict_text}.")


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
    if found is None:
        return "–"
    if found.den is not None:
        return f"{found.num}/{found.den}"
    if found.p50 is not None:
        return f"{found.n} · p50 {found.p50:.2f} · p90 {found.p90:.2f}"
    if found.oldest_since is not None:
        return f"{found.n} open"
    return (
        str(found.n)
        if found != msgspec.structs.replace(found, n=0) or not found.waiting
        else f"0 ({found.waiting} wait)"
    )


def _mark(wrong: Sequence[Verdict]) -> str:
    if not wrong:
        return "[green]equal[/]"
    sides = [side for side, hit in (("live", any(v.live_differs for v in wrong)),
                                    ("mart", any(v.mart_differs for v in wrong))) if hit]  # fmt: skip
    return f"[red]{' and '.join(sides)} differ in {len(wrong)}[/]"
