"""The door of a board that others can reach: who is let in sees the wall, and who is let out sees nothing more."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from board.access import new_user
from board.settings import BoardSettings
from tests.browser.conftest import Look, until
from tests.running_board import Maker, RunningBoard

pytestmark = pytest.mark.browser
Looks = Callable[..., Look]


def let_in(boards: Maker, look: Looks) -> tuple[RunningBoard, Page]:
    """A board that others can reach, and a nurse who has logged in."""
    board = boards(settings=BoardSettings(host="10.1.2.3"))
    board.users.put("nurse", new_user("wall", "correct horse"))
    page = look().page
    page.goto(board.address + "/?lang=en")
    page.locator("input[name=name]").fill("nurse")
    page.locator("input[name=password]").fill("correct horse")
    page.keyboard.press("Enter")
    page.wait_for_selector("#matrix a.cell")
    return board, page


def test_an_open_wall_closes_when_its_viewer_is_removed(boards: Maker, look: Looks) -> None:
    board, page = let_in(boards, look)
    until(page, "document.querySelector('[data-now]')?.textContent.length === 8")
    board.users.remove("nurse")
    page.wait_for_url("**/login?**", timeout=10_000)
    assert page.locator("#matrix").count() == 0


def test_a_viewer_can_leave(boards: Maker, look: Looks) -> None:
    board, page = let_in(boards, look)
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/login")
    page.goto(board.address)
    assert page.locator("#matrix").count() == 0
