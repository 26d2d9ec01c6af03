"""The marts' commands: `mart build`, `mart periods`; those of `kpi` are in `kpi_commands.py` and
`catalogue_command.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from streams.alerts.commands import alert_commands
from streams.commands import kpi_commands
from warehouse.alert_commands import backtest
from warehouse.asked import DAY, SITE, day_named
from warehouse.catalogue_command import list_kpis
from warehouse.kpi_commands import history, show
from warehouse.library_commands import mount as mount_library

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.settings import Site
    from warehouse.marts import DayReport
    from warehouse.period_build import Failed


def mount(app: typer.Typer) -> None:
    """Add this room's commands."""
    mart = typer.Typer(no_args_is_help=True, help="The daily marts: stage rows and KPI values.")
    mart.command("build")(build)
    mart.command("periods")(periods)
    mount_library(mart)
    app.add_typer(mart, name="mart", rich_help_panel="Data and days")
    kpi_commands.command("list")(list_kpis)
    kpi_commands.command("show")(show)
    kpi_commands.command("history")(history)
    alert_commands.command("backtest")(backtest)


def build(
    site: SITE = "demo",
    day: DAY = None,
    first: Annotated[str | None, typer.Option("--from", metavar="YYYY-MM-DD", help="First day of a period.")] = None,
    last: Annotated[
        str | None, typer.Option("--to", metavar="YYYY-MM-DD", help="Last day of a period; default: yesterday.")
    ] = None,
) -> None:
    """Make the marts of a day, or of each day of a period, from what the warehouse has heard. Safe to run again.

    A day is replaced whole or not at all: Ctrl-C leaves finished days as they are and the one at hand as it was. A day
    that fails is named, the others are built all the same; then the exit code is 1. After late data, or a corrected
    code map, build the days that it touches.

    Unchecked: `hispulse day close` checks them too. Example: hispulse mart build --from 2026-11-01 --to 2026-11-20
    """
    from ingest.clock import load_clock
    from ingest.settings import load_site
    from warehouse.client import WarehouseSettings, connect
    from warehouse.marts import build_day

    named = load_site(site)
    days = _days_named(named, day, first, last)
    warehouse = connect(named.section("warehouse", WarehouseSettings))
    _build_telling(days, lambda when: build_day(warehouse, named, when, load_clock().now_ms()))


def _days_named(site: Site, day: str | None, first: str | None, last: str | None) -> list[str]:
    """The day, or the days of the period, that the options name. Raises Misconfigured."""
    from ingest.errors import Misconfigured
    from warehouse.period_build import days_between

    if first is None and last is None:
        return [day_named(site, day)]
    if first is None or day is not None:
        raise Misconfigured("Name one day with --day, or a period with --from and --to.")
    return days_between(day_named(site, first), day_named(site, last))


def _build_telling(days: list[str], build: Callable[[str], DayReport]) -> None:
    """Build the days, a line for each and a bar below them. Exits 1 when one failed, 130 when interrupted."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from warehouse.period_build import build_days

    console = Console(highlight=False, soft_wrap=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    done: list[str] = []
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task(days[0], total=len(days))

        def tell(told: DayReport | Failed) -> None:
            done.append(told.day)
            console.print(_line(told), markup=False)
            progress.update(bar, advance=1, description=days[min(len(done), len(days) - 1)])

        try:
            failed = build_days(days, build, tell)
        except KeyboardInterrupt:
            console.print(f"Stopped: {len(done)} of {len(days)} days are done, {days[len(done)]} is as it was before.")
            raise typer.Exit(130) from None
    if failed:
        again = ", ".join(each.day for each in failed)
        console.print(f"{len(failed)} of {len(days)} days failed and are as they were before: {again}")
        raise typer.Exit(1)


def _line(told: DayReport | Failed) -> str:
    from warehouse.period_build import Failed

    if isinstance(told, Failed):
        return f"{told.day}: failed. {told.why}"
    rows, values, seconds = (sum(made.values()) for made in (told.rows, told.values, told.seconds))
    return f"{told.day}: {rows} stage rows, {values} KPI values from {told.events} events in {seconds:.1f} s"


def periods(site: SITE = "demo") -> None:
    """Make the marts of every week, month, quarter and year of which a day was published since they were made.

    The closing of a day does so by itself; after `mart build` it is done here. Example: hispulse mart periods
    """
    from ingest.settings import load_site
    from warehouse.client import WarehouseSettings, connect
    from warehouse.period_marts import PeriodReport, build_touched

    def tell(report: PeriodReport) -> None:
        of = f"{report.days} of {report.period.days} days"
        typer.echo(f"{report.period.name}: {report.values} KPI values of {of} in {report.seconds:.1f} s")

    named = load_site(site)
    if not build_touched(connect(named.section("warehouse", WarehouseSettings)), named, tell):
        typer.echo("Nothing to do: every period is as its days are.")
