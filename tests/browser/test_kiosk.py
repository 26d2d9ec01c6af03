"""An unattended screen: it stays awake, turns its pages, and never leaves a page that works for one that does not."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Look, until
from tests.running_board import Maker, RunningBoard

pytestmark = pytest.mark.browser
Looks = Callable[..., Look]
TURN = "02:00"

# What the screen asked of the machine it hangs on; this one has no screen to keep awake.
ASKED = """
  window.asked = [];
  Object.defineProperty(navigator, 'wakeLock', { value: { request: async (what) => { window.asked.push(what); } } });
"""


def unattended(viewer: Look, address: str) -> Page:
    viewer.page.add_init_script(ASKED)
    viewer.page.clock.install()
    viewer.page.goto(address)
    until(viewer.page, "document.querySelector('[data-now]').textContent.length === 8")
    return viewer.page


def test_it_keeps_the_screen_awake_and_asks_again_when_it_is_seen_again(
    shared_board: RunningBoard, look: Looks
) -> None:
    page = unattended(look(), shared_board.address + "/?kiosk=1")
    assert page.evaluate("window.asked") == ["screen"]
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert page.evaluate("window.asked") == ["screen", "screen"]


def test_it_turns_its_pages_and_comes_round_again(shared_board: RunningBoard, look: Looks) -> None:
    page = unattended(look(), shared_board.address + "/?kiosk=1&pages=wall,measures&lang=en")
    for path in ("/measures", "/"):
        page.clock.fast_forward(TURN)
        page.wait_for_url(re.compile(re.escape(path) + r"\?.*kiosk=1"))
        assert page.locator("html").get_attribute("lang") == "en"
        until(page, "document.querySelector('[data-now]').textContent.length === 8")
        assert page.locator("#controls").count() == 0


def test_it_does_not_leave_for_a_server_that_is_gone(boards: Maker, look: Looks) -> None:
    board = boards()
    page = unattended(look(), board.address + "/?kiosk=1&pages=wall,measures")
    board.kill()
    page.clock.fast_forward(TURN)
    until(page, "document.documentElement.classList.contains('silent')")
    assert page.url.startswith(board.address + "/?kiosk=1")
    assert page.locator("#matrix a.cell").count() > 20
    board.revive()
    page.clock.fast_forward(TURN)
    page.wait_for_url("**/measures?**")
