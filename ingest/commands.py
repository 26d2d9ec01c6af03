"""Commands of the way in: `hispulse ingest <kind>`, `hispulse replay`, `hispulse events list`, `hispulse keys`."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

SiteOption = Annotated[
    str,
    typer.Option("--site", envvar="HISPULSE_SITE", help="Site file: a name in infra/sites, or a path ending in .toml."),
]

_PROCESSES, _DATA = "Processes, each alone under a supervisor", "Data and days"
_CONNECTORS = Path(__file__).parent / "connectors"


def mount(app: typer.Typer) -> None:
    """Add this room's commands."""
    from ingest import key_commands
    from ingest.again import commands as again
    from ingest.databases.commands import show_load
    from ingest.databases.reconcile_command import show_reconciled
    from ingest.mapping import commands as mapping

    ingest = typer.Typer(no_args_is_help=True, help="Listen to the HIS: run the feeds of one kind.")
    from ingest.cdc.commands import capture  # which imports from here

    own = {"cdc": capture}
    for path in sorted(_CONNECTORS.glob("[a-z]*.py")):
        example = f"Example: hispulse ingest {path.stem} --site my-hospital.toml"
        ingest.command(path.stem, help=f"{_purpose(path)}\n\n{example}")(own.get(path.stem) or _runs(path.stem))
    ingest.command("load")(show_load)
    ingest.command("reconcile")(show_reconciled)
    app.add_typer(ingest, name="ingest", rich_help_panel=_PROCESSES)
    app.command("replay", rich_help_panel=_DATA)(replay_files)
    events = typer.Typer(no_args_is_help=True, help="The vocabulary: every event type.")
    events.command("list")(list_events)
    app.add_typer(events, name="events", rich_help_panel=_DATA)
    key_commands.mount(app)
    again.mount(app)
    mapping.mount(app)


def _purpose(path: Path) -> str:
    """The first sentence of a connector's docstring, without importing its driver."""
    text = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or f"Run the feeds of kind {path.stem}."
    return text.split("\n\n")[0].replace("\n", " ")


def _runs(kind: str) -> Callable[..., None]:
    def run(
        site: SiteOption = "demo",
        feed: Annotated[
            list[str] | None, typer.Option(help="Only this feed of the site file; may be given more than once.")
        ] = None,
    ) -> None:
        from ingest.process import run_feeds
        from ingest.service import run_service

        run_service(f"ingest-{kind}", site, lambda loaded, stop: run_feeds(loaded, kind, feed or [], stop))

    return run


def replay_files(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders: HL7 v2, or a CSV that the site describes.")],
    site: SiteOption = "demo",
    feed: Annotated[str | None, typer.Option(help="Which feed of kind files, where the site has several.")] = None,
) -> None:
    """Publish files to Kafka as if they had just come: events, raw log, dead letters and all.

    The stack must be running (`hispulse up`); `hispulse try` shows the same without it.

    Example: hispulse replay messages.hl7 more/ --site my-hospital.toml
    """
    import logging
    import signal
    import threading

    from rich.console import Console

    from ingest.replay import replay
    from ingest.service import start_logging
    from ingest.settings import load_site

    stop = threading.Event()
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    start_logging("replay")
    logging.getLogger().setLevel(logging.WARNING)
    replay(load_site(site), paths, feed, stop, Console(stderr=True))


def list_events(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array instead of a table.")] = False,
) -> None:
    """List every event type: its name, Chinese and English title, subject and fields.

    Example: hispulse events list --json
    """
    from ingest.events.schemas import summaries

    if as_json:
        import msgspec

        typer.echo(msgspec.json.format(msgspec.json.encode(summaries()), indent=2).decode())
        return
    from rich.console import Console
    from rich.table import Column, Table

    table = Table(Column("event", no_wrap=True), "中文", "English", "subject", "domain", box=None)
    for each in summaries():
        table.add_row(each.event_type, each.zh, each.en, each.subject, each.domain)
    Console().print(table)
