"""From a number on the wall to the visits behind it, and from a visit to the events that its feeds told."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import structlog

from tests.browser.conftest import Look, until
from tests.morning import heard
from tests.running_board import Maker
from tests.timeline import at
from warehouse.client import Warehouse, WarehouseSettings
from warehouse.rows import store

pytestmark = [pytest.mark.browser, pytest.mark.services]
Looks = Callable[..., Look]


@pytest.fixture
def filled(warehouse: Warehouse, warehouse_settings: WarehouseSettings) -> WarehouseSettings:
    store(warehouse, heard("clinic", at("10:42")))
    return warehouse_settings


def test_a_number_opens_into_visits_and_a_visit_into_its_events(
    filled: WarehouseSettings, boards: Maker, look: Looks
) -> None:
    board = boards(warehouse=filled)
    viewer = look()
    with structlog.testing.capture_logs() as logged:
        page = viewer.at(board.address + "/?kpi=consult_wait")
        page.wait_for_selector("#panel .visit", timeout=60_000)
        rows = page.locator("#panel .visit > summary").all_inner_texts()
        assert len(rows) > 20
        assert all(re.match(r"[0-9a-f]{8} · ", row) for row in rows), "eight characters of a pseudonym, never a name"
        finished = next(i for i, row in enumerate(rows) if "–" not in row)
        page.locator("#panel .visit > summary").nth(finished).click()
        until(page, "document.querySelectorAll('#panel .events table').length === 2")
    text = page.locator("#panel .events").nth(finished).inner_text()
    for part in ("候诊", "接诊开始", "HIS^DEMO", "QUEUE^DEMO"):
        assert part in text
    viewer.keep("panel-visits")
    page.locator("#panel .visit").nth(finished).scroll_into_view_if_needed()
    viewer.keep("panel-events")
    audit = [line for line in logged if line.get("audit")]
    assert [line["what"] for line in audit] == ["visits behind a number", "timeline"]
    assert all(line["who"] == "loopback" for line in audit)
    assert viewer.errors == []


def test_the_visits_are_those_of_the_number(filled: WarehouseSettings, boards: Maker, look: Looks) -> None:
    board = boards(warehouse=filled)
    page = look().at(board.address)
    said = page.locator("#r0-pay a.cell").get_attribute("aria-label") or ""
    page.locator("#r0-pay a.cell").click()
    page.wait_for_selector("#panel .visit", timeout=60_000)
    counts = [int(n) for n in re.findall(r"(?:完成|等候|剔除) (\d+)", said)]
    assert page.locator("#panel .visit").count() == min(60, sum(counts))


def test_without_a_warehouse_the_panel_says_what_it_cannot_show(boards: Maker, look: Looks) -> None:
    board = boards(warehouse=WarehouseSettings(port=1, password_file="/dev/null"))
    page = look().at(board.address + "/?kpi=consult_wait")
    page.wait_for_selector("#panel canvas")
    assert "历史库暂不可用" in page.locator("#panel").inner_text()
