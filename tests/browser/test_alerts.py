"""Incidents where people see them: on the wall without hiding a number, on their page, and taken up in a form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from ingest.clock import real_now_ms
from streams.alerts.incident import Delivery, Incident, OnWatch
from tests.browser.conftest import Look, until
from tests.running_board import Maker, RunningBoard
from tests.timeline import at

pytestmark = pytest.mark.browser
Looks = Callable[..., Look]
LIS = (("feed", "lis"),)


def wait_of(dept: str, opened: str, **more: Any) -> Incident:
    plain = Incident(
        id=f"{dept.lower()}0001", rule="consult_wait", kpi="consult_wait", where=(("dept", dept),), state="open",
        since=at(opened) - 300_000, opened_at=at(opened), seen_at=at(opened), value=42.0, limit=30.0, statistic="p50",
        who=("门诊部 outpatient office",),
    )  # fmt: skip
    return msgspec.structs.replace(plain, **more)


SILENT = Incident(
    id="lis00001", rule="feeds", where=LIS, state="open", since=at("10:30"), opened_at=at("10:31"), seen_at=at("10:31"),
    cause="silent", value=1200, limit=900, who=("信息科 IT",),
)  # fmt: skip


def on_watch(board: RunningBoard, *, gone: bool = False) -> None:
    real = real_now_ms() + (-60_000 if gone else 3_600_000)  # the test's own watch need not speak again
    board.happen(OnWatch(real_at=real, at=at("10:40"), rules=9))


def test_an_incident_reaches_the_wall_by_itself_and_hides_no_number(boards: Maker, look: Looks) -> None:
    board = boards()
    on_watch(board)
    viewer = look()
    page = viewer.at(board.address)
    assert "无" in page.locator("#todo").inner_text()
    numbers = page.locator("#matrix .number").count()
    board.happen(wait_of("CARD", "10:12", severity=2, escalated_at=at("10:27"), escalated_because="unacknowledged"))
    board.happen(SILENT, *(wait_of(dept, "10:20") for dept in ("GYN", "PED", "DERM", "ORTH", "NEUR", "OPHT")))
    until(page, "document.querySelector('#todo .more')")
    first = page.locator("#todo .alarm").first
    assert "心内科 候诊时间" in first.inner_text() and "已升级,待确认" in first.inner_text()
    assert first.locator(".mark-far").count() == 1, "told by its shape before its colour"
    shown = page.locator("#todo .alarm").count()
    assert page.locator("#todo .more").inner_text() == f"另有 {8 - shown} 起", "what has no room is counted"
    assert page.locator("#matrix .number").count() >= numbers
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    assert "10:31" not in page.locator("#todo").inner_text(), "a feed's silence is said once"
    viewer.keep("alerts-wall")
    assert viewer.errors == []


def test_a_role_takes_it_up_and_everybody_sees_it(boards: Maker, look: Looks) -> None:
    board = boards()
    on_watch(board)
    board.happen(wait_of("CARD", "10:12"), SILENT, Delivery(incident="lis00001", failing="HTTP 503", attempts=2))
    ended = wait_of("PED", "08:30", state="closed", closed_at=at("09:10"), closed_because="well")
    board.happen(ended)
    wall, desk = look(), look()
    before = wall.at(board.address)
    page = desk.at(board.address + "/alerts")
    assert page.locator("#alerts-open .alarm").count() == 2
    assert "外部通知未送达(HTTP 503)" in page.locator("#alerts-open").inner_text()
    assert "已恢复" in page.locator("#alerts-past").inner_text()
    desk.keep("alerts-page")
    page.get_by_text("心内科 候诊时间").click()
    page.fill("input[name=note]", "加开二诊室")
    page.get_by_role("button", name="接手处理").click()
    page.wait_for_url("**/alerts?lang=zh")
    until(page, "document.querySelector('#alerts-open').textContent.includes('门诊部已接手')")
    until(before, "document.querySelector('#todo').textContent.includes('门诊部已接手')")
    assert before.locator("#todo .alarm").last.get_attribute("class") == "alarm severity-1 is-taken", (
        "nobody's come first"
    )
    page.goto(board.address + "/?kpi=consult_wait&dept=CARD")
    until(page, "document.querySelector('#panel .incidents')")
    assert "10:12 →" in page.locator("#panel .incidents").inner_text(), "and behind the number"
    bells = page.locator("#matrix a.cell[href*='dept=CARD'] .mark-bell")
    assert bells.count() == 1, "and beside it"
    assert desk.errors == []


def test_a_watch_that_is_gone_is_said(boards: Maker, look: Looks) -> None:
    board = boards(size=None)
    on_watch(board, gone=True)
    viewer = look(viewport={"width": 390, "height": 844})
    page = viewer.at(board.address + "/alerts?lang=en")
    assert "the watch has been gone since 10:40" in page.locator("#alerts-open").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    viewer.keep("alerts-phone", whole=True)
