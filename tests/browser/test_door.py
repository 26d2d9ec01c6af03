"""The door of a board that others can reach: who is let in sees the wall, and who is let out sees nothing more."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from board.access import new_user
from board.settings import BoardSettings
from tests.browser.conftest import Look, until
from tests.running_board import Maker

pytestmark = pytest.mark.browser
Looks = Callable[..., Look]


def test_an_open_wall_closes_when_its_viewer_is_removed(boards: Maker, look: Looks) -> None:
    board = boards(settings=BoardSettings(host="10.1.2.3"))
    board.users.put("nurse", new_user("wall", "correct horse"))
    page = look().page
    page.goto(board.address + "/?lang=en")
    page.locator("input[name=name]").fill("nurse")
    page.locator("input[name=password]").fill("correct horse")
    page.keyboard.press("Enter")
    until(page, "document.querySelector('[data-now]')?.textContent.length === 8")
    board.users.remove("nurse")
    page.wait_for_url("**/login?**", timeout=10_000)
    assert page.locator("#matrix").count() == 0
