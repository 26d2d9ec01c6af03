"""A real Chromium, and boards for it to look at."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from ingest.errors import Misconfigured
from orchestration.reports.chromium import chromium
from tests.running_board import Maker, RunningBoard

ROOT = Path(__file__).resolve().parent.parent.parent
ARTIFACTS = ROOT / "test-artifacts"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium for a module's tests; skips where there is none. Its driver keeps a loop running while it lives."""
    try:
        executable = chromium()
    except Misconfigured as missing:
        pytest.skip(str(missing))
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        running = playwright.chromium.launch(executable_path=executable, args=arguments)
        yield running
        running.close()


@pytest.fixture
def boards() -> Iterator[Maker]:
    """Makes boards, and closes them."""
    made: list[RunningBoard] = []

    def make(**how: Any) -> RunningBoard:
        made.append(RunningBoard(**how))
        return made[-1]

    yield make
    for board in made:
        board.close()


@pytest.fixture(scope="module")
def shared_board() -> Iterator[RunningBoard]:
    """A morning that no test disturbs."""
    board = RunningBoard(size="county", clock="09:40")
    yield board
    board.close()


def until(page: Page, holds: str, within_ms: int = 30_000) -> None:
    """Wait until a JavaScript expression holds. Playwright's own waiting evaluates text, which our policy forbids."""
    deadline = time.monotonic() + within_ms / 1000
    while not page.evaluate(f"() => Boolean({holds})"):
        assert time.monotonic() < deadline, f"not within {within_ms} ms: {holds}"
        page.wait_for_timeout(100)


class Look:
    """A viewer: a page, and everything it said or asked for that it should not have."""

    def __init__(self, browser: Browser, **how: Any) -> None:
        self.context: BrowserContext = browser.new_context(**{"viewport": {"width": 1920, "height": 1080}, **how})
        self.page: Page = self.context.new_page()
        self.errors: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))

    def at(self, address: str) -> Page:
        """Open an address and wait until the stream speaks."""
        self.page.goto(address)
        until(self.page, "document.querySelector('[data-now]').textContent.length === 8")
        return self.page

    def keep(self, name: str, *, whole: bool = False) -> None:
        """Keep a picture for people to look at."""
        ARTIFACTS.mkdir(exist_ok=True)
        self.page.screenshot(path=ARTIFACTS / f"{name}.png", full_page=whole)


@pytest.fixture
def look(browser: Browser) -> Iterator[Any]:
    """Makes viewers, and sends them home."""
    made: list[Look] = []

    def make(**how: Any) -> Look:
        made.append(Look(browser, **how))
        return made[-1]

    yield make
    for viewer in made:
        viewer.context.close()
