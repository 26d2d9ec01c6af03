"""For those who hear the wall or use no mouse: what Chromium tells a screen reader, and where the keyboard gets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from board.columns import COLUMNS
from tests.browser.conftest import Look, until
from tests.running_board import RunningBoard

pytestmark = pytest.mark.browser
Looks = Callable[..., Look]
Node = tuple[str, str]  # role and name, as a screen reader says them


def spoken(page: Page) -> list[Node]:
    """The accessibility tree in reading order, what is ignored left out."""
    nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    by_id = {node["nodeId"]: node for node in nodes}

    def walk(node: dict[str, Any]) -> Iterator[Node]:
        if not node["ignored"]:
            yield str(node["role"]["value"]), str(node.get("name", {}).get("value", ""))
        for child in node.get("childIds", ()):
            if child in by_id:
                yield from walk(by_id[child])

    return list(walk(nodes[0]))


def names(tree: list[Node], role: str) -> list[str]:
    return [name for of_role, name in tree if of_role == role]


@pytest.mark.parametrize(
    ("query", "table", "house"), [("", "各科室各环节", "全院"), ("?lang=en", "Departments by stage", "Hospital")]
)
def test_the_matrix_is_a_table_with_heads(
    query: str, table: str, house: str, shared_board: RunningBoard, look: Looks
) -> None:
    tree = spoken(look().at(shared_board.address + "/" + query))
    assert names(tree, "table") == [table]
    lang = 1 if query else 0
    assert names(tree, "columnheader")[1:] == [(column.zh, column.en)[lang] for column in COLUMNS]
    assert names(tree, "rowheader")[0] == house
    assert len(names(tree, "rowheader")) == 6
    assert len(names(tree, "cell")) == 6 * len(COLUMNS)


def test_everything_that_can_be_opened_or_seen_has_a_name(shared_board: RunningBoard, look: Looks) -> None:
    for path in ("/", "/measures", "/?kpi=consult_wait"):
        page = look().at(shared_board.address + path)
        if "kpi" in path:
            page.wait_for_selector("#panel canvas")
        tree = spoken(page)
        for role in ("link", "button", "image", "dialog", "table", "heading"):
            assert all(names(tree, role)), f"{path}: a {role} without a name"
        assert len(names(tree, "main")) == 1 or "kpi" in path, "behind an open panel nothing is read"


def test_the_panel_is_called_as_its_measure(shared_board: RunningBoard, look: Looks) -> None:
    page = look().at(shared_board.address + "/?kpi=consult_wait")
    page.wait_for_selector("#panel canvas")
    assert names(spoken(page), "dialog") == ["候诊时间"]


def test_the_first_key_offers_to_skip_and_tab_reaches_every_link(shared_board: RunningBoard, look: Looks) -> None:
    page = look().at(shared_board.address)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    wanted = page.evaluate("[...document.querySelectorAll('a[href]')].filter(a => a.getClientRects().length).length")
    reached = 1
    for _ in range(wanted + 5):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        reached += page.evaluate("document.activeElement.matches('a[href]')")
        visible = page.evaluate("getComputedStyle(document.activeElement).outlineStyle !== 'none'")
        assert visible, "the focus is seen"
    assert reached == wanted


def test_a_panel_is_opened_and_left_by_keys_alone(shared_board: RunningBoard, look: Looks) -> None:
    page = look().at(shared_board.address)
    page.locator("#r1-wait a.cell").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#panel canvas")
    until(page, "document.activeElement.matches('#panel .close')")
    page.keyboard.press("Tab")
    assert page.evaluate(
        "document.activeElement.closest('#panel') !== null || document.activeElement === document.body"
    )
    page.keyboard.press("Escape")
    until(page, "document.activeElement.matches('#r1-wait a.cell')")
