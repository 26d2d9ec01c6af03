"""Commands that deliver reports: `hispulse report send` and `report deliveries`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from warehouse.asked import SITE, checked_day

if TYPE_CHECKING:
    from ingest.settings import Site
    from orchestration.reports.writing import Language
    from warehouse.client import Warehouse

DayArgument = Annotated[
    str, typer.Argument(callback=checked_day, metavar="YYYY-MM-DD", help="Which day, in the hospital's zone.")
]


def mount(report: typer.Typer) -> None:
    """Add the commands to the group of reports."""
    report.command("send")(send)
    report.command("deliveries")(deliveries)


def send(
    day: DayArgument,
    site: SITE = "demo",
    again: Annotated[bool, typer.Option("--again", help="Also what was delivered before.")] = False,
) -> None:
    """Write and deliver the reports that a closed day makes due, as the schedule does. Exit 1 when one was not taken.

    What was delivered is not sent twice. Example: hispulse report send 2026-11-20
    """
    from orchestration.reports.sending import Reports

    named, warehouse, _ = opened(site, "zh")
    reports = Reports(warehouse, named, day)
    for path in reports.keep():
        typer.echo(str(path))
    outcomes = reports.send(again)
    for outcome in outcomes:
        state = outcome.why or ("delivered before" if outcome.before else "delivered")
        of = " ".join(part for part in (outcome.due.report, outcome.due.period, outcome.due.department) if part)
        typer.echo(f"{outcome.delivery}: {of}: {state}")
    if any(outcome.why for outcome in outcomes):
        raise typer.Exit(1)


def deliveries(
    site: SITE = "demo",
    period: Annotated[str, typer.Option(metavar="NAME", help="Only of this day, week or month.")] = "",
) -> None:
    """Show how every delivery stands, the newest first. Exit 1 when one has not been taken.

    Example: hispulse report deliveries --period 2026-11-20
    """
    from rich.console import Console
    from rich.table import Table

    from orchestration.reports.writing import instant_text
    from warehouse.report_deliveries import standing

    named, warehouse, _ = opened(site, "zh")
    rows = standing(warehouse, named.hospital.facility_id, (period,) if period else ())
    table = Table("delivery", "report", "period", "department", "attempts", "last", "state", box=None)
    for row in rows:
        state = "delivered" if row["is_delivered"] else row["last_why"]
        table.add_row(row["delivery"], row["report"], row["period"], row["department"], str(row["attempts"]),
                      instant_text(row["last_ms"], named.zone), state)  # fmt: skip
    if rows:
        (Console() if sys.stdout.isatty() else Console(width=160)).print(table)
    else:
        typer.echo("Nothing was delivered yet: hispulse report send DAY; deliveries are set in [deliveries.<name>].")
    if any(not row["is_delivered"] for row in rows):
        raise typer.Exit(1)


def opened(site: str, lang: str) -> tuple[Site, Warehouse, Language]:
    """A site, its warehouse, and a language as told. Raises Misconfigured, Unavailable."""
    from ingest.settings import load_site
    from warehouse.client import WarehouseSettings, connect

    spoken = language_named(lang)
    named = load_site(site)
    return named, connect(named.section("warehouse", WarehouseSettings)), spoken


def language_named(lang: str) -> Language:
    """A language as told. Raises Misconfigured."""
    from ingest.errors import Misconfigured
    from orchestration.reports.settings import LANGUAGES

    for known in LANGUAGES:
        if lang == known:
            return known
    raise Misconfigured(f"No language {lang}: reports are written in {' or '.join(LANGUAGES)}.")
