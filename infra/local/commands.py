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
    for begin in (demo, doctor):
        app.command(rich_help_panel="Begin here")(begin)
    for run in (up, status, down):
        app.command(rich_help_panel="The stack on one machine")(run)
    app.command(hidden=True)(keep)


def doctor(site: SiteOption = "demo") -> None:
    """Look at this machine: what is there, what is missing, how to get it. Exit 1 when something needed is missing.

    Example: hispulse doctor --site my-hospital.toml
    """
    from infra.local.doctor import examine

    missing = False
    for finding in examine(site):
        mark = "ok     " if not finding.problem else ("MISSING" if finding.needed else "absent ")
        typer.echo(f"{mark}  {finding.what:<14} {finding.problem or finding.found}")
        missing = missing or bool(finding.problem and finding.needed)
    sys.exit(1 if missing else 0)


def up(site: SiteOption = "demo") -> None:
    """Start the one-machine stack in the background: broker, engine, feeds, stream worker, loader, board, Dagster.

    It prints the board's address and returns. What ends by itself later is started again; data is kept between starts,
    under HISPULSE_HOME (default: .hispulse here).

    Example: hispulse up --site my-hospital.toml
    """
    from infra.local import interruption
    from infra.local.holdings import take_for_stack
    from infra.local.stack import Stack, board_port
    from ingest.settings import load_site

    stack = Stack(load_site(site))
    stack.check()
    take_for_stack(stack.home, stack.site.hospital)
    stack.keep_real_time()
    try:
        interruption.listen()
        stack.start_stores(_say)
        stack.start_stages(_say)
        stack.start_keeper()
    except BaseException as ending:
        interruption.deafen()
        stack.stop()
        if isinstance(ending, interruption.Interrupted):
            typer.echo("Interrupted: everything that had started is stopped.")
            sys.exit(130)
        raise
    typer.echo(f"Board: http://127.0.0.1:{board_port(stack.site)}/   Stop with: hispulse down")


def down(site: SiteOption = "demo") -> None:
    """Stop every process of the one-machine stack. Data is kept.

    Example: hispulse down
    """
    from infra.local.stack import Stack
    from ingest.settings import load_site

    stopped = Stack(load_site(site)).stop()
    typer.echo(f"Stopped {stopped} processes." if stopped else "Nothing was running.")


def status(site: SiteOption = "demo") -> None:
    """What is running, and what ended by itself and was started again. Exit 1 when nothing runs or something is down.

    A process that ends by itself is started again after 1 s, later each time it falls soon after, a minute at most.

    Example: hispulse status
    """
    from infra.local.report import state_of
    from infra.local.stack import Stack
    from ingest.settings import load_site

    stack = Stack(load_site(site))
    lines, is_well = state_of(stack)
    for line in lines:
        typer.echo(line)
    sys.exit(0 if is_well else 1)


def keep(site: SiteOption = "demo") -> None:
    """Start again what ends by itself. `hispulse up` starts this; `hispulse down` ends it."""
    from infra.local.stack import keep_stack
    from ingest.service import run_service

    run_service("keeper", site, keep_stack)


def demo(
    seconds: Annotated[
        int, typer.Option("--for", min=0, help="Stop by itself after so many seconds; 0 = at Ctrl-C.")
    ] = 0,
    speed: Annotated[float, typer.Option(min=0.1, help="Hospital seconds per real second.")] = 60.0,
    size: Annotated[str, typer.Option(help="clinic, county (3 000 visits a day) or large (15 000).")] = "clinic",
    site: SiteOption = "demo",
) -> None:
    """Run the whole chain on a rehearsal hospital: yesterday loaded in bulk, today from 07:20, live on the board.

    Each demo is a fresh morning and forgets the last one. Ctrl-C stops everything. With --for it exits 0 only when
    events reached the board, yesterday's mart was built and its checks ran.

    Example: hispulse demo --size county --speed 120
    """
    from infra.local.demo import run_demo

    sys.exit(run_demo(site, seconds, speed, size))


def _say(step: str) -> None:
    typer.echo(f"  starting {step} …")
