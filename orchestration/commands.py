"""Commands of the morning after: `hispulse dagster serve` and `hispulse day close`."""

import sys
from typing import Annotated

import typer

SiteOption = Annotated[
    str,
    typer.Option("--site", envvar="HISPULSE_SITE", help="Site file: a name in infra/sites, or a path ending in .toml."),
]


def mount(app: typer.Typer) -> None:
    """Add this room's commands."""
    dagster = typer.Typer(no_args_is_help=True, help="Dagster: the web interface, schedules and runs.")
    dagster.command("serve")(serve)
    app.add_typer(dagster, name="dagster", rich_help_panel="Processes, each alone under a supervisor")
    day = typer.Typer(no_args_is_help=True, help="A day's marts: build, check and publish.")
    day.command("close")(close)
    app.add_typer(day, name="day", rich_help_panel="Data and days")


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
) -> None:
    """Build, check and publish one day as the schedule does. Exit 1 when it was withheld or failed.

    Example: hispulse day close 2026-11-20
    """
    import os
    from datetime import date

    from ingest.errors import Misconfigured
    from ingest.settings import load_site
    from warehouse.client import WarehouseSettings, connect

    try:
        date.fromisoformat(day)
    except ValueError:
        raise Misconfigured(f"{day} is no date: write it as 2026-11-20.") from None
    connect(load_site(site).section("warehouse", WarehouseSettings)).rows("select 1")  # or say in a sentence why not
    os.environ["HISPULSE_SITE"] = site
    from orchestration.close import close_day

    sys.exit(0 if close_day(day) else 1)
