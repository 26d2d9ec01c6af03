"""From an event to the pixel: real broker, real worker, real board, real Chromium, at a thousand events a second.

A rehearsed morning is replayed from the log's end at a steady pace by a process of its own. Among its patients one more
checks in every second in a department of their own; measured is from just before that event is handed to Kafka until
the page's number has changed, seen by a reader of the stream and by the page itself.
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
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import sync_playwright

from infra.local.browser import chromium
from infra.local.kafka import running_kafka, wait_for_port
from ingest.bus import BusSettings, ensure_topics
from ingest.clock import ClockMap, real_now_ms, write_clock
from ingest.settings import load_site
from tests.bench.figure import Figure, less_is_better
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
    """p50 and p99 of a check-in's way to the stream's reader and to the page."""
    seconds = 10 if quick else 30
    with tempfile.TemporaryDirectory() as home, running_kafka(Path(home) / "kafka", KAFKA_PORT) as broker:
        folder = Path(home)
        site = _site(folder, broker.bootstrap)
        ensure_topics(BusSettings(bootstrap=broker.bootstrap, partitions=PARTITIONS))
        with _running(folder, site, "stream"), _running(folder, site, "board") as board:
            wait_for_port(BOARD_PORT, board, 60, folder / "board.log")
            _until_live()
            sent, read, drawn = _measured(folder, broker.bootstrap, seconds)
    return [*_figures("stream", sent, read), *_figures("page", sent, drawn)]


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


Times = dict[int, float]  # how many wait → real ms


def _measured(folder: Path, bootstrap: str, seconds: int) -> tuple[Times, Times, Times]:
    read: Times = {}
    stop = threading.Event()
    reader = threading.Thread(target=_read_stream, args=(read, stop), daemon=True)
    reader.start()
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=chromium(), args=arguments)
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        page.goto(f"http://127.0.0.1:{BOARD_PORT}/")
        page.evaluate(WATCH)
        load = [
            sys.executable,
            "-m",
            "tests.bench.pixel_load",
            bootstrap,
            str(PARTITIONS),
            str(RATE),
            str(seconds),
            DEPT,
        ]
        told = subprocess.run(load, cwd=ROOT, capture_output=True, check=True).stdout
        last = max(json.loads(told), key=int)
        _until(lambda: bool(page.evaluate(f"() => '{last}' in window.seen")), "the page to show the last one")
        drawn = {int(n): float(ms) for n, ms in page.evaluate("() => window.seen").items()}
        browser.close()
    stop.set()
    reader.join(timeout=10)
    return {int(n): ms for n, ms in json.loads(told).items()}, read, drawn


def _read_stream(read: Times, stop: threading.Event) -> None:
    with httpx.stream("GET", f"http://127.0.0.1:{BOARD_PORT}/stream", timeout=30) as stream:
        for line in stream.iter_lines():
            now = time.time() * 1000
            for found in SEEN.findall(line):
                read.setdefault(int(found), now)
            if stop.is_set():
                return


def _figures(name: str, sent: Times, seen: Times) -> list[Figure]:
    """A number that was skipped was seen with the next: then both were."""
    waits = []
    for number, ms in sent.items():
        later = [at_ms for other, at_ms in seen.items() if other >= number]
        if later:
            waits.append(min(later) - ms)
    ordered = sorted(waits)
    made: list[Any] = []
    for percent, ceiling in ((50, 150.0), (99, 500.0)):
        value = ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
        made.append(less_is_better(f"event → {name}, p{percent}, {RATE} events/s", value, "ms", ceiling=ceiling))
    return made
