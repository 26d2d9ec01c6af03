"""Commands of the marts by name: `mart list` and `mart export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from warehouse.asked import DAY, SITE


def mount(mart: typer.Typer) -> None:
    """Add them to the marts' commands."""
    mart.command("list")(list_marts)
    mart.command("export")(export_mart)
    mart.command("desks")(show_desks)


def list_marts() -> None:
    """List the marts by name: what one row of each is, and its columns. Example: hispulse mart list"""
    from warehouse.library import columns, grain, names

    for name in names():
        typer.echo(f"{name}: {grain(name)}\n    {', '.join(column.name for column in columns(name))}")


def show_desks(site: SITE = "demo", day: DAY = None) -> None:
    """Say of each window, consulting room and queue how its times are entered: a score of data, never of people.

    Counted are acts on :00 and :30 beyond what chance gives, clicks for several people within two seconds, services and
    consultations of no length, calls nobody came to just before sign-out, and tickets never closed. 100 is well; below
    80 they deserve a look; of fewer than 20 nothing is said.

    Example: hispulse mart desks --day 2026-11-20
    """
    from rich.table import Column, Table

    from ingest.settings import load_site
    from warehouse.asked import day_named
    from warehouse.client import WarehouseSettings, connect
    from warehouse.desks import desks
    from warehouse.kpi_commands import show_table

    named = load_site(site)
    on = day_named(named, day)
    found = desks(connect(named.section("warehouse", WarehouseSettings)), named, on)
    if not found:
        typer.echo(f"{on}: nothing was told of any window, room or queue by its code.")
        return
    numbers = [Column(name, justify="right") for name in ("score", "acts", "tickets")]
    table = Table("窗口 desk", *numbers, "所见 what shows", box=None, title=f"{on} · 录入时间 how times are entered")
    for desk in found:
        score = "too few" if desk.score is None else str(desk.score)
        called, shows = (" · ".join(dict.fromkeys(filter(None, pair))) for pair in (desk.called, desk.shows))
        table.add_row(called, score, str(desk.acts), str(desk.tickets), shows)
    show_table(table)


def export_mart(
    name: Annotated[str, typer.Argument(help="Which mart: see `hispulse mart list`.")],
    first: Annotated[str, typer.Option("--from", metavar="YYYY-MM-DD", help="First day.")],
    last: Annotated[
        str | None, typer.Option("--to", metavar="YYYY-MM-DD", help="Last day; default: the first.")
    ] = None,
    form: Annotated[str, typer.Option("--format", metavar="csv|parquet", help="What the file shall be.")] = "csv",
    out: Annotated[Path | None, typer.Option(help="The file; default: NAME.csv or NAME.parquet here.")] = None,
    pseudonyms: Annotated[
        bool, typer.Option("--pseudonyms", help="With the pseudonyms of visits, tickets, doctors …")
    ] = False,
    site: SITE = "demo",
) -> None:
    """Export a mart's published days to a file. Statistics of fewer than ten are left blank.

    Example: hispulse mart export departments --from 2026-11-01 --to 2026-11-20 --format parquet
    """
    from ingest.errors import Misconfigured
    from ingest.settings import load_site
    from warehouse.asked import checked_day
    from warehouse.client import WarehouseSettings, connect
    from warehouse.export import export
    from warehouse.library import names
    from warehouse.period_build import days_between

    if name not in names():
        raise Misconfigured(f"No mart {name}: there are {', '.join(names())}.")
    if name == "doctors" and not pseudonyms:
        raise Misconfigured("Mart doctors says something of single doctors: who may have it asks with --pseudonyms.")
    if form not in ("csv", "parquet"):
        raise Misconfigured(f"No format {form}: write --format csv or --format parquet.")
    days = days_between(checked_day(first), checked_day(last or first))
    named = load_site(site)
    path = out or Path(f"{name}.{form}")
    warehouse = connect(named.section("warehouse", WarehouseSettings))
    rows = export(
        warehouse, named.hospital.facility_id, name, days, path, "csv" if form == "csv" else "parquet", pseudonyms
    )
    typer.echo(f"{path}: {rows} rows of {len(days)} days")
