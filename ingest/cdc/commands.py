"""`hispulse ingest cdc`: runs the feeds of changes, or prints what others need to let them run."""

from __future__ import annotations

from typing import Annotated

import typer

from ingest.commands import SiteOption


def capture(
    site: SiteOption = "demo",
    feed: Annotated[
        list[str] | None, typer.Option(help="Only this feed of the site file; may be given more than once.")
    ] = None,
    print_connector: Annotated[
        bool,
        typer.Option("--print-connector", help="Print each connector as a Kafka Connect elsewhere takes it, JSON."),
    ] = False,
    print_setup: Annotated[
        bool, typer.Option("--print-setup", help="Print the SQL that prepares the database, for whoever runs it.")
    ] = False,
) -> None:
    """Run the feeds, or print and end."""
    if not (print_connector or print_setup):
        from ingest.process import run_feeds
        from ingest.service import run_service

        run_service("ingest-cdc", site, lambda loaded, stop: run_feeds(loaded, "cdc", feed or [], stop))
        return
    import msgspec

    from ingest.bus import BusSettings
    from ingest.cdc.configuration import connector_configuration, connector_name
    from ingest.cdc.settings import secrets_directory
    from ingest.cdc.setup import statements
    from ingest.clock import load_clock
    from ingest.feeds import open_feed
    from ingest.privacy import Pseudonyms, SiteKey
    from ingest.process import feeds_of
    from ingest.settings import load_site

    loaded = load_site(site)
    nobody = Pseudonyms(SiteKey(bytes(32)))  # nothing is interpreted here
    for name in feeds_of(loaded, "cdc", feed or []):
        opened = open_feed(loaded, name, load_clock(), nobody)
        if print_setup:
            typer.echo("\n".join(statements(opened)))
        if print_connector:
            config = connector_configuration(opened, loaded.section("bus", BusSettings))
            told = {"name": connector_name(opened), "config": config}
            typer.echo(msgspec.json.format(msgspec.json.encode(told), indent=2).decode())
            if str(secrets_directory()) in config.get("database.password", ""):
                typer.echo(
                    "hispulse: database.password names a file of this machine; for a worker elsewhere set "
                    f"connect_password in [feeds.{name}] of {loaded.path}.", err=True,
                )  # fmt: skip
