"""The workbench's command that needs KPI values: `hispulse map diff`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from streams.kpis.aggregate import Value
    from streams.mapping_diff import Difference, EventChange, ValueChange


def mount_diff() -> None:
    """Add it to the workbench."""
    from ingest.mapping.commands import map_commands

    map_commands.command("diff")(diff)


def diff(
    old: Annotated[str, typer.Argument(help="The site file as it is: a name in infra/sites, or a path.")],
    new: Annotated[str, typer.Argument(help="The site file as it would be.")],
    paths: Annotated[list[Path], typer.Argument(metavar="SAMPLE...", help="Files or folders.")],
    feed: Annotated[str | None, typer.Option(help="Which feed of kind files, where the site has several.")] = None,
    by: Annotated[list[str] | None, typer.Option(help="KPI values by this dimension; may be given twice.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Show what another site file would change: in the events of a sample, and in the KPI values. Nothing is written.

    Example: hispulse map diff my-hospital.toml mended.toml monday.hl7 --by dept
    """
    import msgspec

    from ingest.clock import load_clock
    from ingest.mapping.commands import pseudonyms
    from ingest.settings import load_site
    from streams.commands import refuse_unknown
    from streams.mapping_diff import difference

    refuse_unknown(by or [])
    found = difference(load_site(old), load_site(new), paths, load_clock(), pseudonyms(), feed=feed, by=by or [])
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(found), indent=2))
    else:
        _show(found)


def _show(found: Difference) -> None:
    from streams.commands import console

    out = console()
    out.print(f"{found.messages} 条消息 messages: {found.events[0]} → {found.events[1]} 个事件 events")
    if not (found.changes or found.aside or found.values):
        out.print("没有变化。Nothing changes.")
    for table in (_events(found.changes), _aside(found.aside), _values(found.values)):
        if table.row_count:
            out.print(table)


def _events(changes: Sequence[EventChange]) -> Table:
    from rich.table import Column
    from rich.table import Table as Made

    from ingest.events import catalogue

    numbers = [Column(name, justify="right") for name in ("撤去 gone", "新增 new", "改变 changed")]
    table = Made(Column("event", no_wrap=True), "", *numbers, "改变的字段 fields", box=None)
    for each in changes:
        fields = ", ".join(f"{name} {n}" for name, n in each.fields.most_common())
        counts = [str(n or "") for n in (each.gone, each.new, each.changed)]
        table.add_row(each.event_type, catalogue()[each.event_type].title[0], *counts, fields)
    return table


def _aside(aside: dict[str, tuple[int, int]]) -> Table:
    from rich.table import Table as Made

    table = Made("未成事件 left aside", "n", box=None)
    for reason, (before, after) in aside.items():
        table.add_row(reason, f"{before} → {after}")
    return table


def _values(values: Sequence[ValueChange]) -> Table:
    from rich.table import Column
    from rich.table import Table as Made

    from streams.kpis import catalogue

    numbers = [Column(name, justify="right") for name in ("n", "value", "p50", "p90")]
    table = Made(Column("KPI", no_wrap=True), "", "of", *numbers, "unit", "left out", box=None)
    for each in values:
        kpi = catalogue()[each.kpi]
        of = " ".join([each.series, *each.dims.values()]).strip()
        figures = [_pair(each, name) for name in ("n", "value", "p50", "p90")]
        left_out = (sum(side.excluded.values()) if side else 0 for side in (each.old, each.new))
        table.add_row(each.kpi, kpi.zh, of, *figures, kpi.told_in, _arrow(*map(str, left_out)))
    return table


def _pair(change: ValueChange, name: str) -> str:
    return _arrow(*(_figure(side, name) for side in (change.old, change.new)))


def _figure(value: Value | None, name: str) -> str:
    from streams.commands import figure

    return "–" if value is None else figure(getattr(value, name)) or "–"


def _arrow(before: str, after: str) -> str:
    return before if before == after else f"{before} → {after}"
