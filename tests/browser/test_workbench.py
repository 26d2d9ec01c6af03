"""The workbench in a real Chromium: an IT engineer pastes messages and rows, sees what becomes of them, and leaves no
trace."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Page

from infra.local.supervisor import hispulse
from ingest.settings import SITES
from tests.browser.conftest import Look, until
from tests.conftest import ROOT, free_port
from tests.scenarios.chain import until as wait

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
Looks = Callable[..., Look]

NAME, NUMBER = "张珅", "110101199001011234"
MORNING = "\n".join(
    [
        r"MSH|^~\&|HIS|DEMO|P|H001|20250303084100||ADT^A04|M1|P|2.5",
        "EVN|A04|||||20250303084100",
        f"PID|1||10001^^^HIS^MR~{NUMBER}^^^^NI||{NAME}||19800615|F",
        "PV1|1|O|内八科^R1||||D01|||内八科||||WX||||elderly|V1",
        r"MSH|^~\&|HIS|DEMO|P|H001|20250303085000||ADT^A10|M2|P|2.5",
        "EVN|A10|||||20250303085000",
        "PV1|1|O|CARD||||||||||||||||V1",
        r"MSH|^~\&|HIS|DEMO|P|H001|20250303092200||ADT^A08|M3|P|2.5",
        "EVN|A08",
        "PV1|1|O|CARD||||||||||||||||V1",
        "ZCN|1|START|20250303091400|R1|D01|1",
        "ZCN|2|END|20250303092200|R1|D01|1",
        r"MSH|^~\&|HIS|DEMO|P|H001|20250303084100||ADT^A99|M4|P|2.5",
        r"MSH|^~\&|HIS|DEMO|P|H001|20250303084100||ADT^A04|M5|P|2.5",
        "EVN|A04|||||yesterday",
        "PV1|1|O|CARD||||||||||||||||V2",
    ]
)
TICKETS = (
    "票号,队列,ticket_id,queue_id,service_point_type,joined_at,called_at,call_count,served_at,completed_at\n"
    "A1,x,T1,CASH,cashier,2025-03-03 08:40,2025-03-03 09:05,1,2025-03-03 09:06,2025-03-03 09:09\n"
)


class Running(NamedTuple):
    """The command at work."""

    address: str
    token: str
    home: Path
    said: Path


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """`hispulse workbench` of the demo's site."""
    place = tmp_path_factory.mktemp("workbench")
    site, said, port = place / "site.toml", place / "said", free_port()
    site.write_text(f"{(SITES / 'demo.toml').read_text('utf-8')}\n[workbench]\nport = {port}\n", "utf-8")
    environment = {**os.environ, "HISPULSE_HOME": str(place / "home"), "PYTHONUNBUFFERED": "1"}
    with said.open("wb") as out:
        argv = hispulse("workbench", "--site", str(site))
        process = subprocess.Popen(argv, env=environment, cwd=ROOT, stdout=out, stderr=out)
    try:
        wait(lambda: "Started server" in said.read_text("utf-8"), "the workbench listens")
        found = re.search(r"hisp_[\w-]+", said.read_text("utf-8"))
        assert found
        yield Running(f"http://127.0.0.1:{port}/", found.group(), place / "home", said)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


def entered(bench: Running, look: Looks) -> tuple[Look, Page]:
    viewer = look(viewport={"width": 1280, "height": 900})
    viewer.page.goto(bench.address)
    viewer.page.locator("input[name=token]").fill(bench.token)
    viewer.page.keyboard.press("Enter")
    viewer.page.wait_for_selector("textarea")
    return viewer, viewer.page


def pasted(page: Page, text: str, view: str = "") -> str:
    """What the page says of a text."""
    page.evaluate("document.getElementById('result').replaceChildren()")
    page.select_option("select[name=view]", view)
    page.locator("textarea").fill(text)
    page.get_by_role("button", name="查看").click()
    return shown(page)


def shown(page: Page) -> str:
    until(page, "document.querySelector('#result').children.length && !document.querySelector('[aria-busy]')")
    return page.locator("#result").inner_text()


def test_a_stranger_sees_nothing(bench: Running, look: Looks) -> None:
    page = look().page
    page.goto(bench.address)
    assert page.url.endswith("/login")
    page.locator("input[name=token]").fill("hisp_guess")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    assert page.request.post(f"{bench.address}look", data=b"MSH|").status == 401


def test_a_pasted_morning_shows_events_reasons_codes_journey_and_kpis(bench: Running, look: Looks) -> None:
    viewer, page = entered(bench, look)
    said = pasted(page, MORNING)
    assert "HL7 v2" in said and "5 条消息" in said
    assert "registration.created" in said and "consultation.ended" in said
    assert "trigger:ADT^A99" in said and "unreadable time: EVN-6" in said
    assert "内八科" in said and "[departments." in said  # a code that the site does not know, with lines to paste
    assert "候诊" in (page.locator("svg.journey").first.text_content() or "")
    assert re.search(r"consult_wait\s.*\s24 min", said)
    assert NAME not in said and NUMBER not in said and "V1" not in said
    viewer.keep("workbench", whole=True)
    assert not viewer.errors and all(each.startswith(bench.address) for each in viewer.asked)


def test_a_file_in_gb18030_and_rows_of_a_view_are_read_too(bench: Running, look: Looks, tmp_path: Path) -> None:
    viewer, page = entered(bench, look)
    (tmp_path / "morning.hl7").write_bytes(MORNING.encode("gb18030"))
    page.locator("input[type=file]").set_input_files(tmp_path / "morning.hl7")
    assert "内八科" in shown(page)
    said = pasted(page, TICKETS, "v_queue_ticket")
    assert "queue.joined" in said and "window_wait" in said
    assert "choose a view" in pasted(page, TICKETS)  # whose rows are they?
    pushed = '{"event_type": "ed.arrived", "occurred_at": "2025-03-03T10:00:00+08:00", "visit_id": "V9"}'
    assert "ed.arrived" in pasted(page, pushed)
    encounter = '{"resourceType": "Patient", "id": "p1"}'
    assert "resource without a fact:Patient" in pasted(page, encounter)
    assert [each for each in viewer.errors if "422" not in each] == []


def test_nothing_is_kept(bench: Running, look: Looks) -> None:
    _, page = entered(bench, look)
    pasted(page, MORNING)
    page.reload()
    assert page.locator("textarea").input_value() == "" and not page.locator("#result").inner_text()
    assert [each for each in bench.home.rglob("*") if each.is_file()] == []
    assert all(word not in bench.said.read_text("utf-8") for word in (NAME, NUMBER, "ADT", "内八科", "V1"))
    page.get_by_role("button", name="退出").click()
    page.goto(bench.address)
    assert page.url.endswith("/login")
