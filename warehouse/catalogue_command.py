"""`hispulse kpi list`: the catalogue, and which of it a site cannot have yet."""

from __future__ import annotations

from typing import Annotated

import typer

from warehouse.asked import SITE


def list_kpis(
    site: SITE = "demo",
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of a table.")] = False,
) -> None:
    """List every KPI: code, Chinese and English title, unit, mode, target, dimensions; below, those that the site's
    feeds tell too little of (known after a day, where the warehouse answers).

    Mode: L live only, D daily only, B both. Example: hispulse kpi list --json
    """
    import msgspec

    from ingest.settings import load_site
    from streams.commands import console
    from streams.kpis import catalogue
    from streams.measurable import sentence
    from warehouse.arrived import not_told_where_known

    kpis = list(catalogue().values())
    lacking = not_told_where_known(load_site(site))
    if as_json:
        told = [msgspec.to_builtins(kpi) | {"not_measurable_needs": lacking.get(kpi.code, ())} for kpi in kpis]
        typer.echo(msgspec.json.format(msgspec.json.encode(told), indent=2).decode())
        return
    from rich.table import Column, Table

    table = Table(Column("code", no_wrap=True), "中文", "English", "unit", "mode", "target", "by", box=None)
    for kpi in kpis:
        target = f"{kpi.target.statistic} {kpi.target.direction} {kpi.target.value:g}" if kpi.target else ""
        table.add_row(kpi.code, kpi.zh, kpi.en, kpi.unit, kpi.mode, target, ", ".join(kpi.dims))
    console().print(table)
    for code, needs in lacking.items():
        console().print(f"{code}: {sentence(needs)}")
