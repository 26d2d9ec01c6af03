"""Replays files through the same way in as live messages: sealed, published, counted, with progress on the terminal."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from ingest.bus import BusSettings, ensure_topics
from ingest.clock import load_clock
from ingest.connectors import files
from ingest.errors import Unavailable
from ingest.folders import files_in
from ingest.privacy import Pseudonyms, SiteKey, load_site_keys
from ingest.raw import Sealer, load_public_key
from ingest.rotation import current_pseudonyms
from ingest.run import FeedRun
from ingest.settings import Site


def replay(site: Site, paths: list[Path], name: str | None, stop: threading.Event, console: Console) -> None:
    """Publish every message of the files. Raises Misconfigured, Unavailable."""
    found = files_in(paths)
    bus, sealer = site.section("bus", BusSettings), Sealer(load_public_key())
    load_site_keys()  # what is wrong with them is said before anybody waits for Kafka
    files.files_feed(site, load_clock(), Pseudonyms(SiteKey(bytes(32))), name)  # and so is what is wrong with the feed
    _await_topics(bus, stop)
    feed = files.files_feed(site, load_clock(), current_pseudonyms(bus), name)
    reader = files.FilesReader(feed, found)
    run = FeedRun(feed, reader, files.interpreter(feed), bus, sealer)
    asyncio.run(_with_progress(run, reader, len(found), stop, console))
    counts = run.counts
    console.print(
        f"{len(found)} files, {counts.messages} messages: {counts.events} events published, "
        f"{counts.ignored} ignored, {counts.malformed} malformed (dead letters)."
    )


def _await_topics(bus: BusSettings, stop: threading.Event, attempts: int = 3) -> None:
    """See that the topics are there; a broker that has just started may need a moment. Raises Unavailable."""
    for attempt in range(1, attempts + 1):
        try:
            ensure_topics(bus)
            return
        except Unavailable:
            if attempt == attempts or stop.wait(1):
                raise


async def _with_progress(
    run: FeedRun, reader: files.FilesReader, total: int, stop: threading.Event, console: Console
) -> None:
    stopping = asyncio.Event()
    running = asyncio.create_task(run.run(stopping))
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        MofNCompleteColumn(),
        TextColumn("files"),
    )
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as bar:
        task = bar.add_task("replaying", total=total)
        while not running.done():
            await asyncio.wait({running}, timeout=0.2)
            if stop.is_set():
                stopping.set()
            bar.update(task, completed=reader.files_read, description=f"replaying, {reader.messages} messages")
    await running
