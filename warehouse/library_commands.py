"""Commands of the marts by name: `mart list` and `mart export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from warehouse.asked import SITE


def mount(mart: typer.Typer) -> None:
    """Add them to the marts' commands."""
    mart.command("list")(list_marts)
    mart.command("export")(export_mart)


def list_marts() -> None:
    """List the marts by name: what one row of each is, and its columns. Example: hispulse mart list"""
    from warehouse.library import columns, grain, names

    for name in names():
        typer.echo(f"{name}: {grain(name)}\n    {', '.join(column.name for column in columns(name))}")


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
