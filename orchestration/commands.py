"""Commands of the morning after: `hispulse dagster serve`, `hispulse day close` and `hispulse backfill`."""

import sys
from typing import Annotated

import typer

from orchestration.check_commands import checks
from orchestration.report_commands import mount as mount_reports

SiteOption = Annotated[
    str,
    typer.Option("--site", envvar="HISPULSE_SITE", help="Site file: a name in infra/sites, or a path ending in .toml."),
]
WaitOption = Annotated[
    float, typer.Option("--wait", min=0, help="Minutes to wait for what has not been heard: the loader, batch feeds.")
]
AnywayOption = Annotated[bool, typer.Option("--anyway", help="Then close the day with what there is.")]


def mount(app: typer.Typer) -> None:
    """Add this room's commands."""
    dagster = typer.Typer(no_args_is_help=True, help="Dagster: the web interface, schedules and runs.")
    dagster.command("serve")(serve)
    app.add_typer(dagster, name="dagster", rich_help_panel="Processes, each alone under a supervisor")
    day = typer.Typer(no_args_is_help=True, help="A day's marts: build, check and publish.")
    day.command("close")(close)
    day.command("late")(late)
    day.command("checks")(checks)
    app.add_typer(day, name="day", rich_help_panel="Data and days")
    app.command("backfill", rich_help_panel="Data and days")(backfill)
    mount_reports(app)


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port of the web interface.")] = 8601,
    site: SiteOption = "demo",
) -> None:
    """Run Dagster's web interface and daemon: the schedule closes each day at 06:00 hospital time.

    Example: hispulse dagster serve --port 8601
    """
    import os

    from ingest.settings import load_site

    _ = load_site(site).hospital  # Dagster would hide what is wrong with it in a page of its own words
    os.environ["HISPULSE_SITE"] = site
    from orchestration.serve import serve as serve_dagster

    serve_dagster(host, port)


def close(
    day: Annotated[str, typer.Argument(help="The day to close, ISO, e.g. 2026-11-20.")],
    site: SiteOption = "demo",
    wait_min: WaitOption = 0.0,
    anyway: AnywayOption = False,
) -> None:
    """Build, check and publish one day as the schedule does. Exit 1 when it was withheld, failed, or is not all heard.

    Example: hispulse day close 2026-11-20
    """
    sys.exit(1 if _close_each([day], site, wait_min, anyway) else 0)


def late(
    site: SiteOption = "demo",
    within: Annotated[int, typer.Option(min=1, metavar="DAYS", help="Heard within so many days.")] = 7,
    only_list: Annotated[bool, typer.Option("--list", help="Only say which days they are.")] = False,
) -> None:
    """Close again each published day that late data, corrections or merges touch. The schedule does so every morning.

    What is final or frozen stays as it is, and what would be different becomes an adjustment. Exit 1 when a day was
    withheld or failed. Example: hispulse day late --list
    """
    from ingest.clock import real_now_ms
    from ingest.settings import load_site
    from streams.house import house_rules
    from warehouse.client import WarehouseSettings, connect
    from warehouse.late import late_days

    named = load_site(site)
    warehouse = connect(named.section("warehouse", WarehouseSettings))
    found = late_days(warehouse, house_rules(named), real_now_ms() - within * 24 * 3600 * 1000)
    for each in found:
        typer.echo(f"{each.day}: 迟到数据涉及 late data touch {each.subjects} subjects")
    if not found:
        typer.echo("没有需要重报的日期 No published day is touched by late data.")
    if found and not only_list:
        sys.exit(1 if _close_each([each.day for each in found], site, 0.0, anyway=False) else 0)


def backfill(
    first: Annotated[str, typer.Option("--from", metavar="YYYY-MM-DD", help="First day to close.")],
    last: Annotated[str, typer.Option("--to", metavar="YYYY-MM-DD", help="Last day to close.")],
    site: SiteOption = "demo",
    wait_min: WaitOption = 0.0,
    anyway: AnywayOption = False,
) -> None:
    """Close every day of a period as `day close` does, one after the other. A day that fails stops no other.

    Example: hispulse backfill --from 2026-11-01 --to 2026-11-20
    """
    from warehouse.asked import checked_day
    from warehouse.period_build import days_between

    days = days_between(checked_day(first), checked_day(last))
    if failed := _close_each(days, site, wait_min, anyway):
        typer.echo(f"{len(failed)} of {len(days)} days were not published: {', '.join(failed)}")
        raise typer.Exit(1)


def _close_each(days: list[str], site: str, wait_min: float, anyway: bool) -> list[str]:
    """Close days; which of them were not published."""
    import os

    from ingest.settings import load_site
    from warehouse.asked import checked_day
    from warehouse.client import WarehouseSettings, connect

    for day in days:
        checked_day(day)
    named = load_site(site)
    warehouse = connect(named.section("warehouse", WarehouseSettings))
    warehouse.rows("select 1")  # or say in a sentence why not
    os.environ["HISPULSE_SITE"] = site
    from orchestration.close import close_day
    from warehouse.period_marts import build_touched

    failed = []
    for number, day in enumerate(days, 1):
        is_published = close_day(day, wait_min, anyway, periods_later=number < len(days))
        if not is_published:
            failed.append(day)
        if len(days) > 1:
            typer.echo(f"{day}: {'published' if is_published else 'not published'} ({number} of {len(days)})")
    if days[-1] in failed and len(failed) < len(days):  # the last day's run makes the periods of all
        build_touched(warehouse, named)
    return failed
