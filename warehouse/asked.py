"""What the marts' commands are asked for: a site, days and KPIs by their names, checked."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ingest.settings import Site
    from streams.kpis.kpi import Kpi

SITE = Annotated[str, typer.Option("--site", envvar="HISPULSE_SITE", help="Site file: a name or a path.")]
DAY = Annotated[
    str | None, typer.Option(metavar="YYYY-MM-DD", help="Which day, in the hospital's zone; default: yesterday.")
]


def day_named(site: Site, day: str | None) -> str:
    """A local day as told, checked; else the hospital's yesterday. Raises Misconfigured."""
    from ingest.clock import load_clock

    if day is None:
        now = datetime.fromtimestamp(load_clock().now_ms() / 1000, site.zone)
        return (now.date() - timedelta(days=1)).isoformat()
    return checked_day(day)


def checked_day(day: str) -> str:
    """A day as told, ISO. Raises Misconfigured when it is none."""
    from ingest.errors import Misconfigured

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
