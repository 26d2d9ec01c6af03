"""Commands of periods: `period freeze`, of what was reported to others, and `period list`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from warehouse.asked import SITE

_Name = Annotated[str, typer.Argument(metavar="PERIOD", help="2026-10, 2026-W44, 2026-Q4 or 2026.")]


def mount(app: typer.Typer) -> None:
    """Add this room's commands."""
    period = typer.Typer(no_args_is_help=True, help="Weeks, months, quarters and years, and which of them are frozen.")
    period.command("freeze")(freeze_one)
    period.command("list")(list_frozen)
    app.add_typer(period, name="period", rich_help_panel="Data and days")


def freeze_one(
    name: _Name,
    site: SITE = "demo",
    note: Annotated[str, typer.Option(help="What for, and for whom.")] = "",
    incomplete: Annotated[
        bool, typer.Option("--incomplete", help="Though some of its days were never published.")
    ] = False,
) -> None:
    """Freeze the values of a week, month, quarter or year that was reported, for instance to the regulator.

    They stay as they are from now on. What is told later becomes an adjustment, which `hispulse kpi show` and
    `hispulse kpi history` show beside the frozen value. Freezing cannot be undone.

    Example: hispulse period freeze 2026-10 --note "卫健委季报"
    """
    from ingest.clock import real_now_ms
    from ingest.errors import Misconfigured
    from ingest.settings import load_site
    from streams.house import house_rules
    from warehouse.client import WarehouseSettings, connect
    from warehouse.frozen import freeze
    from warehouse.periods import period_named

    try:
        period = period_named(name)
    except ValueError:
        raise Misconfigured(f"{name} is no period: write it as 2026-10, 2026-W44, 2026-Q4 or 2026.") from None
    named = load_site(site)
    warehouse = connect(named.section("warehouse", WarehouseSettings))
    frozen = freeze(warehouse, house_rules(named), period, note, real_now_ms(), incomplete)
    at = datetime.fromtimestamp(frozen.frozen_ms / 1000, named.zone)
    typer.echo(f"{period.name}: 已冻结 frozen since {at:%Y-%m-%d %H:%M}, made of {frozen.days} of {period.days} days")


def list_frozen(site: SITE = "demo") -> None:
    """List the frozen periods: since when, made of how many days, and what for. Example: hispulse period list"""
    from ingest.settings import load_site
    from warehouse.client import WarehouseSettings, connect
    from warehouse.frozen import frozen_periods

    named = load_site(site)
    warehouse = connect(named.section("warehouse", WarehouseSettings))
    found = frozen_periods(warehouse, named.hospital.facility_id)
    for period, each in found.items():
        at = datetime.fromtimestamp(each.frozen_ms / 1000, named.zone)
        typer.echo(f"{period.name}: {at:%Y-%m-%d %H:%M}, {each.days} of {period.days} days {each.note}".rstrip())
    if not found:
        typer.echo("没有冻结的时段 No period is frozen. Freeze one with: hispulse period freeze 2026-10")
