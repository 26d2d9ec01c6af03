"""Opening a number: what it is, how it is spread, who is behind it; the address bar holds it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.conftest import Look, until
from tests.running_board import RunningBoard

pytestmark = pytest.mark.browser
Looks = Callable[..., Look]


def test_a_click_opens_what_is_behind_a_number(shared_board: RunningBoard, look: Looks) -> None:
    viewer = look()
    page = viewer.at(shared_board.address)
    page.locator("#r1-wait a.cell").click()
    page.wait_for_selector("#panel canvas")
    viewer.keep("panel")
    text = page.locator("#panel").inner_text()
    for part in ("候诊时间", "定义", "版本 1", "完成", "等候", "剔除", "目标", "今日分布"):
        assert part in text
    assert "kpi=consult_wait" in page.url
    assert "dept=" in page.url
    assert viewer.errors == []


def test_a_link_shows_what_its_sender_saw(shared_board: RunningBoard, look: Looks) -> None:
    first = look().at(shared_board.address)
    first.locator("#r1-pay a.cell").click()
    first.wait_for_selector("#panel h2")
    second = look().at(first.url)
    second.wait_for_selector("#panel[open] h2")
    assert second.locator("#panel h2 + p").inner_text() == first.locator("#panel h2 + p").inner_text()


def test_escape_and_back_close_it_and_the_address_forgets(shared_board: RunningBoard, look: Looks) -> None:
    page = look().at(shared_board.address)
    page.locator("#r0-wait a.cell").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#panel[open] h2")
    page.keyboard.press("Escape")
    until(page, "!document.getElementById('panel').open && !location.search.includes('kpi=')")
    assert page.evaluate("document.activeElement.closest('[role=cell]')?.id") == "r0-wait", "focus is where it was"
    page.go_back()
    page.wait_for_selector("#panel[open] h2")


def test_every_chart_has_a_table(shared_board: RunningBoard, look: Looks) -> None:
    page = look().at(shared_board.address + "/?kpi=consult_wait")
    page.wait_for_selector("#panel canvas")
    for chart in page.locator("#panel [data-chart]").all():
        table = page.locator(f"#{chart.get_attribute('data-table')}")
        assert table.locator("tbody tr").count() > 0


def test_the_panel_fits_a_phone_and_the_dark(shared_board: RunningBoard, look: Looks) -> None:
    viewer = look(viewport={"width": 390, "height": 844}, color_scheme="dark")
    page = viewer.at(shared_board.address + "/?kpi=window_wait&service_point_type=cashier")
    page.wait_for_selector("#panel canvas")
    viewer.keep("panel-phone-dark")
    assert page.evaluate("document.getElementById('panel').scrollWidth <= innerWidth")


def test_an_unknown_measure_is_a_sentence(shared_board: RunningBoard, look: Looks) -> None:
    page = look().at(shared_board.address + "/?kpi=nothing_of_ours")
    page.wait_for_selector("#panel p")
    assert "没有这个指标" in page.locator("#panel").inner_text()
