"""`python -m tests.browser.picture [SIZE] [PATH]`: the README's picture, of a running demo at mid-morning.

It runs `hispulse demo` in a home of its own and on free ports, waits until the wall is full, and looks at it once.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from infra.local.supervisor import hispulse
from ingest.settings import SITES
from orchestration.reports.chromium import chromium
from tests.conftest import ROOT
from tests.scenarios.chain import site_on_free_ports

MID_MORNING = "10:10"
PICTURE = ROOT / "docs" / "board.png"
_ADDRESS = re.compile(r"Board: (http://127\.0\.0\.1:\d+/)")


class Demo:
    """`hispulse demo` as a user runs it, but where it disturbs nobody."""

    def __init__(self, directory: Path, *words: str, hospital: str = "", command: str = "demo") -> None:
        self.home = directory / "home"
        self.site = site_on_free_ports(directory, hospital or (SITES / "demo.toml").read_text("utf-8"))
        self._log = directory / "demo.log"
        with self._log.open("wb") as out:
            self.process = subprocess.Popen(
                hispulse(command, "--site", str(self.site), *words),
                env={**os.environ, "HISPULSE_HOME": str(self.home), "PYTHONUNBUFFERED": "1"},
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )

    @property
    def said(self) -> str:
        """All that it has printed."""
        return self._log.read_text("utf-8", "replace")

    def until_said(self, pattern: str, patience_s: float = 240) -> str:
        """Wait until it has printed something; what that was."""
        deadline = time.monotonic() + patience_s
        while not (found := re.search(pattern, self.said)):
            assert self.process.poll() is None, f"the demo ended before {pattern!r}:\n{self.said}"
            assert time.monotonic() < deadline, f"the demo never said {pattern!r}:\n{self.said}"
            time.sleep(0.1)
        return found.group(found.re.groups and 1)

    def address(self) -> str:
        """Where its board is."""
        return self.until_said(_ADDRESS.pattern)

    def end(self, how: signal.Signals | None = None, patience_s: float = 240) -> int:
        """Ask it to stop (or wait until it does by itself); its exit code."""
        if how is not None:
            self.process.send_signal(how)
        return self.process.wait(patience_s)

    def close(self) -> None:
        """Nothing of it stays, whatever happened."""
        if self.process.poll() is None:
            self.end(signal.SIGTERM)


def take(address: str, path: Path, *, clock: str = MID_MORNING, more: Callable[[Page], None] | None = None) -> str:
    """A picture of the wall at 1920 × 1080 once its clock has reached mid-morning; the time it shows."""
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=chromium(), args=arguments)
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        page.goto(address)
        now = _until(page, clock)
        path.parent.mkdir(exist_ok=True)
        page.screenshot(path=path)
        if more is not None:
            more(page)
        browser.close()
        return now


def _until(page: Page, clock: str, patience_s: float = 300) -> str:
    deadline = time.monotonic() + patience_s
    while (now := str(page.evaluate("document.querySelector('[data-now]').textContent"))) < clock:
        assert time.monotonic() < deadline, f"the wall's clock stands at {now}"
        page.wait_for_timeout(200)
    return now


def main(size: str = "county", path: str = str(PICTURE)) -> None:
    """Run a demo of that size, take its picture, end it."""
    with tempfile.TemporaryDirectory() as directory:
        demo = Demo(Path(directory), "--size", size)
        try:
            address = demo.address()
            print(f"{path}: the wall at {take(address, Path(path))}")
        finally:
            demo.end(signal.SIGINT)


if __name__ == "__main__":
    main(*sys.argv[1:])
