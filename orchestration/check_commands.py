"""The command that shows a day's checks: `hispulse day checks`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestration.delivery_commands import DayArgument, opened
from warehouse.asked import SITE


def checks(
    day: DayArgument,
    site: SITE = "demo",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Also write the page of checks here.")
    ] = None,
    lang: Annotated[str, typer.Option("--lang", metavar="zh|en", help="Language.")] = "zh",
) -> None:
    """Show what the checks of a day found; with --out also as one HTML page that needs no network.

    Exit 1 when the day was withheld. Example: hispulse day checks 2026-11-20 --out reports
    """
    from orchestration.reports.checks import checks_page
    from orchestration.reports.files import contents, write
    from orchestration.reports.reading_checks import read_checks

    named, warehouse, spoken = opened(site, lang)
    found = read_checks(warehouse, named, day)
    page = checks_page(found, spoken)
    typer.echo(" · ".join(f"{name} {value}" for name, value in page.facts))
    for points in page.opening:
        for item in points.items:
            typer.echo(f"{item.said}{f' ({item.behind})' if item.behind else ''}")
        if not points.items:
            typer.echo(points.none)
    if out is not None:
        for path in write(contents(page, ("html",)), out):
            typer.echo(str(path))
    if found.failed("withhold"):
        raise typer.Exit(1)
