"""An old screen never passes for a live one: waits tick, silence is said, and the four states never look alike."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from board.wall import FailedCheck
from ingest.clock import real_now_ms
from tests.browser.conftest import Look, until
from tests.morning import heard
from tests.running_board import Maker
from tests.timeline import at

pytestmark = pytest.mark.browser
Looks = Callable[..., Look]

WITHIN_TEN_SECONDS = 10_000


def test_a_wait_ticks_by_itself(boards: Maker, look: Looks) -> None:
    board = boards(rate=60.0)
    page = look().at(board.address)
    page.route("**/stream*", lambda route: route.abort())
    before = page.locator("#longest .ticking").first.inner_text()
    page.evaluate("for (const li of document.querySelectorAll('#longest')) li.id = 'kept'")  # nobody renews it now
    until(page, f"document.querySelector('#kept .ticking').textContent !== '{before}'", 5_000)


def test_new_events_reach_the_page_by_themselves(boards: Maker, look: Looks) -> None:
    board = boards(clock="09:00")
    page = look().at(board.address)
    before = int(page.locator("#strip .figure .number").first.inner_text())
    known = len(heard("clinic", at("09:00")))
    board.say(heard("clinic", at("09:30"))[known:])
    until(page, f"Number(document.querySelector('#strip .figure .number').textContent) > {before}")


def test_a_cell_that_changed_stays_where_it_is_and_says_what_a_new_page_says(boards: Maker, look: Looks) -> None:
    board = boards(clock="09:00")
    page = look().at(board.address)
    cell = "document.querySelector('#r0-wait a.cell')"
    before = page.evaluate(f"() => {{ {cell}.stayed = true; return {cell}.getAttribute('aria-label'); }}")
    known = len(heard("clinic", at("09:00")))
    board.say(heard("clinic", at("09:30"))[known:])
    until(page, f"{cell}.getAttribute('aria-label') !== {before!r}")
    assert page.evaluate(f"() => {cell}.stayed === true")
    whole = "() => [...document.querySelectorAll('#matrix [role=cell]')].map((cell) => cell.innerHTML)"
    deadline = time.monotonic() + 30
    while page.evaluate(whole) != look().at(board.address).evaluate(whole):
        assert time.monotonic() < deadline, "the page has become another than one that is opened now"


def test_a_server_that_is_gone_is_said_within_ten_seconds(boards: Maker, look: Looks) -> None:
    board = boards()
    viewer = look()
    page = viewer.at(board.address)
    board.kill()
    until(page, "document.getElementById('told').textContent.includes('与服务器失去联系')", WITHIN_TEN_SECONDS)
    viewer.keep("state-server-gone")
    stood = page.locator("[data-now]").first.inner_text()
    page.wait_for_timeout(1_500)
    assert page.locator("[data-now]").first.inner_text() == stood, "a clock that goes on would pass for a live one"


def test_a_feed_that_is_gone_is_said_within_ten_seconds(boards: Maker, look: Looks) -> None:
    board = boards()
    viewer = look()
    page = viewer.at(board.address)
    board.sources.discard("QUEUE^DEMO")
    until(page, "document.getElementById('todo').textContent.includes('排队叫号数据自')", WITHIN_TEN_SECONDS)
    cell = page.locator("#r0-pay a.cell")
    assert "is-stale" in (cell.get_attribute("class") or "")
    assert "起中断" in cell.inner_text()
    assert cell.locator(".number").inner_text() != "—", "the value is kept"
    viewer.keep("state-stale")
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    fresh = page.locator("#r0-wait a.cell")
    assert "is-fresh" in (fresh.get_attribute("class") or ""), "the consultation does not need the queue's feed"


def test_workers_that_are_gone_are_said_within_ten_seconds(boards: Maker, look: Looks) -> None:
    board = boards()
    viewer = look()
    page = viewer.at(board.address)
    board.talks = False
    page.wait_for_selector("#notice .notice", timeout=WITHIN_TEN_SECONDS + 1_000)
    assert "实时数据自" in page.locator("#notice").inner_text()
    assert page.locator("#matrix .is-fresh").count() == 0
    viewer.keep("state-workers-gone")
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")


def test_a_broken_measure_is_a_dash_and_says_so(boards: Maker, look: Looks) -> None:
    board = boards()
    viewer = look()
    page = viewer.at(board.address)
    board.workers[0].shard.broken["consult_duration"] = 1
    page.wait_for_selector("#r0-consult .is-broken")
    cell = page.locator("#r0-consult a.cell")
    assert cell.locator(".number").inner_text() == "—"
    assert "规则出错" in cell.inner_text()
    assert cell.locator(".mark-bolt").count() == 1
    viewer.keep("state-broken")


@pytest.mark.parametrize(("clock", "says"), [("06:50", "未开诊"), ("09:00", "暂无患者"), ("18:40", "已停诊")])
def test_an_empty_place_says_why(clock: str, says: str, boards: Maker, look: Looks) -> None:
    viewer = look()
    page = viewer.at(boards(clock=clock, size=None).address)
    cell = page.locator("#r1-wait a.cell")
    assert "is-empty" in (cell.get_attribute("class") or "")
    assert cell.inner_text().strip() == says
    assert page.locator("#matrix .number").count() == 0
    viewer.keep(f"state-empty-{clock.replace(':', '')}")


def test_a_check_that_failed_stands_beside_its_number(boards: Maker, look: Looks) -> None:
    board = boards()
    failed = FailedCheck(
        day="2025-03-02", suite="kpis", expectation="value_possible", kpi="consult_wait", severity="withhold"
    )
    board.live.checks.failed = (failed,)
    page = look().at(board.address)
    page.wait_for_selector("#r0-wait .mark-check")
    assert "检查未通过" in (page.locator("#r0-wait a.cell").get_attribute("aria-label") or "")
    assert "检查未通过" in page.locator("#todo").inner_text()


def test_a_viewers_wrong_clock_is_said(boards: Maker, look: Looks) -> None:
    viewer = look()
    viewer.page.clock.set_system_time((real_now_ms() + 7 * 60_000) / 1000)
    page = viewer.at(boards().address)
    until(page, "document.getElementById('told').textContent.includes('相差 7 分钟')")
    assert page.locator("[data-now]").first.inner_text().startswith("10:42"), "the page shows the server's time"


def test_motion_is_left_out_for_those_who_ask(boards: Maker, look: Looks) -> None:
    board = boards()
    page = look(reduced_motion="reduce").at(board.address)
    board.workers[0].shard.broken["consult_wait"] = 1
    page.wait_for_selector("#todo .new")
    assert page.locator("#todo .new").first.evaluate("e => getComputedStyle(e).animationName") == "none"


def test_a_server_that_comes_back_is_live_again(boards: Maker, look: Looks) -> None:
    board = boards()
    page = look().at(board.address)
    board.kill()
    until(page, "document.documentElement.classList.contains('silent')", WITHIN_TEN_SECONDS)
    board.revive()
    until(page, "!document.documentElement.classList.contains('silent')", 20_000)
    assert page.locator("#told").inner_text() == ""
