"""Commands of the streams: `hispulse stream`, `hispulse try`.

The group `kpi` is open to the rooms to the right: they add their commands to `kpi_commands`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from streams.kpis.aggregate import Value
    from streams.trial import Tried

kpi_commands = typer.Typer(no_args_is_help=True, help="The KPIs: what each is, and its values.")


def mount(app: typer.Typer) -> None:
    """Add this room's commands."""
    from streams.alerts.commands import mount_alerts
    from streams.engine_commands import mount_stream
    from streams.mapping_commands import mount_diff
    from streams.workbench_commands import mount_workbench

    mount_stream(app)
    mount_diff()
    mount_workbench(app)
    mount_alerts(app)
    app.add_typer(kpi_commands, name="kpi", rich_help_panel="Data and days")
    app.command("try", rich_help_panel="Begin here")(try_)


def try_(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders: HL7 v2, or a CSV that the site describes.")],
    site: Annotated[
        str, typer.Option("--site", envvar="HISPULSE_SITE", help="Site file: a name in infra/sites, or a path.")
    ] = "demo",
    feed: Annotated[str | None, typer.Option(help="Which feed of kind files, where the site has several.")] = None,
    by: Annotated[list[str] | None, typer.Option(help="KPI values by this dimension; may be given twice.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    as_lines: Annotated[bool, typer.Option("--ndjson", help="One JSON object a line, each with its kind.")] = False,
) -> None:
    """Show what files become, without Kafka or a database: events, what was left aside and why, KPI values.

    Nothing is written. Identifiers are pseudonyms under the site's key; where there is none, under one that is
    forgotten at the end.

    Example: hispulse try log.csv --site my-hospital.toml --by dept
    """
    import msgspec

    from ingest.clock import load_clock
    from ingest.mapping.commands import pseudonyms
    from ingest.settings import load_site
    from streams.trial import try_files

    refuse_unknown(by or [])
    tried = try_files(load_site(site), paths, load_clock(), pseudonyms(), feed=feed, by=by or [])
    if as_json:
        typer.echo(msgspec.json.encode(_told(tried)))
    elif as_lines:
        for name in ("events", "aside", "values"):
            for each in getattr(tried, name):
                line = {"kind": _KIND[name], **msgspec.to_builtins(each, str_keys=True)}
                typer.echo(msgspec.json.encode(line))
    else:
        _show(tried)


def refuse_unknown(dims: list[str]) -> None:
    """Raise Misconfigured for a dimension that no KPI has: it would silently show nothing."""
    from ingest.errors import Misconfigured
    from streams.kpis import catalogue

    known = sorted({dim for kpi in catalogue().values() for dim in kpi.dims})
    for dim in dims:
        if dim not in known:
            raise Misconfigured(f"No KPI is counted by {dim}; there are {', '.join(known)}.")


_KIND = {"events": "event", "aside": "aside", "values": "kpi"}


def _told(tried: Tried) -> dict[str, object]:
    return {
        "files": tried.files,
        "messages": tried.messages,
        "as_of": tried.as_of,
        "events": tried.events,
        "aside": tried.aside,
        "values": tried.values,
    }


def _show(tried: Tried) -> None:
    from rich.table import Column, Table

    from ingest.events import catalogue as events

    out = console()
    out.print(f"{tried.files} files, {tried.messages} messages: {len(tried.events)} events")
    right = Column("n", justify="right")
    told = Table(Column("event", no_wrap=True), "", right, box=None)
    for event_type, n in tried.by_type().items():
        told.add_row(event_type, events()[event_type].title[0], str(n))
    out.print(told)
    if tried.aside:
        left = Table("left aside", "reason", Column("n", justify="right"), box=None)
        for (outcome, reason), n in tried.by_reason().items():
            left.add_row(outcome, reason, str(n))
        out.print(left)
    out.print(_values(tried.values))


def console() -> Console:
    """As wide as the terminal; wide enough for every column where there is none."""
    from rich.console import Console as Made

    return Made() if sys.stdout.isatty() else Made(width=200)


def _values(values: list[Value]) -> Table:
    from rich.table import Column
    from rich.table import Table as Made

    from streams.kpis import catalogue

    numbers = [Column(name, justify="right") for name in ("n", "value", "p50", "p90", "mean")]
    table = Made(Column("KPI", no_wrap=True), "", "of", *numbers, "unit", "left out", box=None)
    for value in values:
        kpi = catalogue()[value.kpi]
        left_out = [f"{n} {reason}" for reason, n in value.excluded.items()]
        left_out += [f"{value.waiting} waiting"] if value.waiting else []
        of = " ".join([value.series, *value.dims.values()]).strip()
        figures = [figure(number) for number in (value.value, value.p50, value.p90, value.mean)]
        table.add_row(value.kpi, kpi.zh, of, str(value.n), *figures, kpi.told_in, ", ".join(left_out))
    return table


def figure(value: float | None) -> str:
    return "" if value is None else f"{value:.6f}".rstrip("0").rstrip(".")
