"""Commands of the rehearsal hospital: `hispulse rehearse` and `hispulse verify`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

SiteOption = Annotated[
    str,
    typer.Option("--site", envvar="HISPULSE_SITE", help="Site file: a name in infra/sites, or a path ending in .toml."),
]


def mount(app: typer.Typer) -> None:
    """Add this room's commands."""
    for rehearsal in (rehearse, verify):
        app.command(rich_help_panel="Rehearsal and reference")(rehearsal)


def rehearse(
    size: Annotated[str, typer.Option(help="clinic (150 visits a day), county (3 000) or large (15 000).")] = "clinic",
    seed: Annotated[int, typer.Option(help="The same seed gives the same days.")] = 20250303,
    speed: Annotated[float, typer.Option(min=0, help="Hospital seconds per real second; 0 = at once.")] = 60.0,
    day: Annotated[str, typer.Option(help="Today in the hospital, ISO; empty = the clock's.")] = "",
    start: Annotated[str, typer.Option("--from", help="Hospital time at which today begins.")] = "07:20",
    until: Annotated[str, typer.Option(help="Hospital time at which the rehearsal ends.")] = "24:00",
    faults: Annotated[str, typer.Option(help="all, none, or a list: silent,late,duplicated …")] = "all",
    yesterday: Annotated[bool, typer.Option(help="Load the day before in bulk first.")] = True,
    ways: Annotated[str, typer.Option(help="usual: MLLP, SQL, REST; all: also FHIR, files, change capture.")] = "usual",
    print_site: Annotated[
        bool, typer.Option("--print-site", help="Print the site file that --ways all needs, and end.")
    ] = False,
    site: SiteOption = "demo",
) -> None:
    """Let the rehearsal hospital speak: yesterday in bulk, then today at the given speed, over MLLP, SQL and REST.

    With --ways all it tells half of its facts by a second way too, or by that way alone: FHIR bundles, dropped files,
    REST, and change capture of the tables.

    The feeds of the site must be listening: `hispulse up` first. `hispulse demo` does all of it by itself.

    Example: hispulse rehearse --size county --speed 0 --faults late,duplicated
    """
    from infra.rehearsal.rehearse import Rehearsal, run

    if print_site:
        from infra.rehearsal.ways import site_text
        from ingest.settings import load_site

        typer.echo(site_text(load_site(site).path.read_text("utf-8")), nl=False)
        return
    sys.exit(run(site, Rehearsal(size, seed, speed, day, start, until, faults, yesterday, ways)))


def verify(
    at: Annotated[str, typer.Option(help="The instant: now, or ISO local time.")] = "now",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    patience: Annotated[int, typer.Option(help="Seconds to wait for the loader and the stream to catch up.")] = 120,
    site: SiteOption = "demo",
) -> None:
    """Compare every KPI: live, in the mart, and worked out from what the feeds told. Exit 1 on a difference.

    It needs a running stack to which the rehearsal hospital speaks or has spoken; the day's marts are built anew.

    Example: hispulse verify
    """
    from infra.rehearsal.verify import run_verify

    sys.exit(run_verify(site, at, as_json, patience))
