"""From an event to the pixel: real broker, real worker, real board, real Chromium, at a thousand events a second.

A rehearsed morning is replayed from the log's end at a steady pace by a process of its own. Among its patients one more
checks in every second in a department of their own; measured is from just before that event is handed to Kafka until
the page's number has changed, seen by a reader of the stream and by the page itself; then each hop between, and the
processor time of everybody on the way and of whoever else the machine worked for meanwhile.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import httpx
from playwright.sync_api import sync_playwright

from infra.local.kafka import running_kafka, wait_for_port
from ingest.bus import BusSettings, ensure_topics
from ingest.clock import ClockMap, real_now_ms, write_clock
from ingest.settings import load_site
from orchestration.reports.chromium import chromium
from tests.bench.figure import Figure, less_is_better
from tests.bench.pixel_hops import BusReader, Everybody, Processor, Times, delays, percentile, stored
from tests.conftest import ROOT
from tests.timeline import at

KAFKA_PORT, BOARD_PORT = 19640, 19645
PARTITIONS = 3
RATE = 1_000  # events a second
DEPT = "PIXEL"
SEEN = re.compile(rf"{DEPT} 候诊; 完成 \d+ · 等候 (\d+)")
WATCH = f"""() => {{
  window.seen = {{}};
  const look = () => {{
    for (const cell of document.querySelectorAll('#matrix a.cell')) {{
      const found = /{DEPT} 候诊; 完成 \\d+ · 等候 (\\d+)/.exec(cell.getAttribute('aria-label'));
      if (found && !(found[1] in window.seen)) {{
        const number = found[1];
        requestAnimationFrame(() => {{ window.seen[number] ??= Date.now(); }});
      }}
    }}
  }};
  document.documentElement.addEventListener('changed', look);
}}"""


def run(quick: bool) -> list[Figure]:
    """p50 and p99 of a check-in's way to the stream's reader and to the page, hop by hop, and who worked for it."""
    seconds = 10 if quick else 30
    with tempfile.TemporaryDirectory() as home, running_kafka(Path(home) / "kafka", KAFKA_PORT) as broker:
        folder = Path(home)
        bus = BusSettings(bootstrap=broker.bootstrap, partitions=PARTITIONS)
        site = _site(folder, broker.bootstrap)
        ensure_topics(bus)
        with _running(folder, site, "stream") as worker, _running(folder, site, "board") as board:
            wait_for_port(BOARD_PORT, board, 60, folder / "board.log")
            _until_live()
            workers = {"Kafka": broker.process.pid, "worker": worker.pid, "board": board.pid}
            return _figures(*_measured(bus, seconds, workers))


def _site(folder: Path, bootstrap: str) -> Path:
    path = folder / "site.toml"
    demo = load_site("demo").path.read_text("utf-8")
    bus = f'[bus]\nbootstrap = "{bootstrap}"\npartitions = {PARTITIONS}\n'
    path.write_text(f"{demo}\n{bus}[board]\nport = {BOARD_PORT}\nhistory = false\n", "utf-8")
    write_clock(folder / "clock.json", ClockMap(real_now_ms(), at("10:42"), 1.0))
    return path


@contextmanager
def _running(folder: Path, site: Path, command: str) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, "HISPULSE_HOME": str(folder), "HISPULSE_CLOCK": str(folder / "clock.json")}
    with (folder / f"{command}.log").open("wb") as log:
        argv = [sys.executable, "-m", "hispulse", command, "--site", str(site)]
        process = subprocess.Popen(argv, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def _until_live() -> None:
    address = f"http://127.0.0.1:{BOARD_PORT}/healthz"
    _until(lambda: not httpx.get(address).json()["trouble"], "live values on the board")


def _until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 120
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited in vain for {what}")
        time.sleep(0.2)


def _measured(bus: BusSettings, seconds: int, workers: dict[str, int]) -> tuple[dict[str, Times], dict[str, float]]:
    """When each hop was reached, and the processor time of everybody on the way."""
    read: Times = {}
    stop = threading.Event()
    reader = threading.Thread(target=_read_stream, args=(read, stop), daemon=True)
    reader.start()
    beside = BusReader(bus, DEPT)
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=chromium(), args=arguments)
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        page.goto(f"http://127.0.0.1:{BOARD_PORT}/")
        page.evaluate(WATCH)
        load = _load(bus, seconds)
        at_work = {name: Processor(pid) for name, pid in workers.items()}
        at_work["Chromium"] = Processor(os.getpid(), lambda process: "chrom" in process.name())
        everybody = Everybody()
        told, _ = load.communicate(b"go", timeout=600)
        shares = {name: processor.percent() for name, processor in at_work.items()}
        shares["all others on this machine"] = everybody.percent() - sum(shares.values())
        sent = {int(n): ms for n, ms in json.loads(told).items()}
        _until(lambda: bool(page.evaluate(f"() => '{max(sent)}' in window.seen")), "the page to show the last one")
        drawn = {int(n): float(ms) for n, ms in page.evaluate("() => window.seen").items()}
        browser.close()
    beside.close()
    stop.set()
    reader.join(timeout=10)
    reached = {
        "event": sent, "stored": stored(bus, DEPT), "worked out": beside.worked_out, "on the bus": beside.readable,
        "stream": read, "page": drawn,
    }  # fmt: skip
    return reached, shares


def _load(bus: BusSettings, seconds: int) -> subprocess.Popen[bytes]:
    """The one who replays the morning, ready to begin."""
    argv = [bus.bootstrap, str(PARTITIONS), str(RATE), str(seconds), DEPT]
    load = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.pixel_load", *argv], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert load.stdout is not None
    load.stdout.readline()
    return load


def _read_stream(read: Times, stop: threading.Event) -> None:
    with httpx.stream("GET", f"http://127.0.0.1:{BOARD_PORT}/stream", timeout=30) as stream:
        for line in stream.iter_lines():
            now = time.time() * 1000
            for found in SEEN.findall(line):
                read.setdefault(int(found), now)
            if stop.is_set():
                return


def _figures(reached: dict[str, Times], shares: dict[str, float]) -> list[Figure]:
    made = []
    for last in ("stream", "page"):
        took = delays(reached["event"], reached[last])
        for percent, ceiling in ((50, 150.0), (99, 500.0)):
            name = f"event → {last}, p{percent}, {RATE} events/s"
            made.append(less_is_better(name, percentile(took, percent), "ms", ceiling=ceiling))
    published = delays(reached["event"], reached["on the bus"])
    for percent, budget in ((50, None), (99, 250.0)):
        name = f"event → his.kpi.v1, p{percent}, {RATE} events/s"
        made.append(less_is_better(name, percentile(published, percent), "ms", ceiling=budget))
    for (before, since), (after, until) in pairwise(reached.items()):
        took = delays(since, until)
        made.extend(
            less_is_better(f"  {before} → {after}, p{percent}", percentile(took, percent), "ms") for percent in (50, 99)
        )
    made.extend(less_is_better(f"  processor time: {name}", share, "% of one") for name, share in shares.items())
    return made
