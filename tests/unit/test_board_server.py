"""The board's door: headers on everything, a login off loopback, roles that hold, files that are not sent twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest
import structlog

from board.access import Sessions, Users, new_user
from board.alarms import Alarms, alarms
from board.hub import Hub
from board.server import Board, application
from board.settings import BoardSettings
from board.view import view_of
from board.words import Language
from ingest.settings import load_site
from streams.alerts.incident import Incident, Incidents, taken_up
from tests.timeline import at

HOME = "http://127.0.0.1:8600"
Story = Callable[[httpx.AsyncClient], Awaitable[None]]


class NothingBehind:
    """Panels that only say who may see the visits."""

    def page(self, kpi: str, asked: dict[str, str], lang: Language, *, with_visits: bool) -> str | None:
        return f"{kpi} {asked} {lang} visits={with_visits}" if kpi == "consult_wait" else None

    def json(self, kpi: str, asked: dict[str, str], *, with_visits: bool) -> object | None:
        return {"kpi": kpi, "visits": with_visits} if kpi == "consult_wait" else None

    def checks(self, day: str, lang: Language) -> bytes | None:
        return f"checks of {day or 'the last day'} {lang}".encode() if day != "2025-01-01" else None

    def timeline(self, scope_id: str, day: str, lang: Language) -> str:
        return f"events of {scope_id} on {day}"


class Desk:
    """One open incident, and who took it up."""

    def __init__(self) -> None:
        self.view = view_of(load_site("demo"))
        self.known = Incidents()
        self.known.put(
            Incident(
                id="3fa92c01", rule="consult_wait", kpi="consult_wait", where=(("dept", "CARD"),), state="open",
                since=at("10:00"), opened_at=at("10:05"), seen_at=at("10:06"), value=42.0, limit=30.0, statistic="p50",
                who=("nurse office",),
            )
        )  # fmt: skip

    def alarms(self) -> Alarms:
        return alarms(self.known, self.view.names, at("10:06"))

    def take(self, incident: str, by: str, note: str) -> None:
        self.known.put(taken_up(incident, by, at("10:07"), note))


def visit(folder: Path, story: Story, host: str = "127.0.0.1", address: str = HOME) -> None:
    """Run a story against a board that listens on `host`."""
    users = Users(folder / "users.json")
    users.put("nurse", new_user("wall", "correct horse"))
    users.put("ana", new_user("analyst", "correct horse"))
    hub = Hub(lambda shot, lang: {"strip": f"<p>{lang}</p>"})
    hub.publish("a morning")
    board = Board(
        title=("演练医院", "Rehearsal Hospital"), settings=BoardSettings(host=host), hub=hub, behind=NothingBehind(),
        pulse=dict, health=lambda: {"ok": True, "events": 3}, users=users, sessions=Sessions(b"k" * 32, 1.0, users),
        desk=Desk(),
    )  # fmt: skip

    async def run() -> None:
        transport = httpx.ASGITransport(app=application(board))
        async with httpx.AsyncClient(transport=transport, base_url=address) as client:
            await story(client)

    asyncio.run(run())


async def log_in(
    client: httpx.AsyncClient, name: str, password: str = "correct horse", then: str = "/"
) -> httpx.Response:
    return await client.post("/login", data={"name": name, "password": password, "then": then})


def test_every_answer_carries_the_policy(tmp_path: Path) -> None:
    async def story(client: httpx.AsyncClient) -> None:
        files = ("/static/board.js", "/static/none.js")
        for path in ("/", "/measures", "/alerts", INCIDENT, "/feeds", "/healthz", *files, "/nowhere", "/login"):
            headers = (await client.get(path)).headers
            assert headers["content-security-policy"].startswith("default-src 'self';")
            assert "unsafe" not in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"

    visit(tmp_path, story)


def test_no_page_has_anything_inline_or_from_elsewhere(tmp_path: Path) -> None:
    async def story(client: httpx.AsyncClient) -> None:
        for path in ("/", "/measures", "/alerts", INCIDENT, "/feeds", "/login"):
            page = (await client.get(path)).text
            assert " style=" not in page
            assert "<style" not in page
            assert "onclick" not in page
            assert "http://" not in page.replace("http://www.w3.org", "")
            assert "<script>" not in page

    visit(tmp_path, story)


def test_chinese_first_english_when_asked(tmp_path: Path) -> None:
    async def story(client: httpx.AsyncClient) -> None:
        assert '<html lang="zh-CN"' in (await client.get("/")).text
        assert '<html lang="en"' in (await client.get("/?lang=en")).text

    visit(tmp_path, story)


def test_on_loopback_another_name_for_it_is_refused(tmp_path: Path) -> None:
    async def story(client: httpx.AsyncClient) -> None:
        assert (await client.get("/", headers={"host": "evil.example"})).status_code == 421

    visit(tmp_path, story)


def test_a_file_is_not_sent_twice(tmp_path: Path) -> None:
    async def story(client: httpx.AsyncClient) -> None:
        first = await client.get("/static/board.css")
        assert first.headers["content-encoding"] == "gzip"
        again = await client.get("/static/board.css", headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert (await client.get("/static/../server.py")).status_code == 404

    visit(tmp_path, story)


def test_off_loopback_everybody_logs_in(tmp_path: Path) -> None:
    async def story(client: httpx.AsyncClient) -> None:
        wall = await client.get("/?kpi=consult_wait")
        assert wall.status_code == 303
        assert wall.headers["location"] == "/login?then=/%3Fkpi%3Dconsult_wait"
        for path in ("/measures", "/alerts", INCIDENT, "/feeds", "/checks"):
            assert (await client.get(path)).headers["location"] == f"/login?then={path}"
        for path in ("/stream", "/panel/consult_wait", "/timeline/abc"):
            assert (await client.get(path)).status_code == 401
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/static/board.css")).status_code == 200
        let_in = await log_in(client, "nurse", then="/?kpi=consult_wait")
        assert (let_in.status_code, let_in.headers["location"]) == (303, "/?kpi=consult_wait")
        assert "HttpOnly" in let_in.headers["set-cookie"]
        assert "samesite=strict" in let_in.headers["set-cookie"].lower()
        assert (await client.get("/")).status_code == 200

    visit(tmp_path, story, host="0.0.0.0", address="http://board.hospital:8600")


@pytest.mark.parametrize(("name", "password"), [("nurse", "wrong horse"), ("nobody", "correct horse"), ("", "")])
def test_who_is_not_known_stays_outside(name: str, password: str, tmp_path: Path) -> None:
    async def story(client: httpx.AsyncClient) -> None:
        refused = await log_in(client, name, password)
        assert refused.status_code == 401
        assert "set-cookie" not in refused.headers
        assert "用户名或口令不对" in refused.text

    visit(tmp_path, story, host="0.0.0.0")


def test_after_five_failures_even_the_right_password_waits(tmp_path: Path) -> None:
    async def story(client: httpx.AsyncClient) -> None:
        for _ in range(5):
            await log_in(client, "nurse", "wrong horse")
        assert (await log_in(client, "nurse")).status_code == 401

    visit(tmp_path, story, host="0.0.0.0")


@pytest.mark.parametrize("elsewhere", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_a_login_leads_nowhere_else(elsewhere: str, tmp_path: Path) -> None:
    async def story(client: httpx.AsyncClient) -> None:
        assert (await log_in(client, "nurse", then=elsewhere)).headers["location"] == "/"

    visit(tmp_path, story, host="0.0.0.0")


def test_the_wall_sees_numbers_an_analyst_sees_visits_and_leaves_a_line(tmp_path: Path) -> None:
    async def story(client: httpx.AsyncClient) -> None:
        await log_in(client, "nurse")
        assert "visits=False" in (await client.get("/panel/consult_wait?dept=CARD")).text
        assert (await client.get("/timeline/abc")).status_code == 403
        await log_in(client, "ana")
        with structlog.testing.capture_logs() as logged:
            assert "visits=True" in (await client.get("/panel/consult_wait?dept=CARD")).text
            assert "events of abc" in (await client.get("/timeline/abc?day=2025-03-03")).text
        lines = [(line["who"], line["role"], line["what"]) for line in logged if line.get("audit")]
        assert lines == [("ana", "analyst", "visits behind a number"), ("ana", "analyst", "timeline")]

    visit(tmp_path, story, host="0.0.0.0")


def test_a_panel_is_also_plain_values(tmp_path: Path) -> None:
    async def story(client: httpx.AsyncClient) -> None:
        asked = {"accept": "application/json"}
        assert (await client.get("/panel/consult_wait", headers=asked)).json() == {
            "kpi": "consult_wait",
            "visits": True,
        }
        assert (await client.get("/panel/nothing", headers=asked)).status_code == 404

    visit(tmp_path, story)


def test_whoever_is_removed_sees_nothing_more(tmp_path: Path) -> None:
    async def story(client: httpx.AsyncClient) -> None:
        await log_in(client, "ana")
        assert (await client.get("/panel/consult_wait")).status_code == 200
        Users(tmp_path / "users.json").remove("ana")
        assert (await client.get("/panel/consult_wait")).status_code == 401
        assert (await client.get("/stream")).status_code == 401

    visit(tmp_path, story, host="10.1.2.3", address="http://10.1.2.3:8600")


INCIDENT = "/alerts/3fa92c01"


def test_a_role_takes_an_incident_up_and_its_account_leaves_a_line(tmp_path: Path) -> None:
    async def story(client: httpx.AsyncClient) -> None:
        await log_in(client, "nurse")
        shown = await client.get(INCIDENT)
        assert "心内科 候诊时间" in shown.text
        assert "<form" not in shown.text, "a wall's login only looks"
        assert (await client.post(INCIDENT, data={"by": "duty manager"})).status_code == 403
        await log_in(client, "ana")
        assert 'value="nurse office"' in (await client.get(INCIDENT)).text
        with structlog.testing.capture_logs() as logged:
            taken = await client.post(INCIDENT, data={"by": "duty manager", "note": "second room opened"})
        assert (taken.status_code, taken.headers["location"]) == (303, "/alerts?lang=zh")
        assert [(line["who"], line["incident"]) for line in logged if line.get("audit")] == [("ana", "3fa92c01")]
        after = (await client.get(INCIDENT)).text
        assert "duty manager 10:07 second room opened" in after
        assert "<form" not in after

    visit(tmp_path, story, host="0.0.0.0")


@pytest.mark.parametrize(
    "said", [{"by": ""}, {"by": "x" * 50}, {"by": "nurse 13800138000"}, {"by": "nurse", "note": "call 13800138000"}]
)
def test_neither_nobody_nor_a_patients_number_is_written_down(said: dict[str, str], tmp_path: Path) -> None:
    async def story(client: httpx.AsyncClient) -> None:
        refused = await client.post(INCIDENT, data=said)
        assert refused.status_code == 422
        assert "请写岗位" in refused.text

    visit(tmp_path, story)


def test_a_page_elsewhere_takes_nothing_up(tmp_path: Path) -> None:
    async def story(client: httpx.AsyncClient) -> None:
        for headers in ({"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}):
            assert (await client.post(INCIDENT, data={"by": "nurse"}, headers=headers)).status_code == 403
        assert (await client.get("/alerts/00000000")).status_code == 404

    visit(tmp_path, story)


def test_the_page_of_checks_is_for_those_who_look_behind_numbers(tmp_path: Path) -> None:
    """A file by itself: its style is within it, and it may load and run nothing."""

    async def story(client: httpx.AsyncClient) -> None:
        await log_in(client, "nurse")
        assert (await client.get("/checks")).status_code == 403
        assert "/checks" not in (await client.get("/")).text
        await log_in(client, "ana")
        page = await client.get("/checks?lang=en")
        assert (page.status_code, page.text) == (200, "checks of the last day en")
        assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'unsafe-inline';")
        assert (await client.get("/checks?day=2025-03-03")).text == "checks of 2025-03-03 zh"
        assert [(await client.get(f"/checks?day={day}")).status_code for day in ("2025-01-01", "soon")] == [404, 404]
        assert "/checks" in (await client.get("/")).text

    visit(tmp_path, story, host="10.0.0.5", address="http://10.0.0.5:8600")
