"""`hispulse stream`: the worker that folds events into live values."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ingest.settings import Site


def mount_stream(app: typer.Typer) -> None:
    """Add `hispulse stream`."""

    @app.command(rich_help_panel="Processes, each alone under a supervisor")
    def stream(
        site: Annotated[str, typer.Option("--site", envvar="HISPULSE_SITE", help="Site by name or path.")] = "demo",
    ) -> None:
        """Fold the events into live values, until stopped. Several of them share the shards.

        Example: hispulse stream --site my-hospital.toml
        """
        from ingest.service import run_service

        run_service("stream", site, work_for)


def work_for(site: Site, stop: threading.Event) -> None:
    """What `run_service` runs."""
    from ingest.bus import ensure_topics
    from ingest.clock import load_clock
    from ingest.errors import Unavailable
    from ingest.topics import BusSettings
    from streams.agents import Stopped, work
    from streams.engine import Engine
    from streams.house import house_rules
    from streams.ownership import Estate, StreamSettings

    settings, bus, house = site.section("streams", StreamSettings), site.section("bus", BusSettings), house_rules(site)
    ensure_topics(bus)
    home = Path(os.environ.get("HISPULSE_HOME", ".hispulse"))
    state = Path(settings.state_dir) if settings.state_dir else home / "streams"
    try:
        work(lambda: Engine(Estate(settings, bus, house, load_clock(), state)), stop)
    except Stopped as stuck:
        raise Unavailable(str(stuck)) from None
