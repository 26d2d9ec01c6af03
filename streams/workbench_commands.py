"""`hispulse workbench`: the page on which IT staff try messages and rows against a site file."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ingest.settings import Site


def mount_workbench(app: typer.Typer) -> None:
    """Add `hispulse workbench`."""
    app.command(rich_help_panel="Begin here")(workbench)


def workbench(
    site: Annotated[
        str, typer.Option("--site", envvar="HISPULSE_SITE", help="Site file: a name in infra/sites, or a path.")
    ] = "demo",
) -> None:
    """Serve a page for IT staff: paste or upload a message or rows, see events, journey and KPI effect.

    Nothing is kept. It listens on this machine and asks for a token, printed as it starts, unless [workbench] says
    otherwise. HL7 v2, FHIR, events as JSON, rows of a view, or a CSV that the site describes.

    Example: hispulse workbench --site my-hospital.toml
    """
    from ingest.service import run_service

    run_service("workbench", site, _serve)


def _serve(site: Site, stop: threading.Event) -> None:
    from ingest.clock import load_clock
    from ingest.mapping.commands import pseudonyms
    from ingest.workbench.look import Workbench
    from ingest.workbench.serving import doors, serve
    from ingest.workbench.settings import WorkbenchSettings
    from streams.workbench import judge_of

    settings = site.section("workbench", WorkbenchSettings)
    door, token = doors(site, settings)
    scheme = "https" if settings.tls_cert_file else "http"
    typer.echo(f"映射工作台 workbench: {scheme}://{settings.host}:{settings.port}/")
    if token:
        typer.echo(f"令牌 token: {token}  (本次有效 good until it stops)")
    serve(Workbench(site, load_clock(), pseudonyms()), judge_of(site), settings, door, stop)
