"""The warehouse's commands: `migrate`, `warehouse serve`, `load`; the marts' are in `mart_commands.py`."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Annotated

import typer

from warehouse.analysts.commands import analysts
from warehouse.mart_commands import mount as mount_marts
from warehouse.period_commands import mount as mount_periods

_SITE = Annotated[str, typer.Option("--site", envvar="HISPULSE_SITE", help="Site file: a name or a path.")]


def mount(app: typer.Typer) -> None:
    """Add this room's commands to the front door."""
    app.command("migrate", rich_help_panel="Data and days")(_migrate)
    warehouse = typer.Typer(no_args_is_help=True, help="The warehouse on one machine.")
    warehouse.command("serve")(_serve)
    warehouse.command("backup")(_back_up)
    warehouse.command("restore")(_restore)
    warehouse.command("forget")(_forget)
    warehouse.command("analysts")(analysts)
    app.add_typer(warehouse, name="warehouse", rich_help_panel="Processes, each alone under a supervisor")
    app.command("load", rich_help_panel="Processes, each alone under a supervisor")(_load)
    mount_marts(app)
    mount_periods(app)


def _migrate(site: _SITE = "demo") -> None:
    """Bring the warehouse's tables and views up to date. Safe to run again.

    Example: hispulse migrate --site my-hospital.toml
    """
    from ingest.settings import load_site
    from warehouse.analysts.views import make_analysts_views
    from warehouse.client import WarehouseSettings, connect
    from warehouse.migrate import make_database, migrate
    from warehouse.views import make_views, set_source_priority

    named = load_site(site)
    settings = named.section("warehouse", WarehouseSettings)
    make_database(settings)
    warehouse = connect(settings)
    applied = migrate(warehouse)
    views = make_views(warehouse) + make_analysts_views(warehouse)
    set_source_priority(warehouse, named.hospital.source_priority)
    typer.echo(f"{', '.join(applied) or 'nothing new'}; {len(views)} views in {settings.database}")


def _serve(
    site: _SITE = "demo",
    data: Annotated[
        Path | None, typer.Option(help="Where the data is; default: warehouse under HISPULSE_HOME.")
    ] = None,
) -> None:
    """Serve the ClickHouse engine over HTTP on this machine, until SIGTERM or Ctrl-C.

    Example: hispulse warehouse serve --site my-hospital.toml
    """
    from ingest.service import run_service
    from ingest.settings import Site, home
    from warehouse.analysts.settings import AnalystSettings
    from warehouse.client import WarehouseSettings
    from warehouse.embedded import serve

    directory = data or home() / "warehouse"

    def main(named: Site, stop: threading.Event) -> None:
        analysts = named.section("analysts", AnalystSettings)
        serve(directory, named.section("warehouse", WarehouseSettings), analysts, stop)

    run_service("warehouse", site, main)


def _back_up(
    folder: Annotated[Path, typer.Argument(help="A folder that is not there yet.")], site: _SITE = "demo"
) -> None:
    """Write every table to a folder: events, marts, ledger, checks. The warehouse goes on working meanwhile.

    Example: hispulse warehouse backup /backup/2026-11-20
    """
    from ingest.settings import load_site
    from warehouse.backup import back_up
    from warehouse.client import WarehouseSettings, connect

    kept = back_up(connect(load_site(site).section("warehouse", WarehouseSettings)), folder)
    typer.echo(f"{folder}: {len(kept)} tables, {sum(table.rows for table in kept.values()):,} rows")


def _restore(
    folder: Annotated[Path, typer.Argument(help="A folder that `hispulse warehouse backup` wrote.")],
    site: _SITE = "demo",
) -> None:
    """Fill a new, empty warehouse from a backup, and compare every table with what was kept.

    Example: hispulse migrate; hispulse warehouse restore /backup/2026-11-20
    """
    from ingest.settings import load_site
    from warehouse.backup import restore
    from warehouse.client import WarehouseSettings, connect

    kept = restore(connect(load_site(site).section("warehouse", WarehouseSettings)), folder)
    rows = sum(table.rows for table in kept.values())
    typer.echo(f"{len(kept)} tables, {rows:,} rows restored: the same as were kept")


def _forget(
    site: _SITE = "demo",
    only_list: Annotated[bool, typer.Option("--list", help="Only say what would be deleted.")] = False,
) -> None:
    """Delete what is older than section [retention] of the site says: events by month, rows behind numbers by day.

    Published values, the ledger and frozen periods stay. Example: hispulse warehouse forget --list
    """
    from datetime import datetime

    from ingest.clock import load_clock
    from ingest.settings import load_site
    from warehouse.client import WarehouseSettings, connect
    from warehouse.retention import RetentionSettings, delete, too_old

    named = load_site(site)
    warehouse = connect(named.section("warehouse", WarehouseSettings))
    today = datetime.fromtimestamp(load_clock().now_ms() / 1000, named.zone).date().isoformat()
    found = (too_old if only_list else delete)(warehouse, named.section("retention", RetentionSettings), today)
    for each in found:
        typer.echo(f"{each.table} {each.partition}: {each.rows:,} rows {'to delete' if only_list else 'deleted'}")
    if not found:
        typer.echo("没有超过保留期的数据 Nothing is older than [retention] says.")


def _load(site: _SITE = "demo") -> None:
    """Load events from Kafka into the warehouse, until SIGTERM or Ctrl-C.

    Example: hispulse load --site my-hospital.toml
    """
    from ingest.service import run_service
    from warehouse.load import run

    run_service("load", site, run)
