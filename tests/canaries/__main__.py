"""Canaries: `python -m tests.canaries 100000` sends so many messages through everything and looks for what leaks.

Without a broker and a warehouse of somebody's it starts its own. Exit code 1 when anything of an identity was found.
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
from typing import TextIO

import msgspec

from infra.local.kafka import start_kafka
from ingest.service import start_logging
from tests.canaries.flock import FEEDS
from tests.canaries.story import Search, story
from tests.conftest import free_port
from tests.integration.conversation import site_file
from tests.services_warehouse import EmbeddedProcess
from warehouse.client import WarehouseSettings


def main(words: list[str]) -> int:
    """Run the story, say what was looked at and what was found."""
    asked = argparse.ArgumentParser(prog="python -m tests.canaries", description=__doc__)
    asked.add_argument("many", type=int, nargs="?", default=100_000)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--bootstrap", default="", help="a broker to use; default: one of its own")
    asked.add_argument("--warehouse", default="", help="of an empty database, as JSON; default: one of its own")
    told = asked.parse_args(words)
    begun, out = time.monotonic(), sys.stdout
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
        site = site_file(directory, bootstrap, f"partitions = 3\n{FEEDS}")
        written = io.StringIO()
        with contextlib.redirect_stderr(written), contextlib.redirect_stdout(written):
            start_logging("canaries")
            search, sent = story(site, stored, directory, told.many, told.seed, lambda done: _tell(done, begun, out))
        search.at("log", [line.encode() for line in written.getvalue().splitlines()])
    return _say(search, sent, told.seed)


def _tell(done: str, begun: float, out: TextIO) -> None:
    print(f"  {time.monotonic() - begun:6.1f} s, {time.process_time():5.1f} s of work  {done}", file=out, flush=True)


def _say(search: Search, sent: int, seed: int) -> int:
    print(f"{sent} messages sent (seed {seed}); looked at:")
    for place, many in search.looked_at.items():
        print(f"  {many:>9}  {place}")
    for leak, many in search.leaks.most_common():
        print(f"LEAK {many:>6}  {leak}")
    return 1 if search.leaks else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
