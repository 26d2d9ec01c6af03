"""`hispulse alerts`: run the watch, list incidents, take one up. The rooms to the right add to `alert_commands`."""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ingest.settings import Site
    from streams.alerts.incident import Incident, Incidents
    from streams.alerts.says import Names

alert_commands = typer.Typer(no_args_is_help=True, help="Incidents: what is wrong, since when, and who sees to it.")

_Site = Annotated[str, typer.Option("--site", envvar="HISPULSE_SITE", help="Site file: a name or a path.")]


def mount_alerts(app: typer.Typer) -> None:
    """Add `hispulse alerts`."""
    alert_commands.command("run")(run)
    alert_commands.command("list")(list_)
    alert_commands.command("ack")(ack)
    app.add_typer(alert_commands, name="alerts", rich_help_panel="Data and days")


def run(site: _Site = "demo") -> None:
    """Watch live values and feeds, and open, escalate and close incidents, until stopped. A second one of a
    site stands by, and takes over when the first is gone.

    Example: hispulse alerts run --site my-hospital.toml
    """
    from ingest.service import run_service

    run_service("alerts", site, _watch)


def _watch(site: Site, stop: threading.Event) -> None:
    from streams.alerts.watch import run as watch

    watch(site, stop)


def list_(
    site: _Site = "demo",
    only_open: Annotated[bool, typer.Option("--open", help="Only what is open.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of a table.")] = False,
) -> None:
    """List incidents, the latest first: what, since when, how bad, who took it up, and whether the webhook was told.

    Example: hispulse alerts list --open --site my-hospital.toml
    """
    import msgspec

    from ingest.settings import load_site
    from ingest.topics import BusSettings
    from streams.alerts.lines import incidents_of
    from streams.alerts.says import names

    named = load_site(site)
    known = incidents_of(named.section("bus", BusSettings))
    shown = known.open if only_open else known.told
    if as_json:
        told = [_told(each, known, names(named)) for each in shown]
        typer.echo(msgspec.json.format(msgspec.json.encode(told), indent=2).decode())
    elif shown:
        _print(shown, known, named)
    else:
        typer.echo("Nothing is open." if only_open else "There has been no incident.")


def ack(
    incident: Annotated[str, typer.Argument(metavar="ID", help="As `hispulse alerts list` shows it.")],
    by: Annotated[str, typer.Option(help="The role that takes it up, e.g. 护士长 or duty-manager; not a name.")],
    note: Annotated[str, typer.Option(help="What is being done. Nothing about patients.")] = "",
    site: _Site = "demo",
) -> None:
    """Take up an incident: it stays open until all is well, and nobody is told again because nobody saw it.

    Example: hispulse alerts ack 3fa92c01 --by duty-manager --note "second window opened" --site my-hospital.toml
    """
    from ingest.clock import load_clock
    from ingest.settings import home, load_site
    from ingest.topics import BusSettings
    from streams.alerts.incident import taken_up
    from streams.alerts.lines import acknowledge, incidents_of

    bus = load_site(site).section("bus", BusSettings)
    known = incidents_of(bus).known.get(incident)
    if known is None or known.opened_at is None:
        typer.echo(f"There is no incident {incident}: `hispulse alerts list` names them.", err=True)
        raise typer.Exit(1)
    if not known.is_open:
        typer.echo(f"{incident} is over already.", err=True)
        raise typer.Exit(1)
    clock = load_clock(None if "HISPULSE_CLOCK" in os.environ else home() / "clock.json")  # a stack's rehearsal has one
    acknowledge(bus, taken_up(incident, by, clock.now_ms(), note))
    typer.echo(f"{incident} is taken up by {by}.")


def _told(incident: Incident, known: Incidents, called: Names) -> dict[str, Any]:
    import msgspec

    from streams.alerts.says import figures, title

    taken, sent = known.acknowledged.get(incident.id), known.deliveries.get(incident.id)
    zh, en = title(incident, called)
    words = {"zh": f"{zh} {figures(incident)[0]}".strip(), "en": f"{en} {figures(incident)[1]}".strip()}
    told: dict[str, Any] = {name: getattr(incident, name) for name in incident.__struct_fields__}
    told |= {"where": dict(incident.where), "says": words}
    told |= {"acknowledged": msgspec.to_builtins(taken) if taken else None}
    return told | {"delivery": msgspec.to_builtins(sent) if sent else None}


def _print(shown: list[Incident], known: Incidents, site: Site) -> None:
    from datetime import datetime

    from rich.console import Console
    from rich.table import Table

    from streams.alerts.says import ENDS, ESCALATIONS, figures, names, title

    def clock(at: int | None) -> str:
        return "" if at is None else f"{datetime.fromtimestamp(at / 1000, site.zone):%m-%d %H:%M}"

    called = names(site)
    table = Table("id", "since", "until", "what", "figures", "escalated", "taken up", "webhook", box=None)
    for each in shown:
        taken, sent = known.acknowledged.get(each.id), known.deliveries.get(each.id)
        ended = f"{clock(each.closed_at)} {ENDS.get(each.closed_because, ('', ''))[0]}" if each.closed_at else "open"
        failed = " ".join(filter(None, [sent.failing, *(f"-{what}" for what in sent.given_up)])) if sent else ""
        table.add_row(
            each.id, clock(each.opened_at), ended, " · ".join(title(each, called)), figures(each)[0],
            f"{clock(each.escalated_at)} {ESCALATIONS.get(each.escalated_because, ('', ''))[0]}".strip(),
            f"{taken.by} {clock(taken.at)} {taken.note}".strip() if taken else "",
            failed or ("told" if sent and sent.told else ""),
        )  # fmt: skip
    (Console() if sys.stdout.isatty() else Console(width=200)).print(table)
