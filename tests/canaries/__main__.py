"""Canaries: `python -m tests.canaries 100000` sends so many messages through everything and looks for what leaks.

They go in rounds, each to a hospital of its own: without a broker and a warehouse of somebody's a round starts both.
Exit code 1 when anything of an identity was found.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import msgspec

from infra.local.kafka import start_kafka
from ingest.service import start_logging
from tests.canaries.flock import FEEDS
from tests.canaries.story import Search, story
from tests.conftest import free_port
from tests.integration.conversation import site_file
from tests.services_warehouse import EmbeddedProcess
from warehouse.client import WarehouseSettings

ROUND = 5_000


def main(words: list[str]) -> int:
    """Run the story round by round, say what was looked at and what was found."""
    asked = argparse.ArgumentParser(prog="python -m tests.canaries", description=__doc__)
    asked.add_argument("many", type=int, nargs="?", default=100_000)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--bootstrap", default="", help="a broker to use; default: one of its own")
    asked.add_argument("--warehouse", default="", help="of an empty database, as JSON; default: one of its own")
    told = asked.parse_args(words)
    begun, search, sent = time.monotonic(), Search(), 0
    for first in range(0, told.many, ROUND):
        sent += _round(told, first, search)
        print(f"{time.monotonic() - begun:7.0f} s  {sent} messages, {search.leaks.total()} leaks", flush=True)
    return _say(search, sent, told.seed)


def _round(told: argparse.Namespace, first: int, search: Search) -> int:
    with ExitStack() as held:
        directory = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="canaries")))
        bootstrap = told.bootstrap
        if not bootstrap:
            broker = start_kafka(directory / "kafka", free_port(), free_port())
            held.callback(broker.stop)
            bootstrap = broker.bootstrap
        if told.warehouse:
            stored = msgspec.json.decode(told.warehouse, type=WarehouseSettings)
        else:
            engine = EmbeddedProcess(directory / "warehouse")
            held.callback(engine.stop)
            stored = engine.start().database("canaries")
        site = site_file(directory, bootstrap, FEEDS)
        written = io.StringIO()
        with contextlib.redirect_stderr(written), contextlib.redirect_stdout(written):
            start_logging("canaries")
            sent = story(site, stored, directory, min(ROUND, told.many - first), told.seed, first, search)
        search.at("log", [line.encode() for line in written.getvalue().splitlines()])
        return sent


def _say(search: Search, sent: int, seed: int) -> int:
    print(f"{sent} messages sent (seed {seed}); looked at:")
    for place, many in search.looked_at.items():
        print(f"  {many:>9}  {place}")
    for leak, many in search.leaks.most_common():
        print(f"LEAK {many:>6}  {leak}")
    return 1 if search.leaks else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
