"""The marts' commands: `kpi show`, `mart build`."""

from __future__ import annotations

import sys
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.commands import kpi_commands

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.settings import Site
    from streams.kpis.kpi import Kpi
    from warehouse.client import Warehouse
    from warehouse.marts import DayReport
    from warehouse.period_build import Failed

_SITE = Annotated[str, typer.Option("--site", envvar="HISPULSE_SITE", help="Site file: a name or a path.")]
_DAY = Annotated[
    str | None, typer.Option(metavar="YYYY-MM-DD", help="Which day, in the hospital's zone; default: yesterday.")
]


def mount(app: typer.Typer) -> None:
    """Add this room's commands."""
    mart = typer.Typer(no_args_is_help=True, help="The daily marts: stage rows and KPI values.")
    mart.command("build")(build)
    mart.callback()(lambda: None)  # one command alone would take the group's place
    app.add_typer(mart, name="mart", rich_help_panel="Data and days")
    kpi_commands.command("show")(show)


def build(
    site: _SITE = "demo",
    day: _DAY = None,
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


def show(
    code: Annotated[str, typer.Argument(help="The KPI: see `hispulse kpi list`.")],
    site: _SITE = "demo",
    day: _DAY = None,
    first: Annotated[str | None, typer.Option("--from", metavar="YYYY-MM-DD", help="First day of a period.")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="YYYY-MM-DD", help="Last day of a period.")] = None,
    by: Annotated[str | None, typer.Option(help="One row per value of this dimension.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of a table.")] = False,
) -> None:
    """Show a KPI's values of a day as the mart has them, or over all the rows of a period (--from, --to).

    Example: hispulse kpi show consult_wait --day 2026-11-20 --by dept
    """
    import msgspec

    from ingest.settings import load_site
    from warehouse.client import WarehouseSettings, connect
    from warehouse.history import values_of_day

    kpi = kpi_named(code, by)
    named = load_site(site)
    when = day_named(named, day)
    warehouse = connect(named.section("warehouse", WarehouseSettings))
    if first or last:
        covered, rows = _of_period(warehouse, named, kpi, first, last, by)
        when = f"{covered['from']} … {covered['to']}"
    else:
        covered, rows = {"day": when}, values_of_day(warehouse, named.hospital.facility_id, code, when, by=by)
    if as_json:
        told = {"kpi": code, "unit": kpi.unit, **covered, "values": rows}
        typer.echo(msgspec.json.format(msgspec.json.encode(told), indent=2).decode())
    elif rows:
        _print(kpi, when, rows)
    else:
        typer.echo(f"{code}: nothing in the mart for {when}. Build the day with: hispulse mart build --day {when}")


def _of_period(
    warehouse: Warehouse, site: Site, kpi: Kpi, first: str | None, last: str | None, by: str | None
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Which days of a period have marts, and the values over all their rows. Raises Misconfigured."""
    import msgspec

    from ingest.errors import Misconfigured
    from warehouse.periods import EARLIEST, LATEST, NotOfRows, built, period_values

    begins = day_named(site, first) if first else EARLIEST
    ends = day_named(site, last) if last else LATEST
    facility = site.hospital.facility_id
    found = built(warehouse, facility, begins, ends)
    if found is None:
        raise Misconfigured(f"No day of that period has marts of {facility}: build one with `hispulse mart build`.")
    try:
        values = period_values(warehouse, facility, kpi, begins, ends, found.as_of_ms, by)
    except NotOfRows:
        raise Misconfigured(f"{kpi.code} is measured while events arrive: it has no value over a period.") from None
    covered = {"from": found.first, "to": found.last, "days": found.days}
    return covered, [msgspec.structs.asdict(value) for value in values]


def day_named(site: Site, day: str | None) -> str:
    """A local day as told, checked; else the hospital's yesterday. Raises Misconfigured."""
    from ingest.clock import load_clock
    from ingest.errors import Misconfigured

    if day is None:
        now = datetime.fromtimestamp(load_clock().now_ms() / 1000, site.zone)
        return (now.date() - timedelta(days=1)).isoformat()
    try:
        return date.fromisoformat(day).isoformat()
    except ValueError:
        raise Misconfigured(f"{day} is no date: write it as 2025-03-03.") from None


def kpi_named(code: str, by: str | None) -> Kpi:
    """A KPI that the mart has, and a dimension of it. Raises Misconfigured saying what there is."""
    from ingest.errors import Misconfigured
    from streams.kpis import catalogue

    kpi = catalogue().get(code)
    if kpi is None:
        raise Misconfigured(f"No KPI {code}: `hispulse kpi list` names them.")
    if kpi.mode == "L":
        raise Misconfigured(f"{code} exists only live: the mart has no values of it.")
    if by is not None and by not in kpi.dims:
        raise Misconfigured(f"{code} is not counted by {by}, but by {', '.join(kpi.dims) or 'nothing'}.")
    return kpi


def _print(kpi: Kpi, day: str, rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Column, Table

    numbers = [Column(name, justify="right") for name in ("n", "value", "p50", "p90", "mean", "complete %")]
    table = Table("of", *numbers, "left out", box=None, title=f"{kpi.zh} · {kpi.en} · {day} · {kpi.told_in}")
    for row in rows:
        left_out = [f"{n} {reason}" for reason, n in sorted(row["excluded"].items())]
        left_out += [f"{row['waiting']} waiting"] if row["waiting"] else []
        of = " ".join(filter(None, [row["series"], *row["dims"].values()])) or "all"
        figures = [_figure(row[name]) for name in ("value", "p50", "p90", "mean", "completeness")]
        table.add_row(of, str(row["n"]), *figures, ", ".join(left_out))
    console = Console() if sys.stdout.isatty() else Console(width=160)
    console.print(table)


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.6f}".rstrip("0").rstrip(".")
