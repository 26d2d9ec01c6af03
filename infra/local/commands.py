"""Commands for one machine: `hispulse doctor`, `up`, `down`, `status` and `demo`."""

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
    app.command()(doctor)
    app.command()(up)
    app.command()(down)
    app.command()(status)
    app.command()(demo)


def doctor(site: SiteOption = "demo") -> None:
    """Look at this machine: what is there, what is missing, how to get it. Exit 1 when something needed is missing."""
    from infra.local.doctor import examine

    missing = False
    for finding in examine(site):
        mark = "ok     " if not finding.problem else ("MISSING" if finding.needed else "absent ")
        typer.echo(f"{mark}  {finding.what:<14} {finding.problem or finding.found}")
        missing = missing or bool(finding.problem and finding.needed)
    sys.exit(1 if missing else 0)


def up(site: SiteOption = "demo") -> None:
    """Start the one-machine stack in the background: broker, engine, feeds, stream worker, loader, board, Dagster."""
    from infra.local.stack import Stack, board_port
    from ingest.settings import load_site

    stack = Stack(load_site(site))
    stack.check()
    stack.keep_real_time()
    try:
        stack.start_stores(_say)
        stack.start_stages(_say)
    except BaseException:
        stack.stop()
        raise
    typer.echo(f"Board: http://127.0.0.1:{board_port(stack.site)}/   Stop with: hispulse down")


def down(site: SiteOption = "demo") -> None:
    """Stop every process of the one-machine stack. Data is kept."""
    from infra.local.stack import Stack
    from ingest.settings import load_site

    stopped = Stack(load_site(site)).stop()
    typer.echo(f"Stopped {stopped} processes." if stopped else "Nothing was running.")


def status(site: SiteOption = "demo") -> None:
    """Which processes of the one-machine stack are alive. Exit 1 when none is."""
    from infra.local.stack import Stack
    from ingest.settings import load_site

    supervisor = Stack(load_site(site)).supervisor
    alive = supervisor.remembered()
    for known in alive:
        typer.echo(f"{known.name:<14} pid {known.pid:<8} log {supervisor.log(known.name)}")
    if not alive:
        typer.echo("Not running. Start with: hispulse up")
    sys.exit(0 if alive else 1)


def demo(
    seconds: Annotated[
        int, typer.Option("--for", min=0, help="Stop by itself after so many seconds; 0 = at Ctrl-C.")
    ] = 0,
    speed: Annotated[float, typer.Option(min=0.1, help="Hospital seconds per real second.")] = 60.0,
    size: Annotated[str, typer.Option(help="clinic, county (3 000 visits a day) or large (15 000).")] = "clinic",
    site: SiteOption = "demo",
) -> None:
    """Run the whole chain on a rehearsal hospital: yesterday loaded in bulk, today from 07:20, live on the board."""
    from infra.local.demo import run_demo

    sys.exit(run_demo(site, seconds, speed, size))


def _say(step: str) -> None:
    typer.echo(f"  starting {step} …")
