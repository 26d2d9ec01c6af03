"""What the workbench makes of a pasted text: in which notation it is, as whose words, and what it would do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import httpx
import pytest

from infra.rehearsal.ways import site_text
from ingest.clock import Clock
from ingest.errors import Malformed, Misconfigured
from ingest.events.envelope import Event, kind_of
from ingest.settings import SITES, load_site
from ingest.web.senders import new_token
from ingest.workbench.door import Door
from ingest.workbench.effect import Bar, Effect, Journey, Judge, Mark
from ingest.workbench.look import Looked, Wanted, Workbench
from ingest.workbench.notation import messages_of, notation_of
from ingest.workbench.picture import drawn
from ingest.workbench.server import application
from ingest.workbench.serving import doors
from ingest.workbench.settings import WorkbenchSettings
from streams.workbench import judge_of
from tests.golden.fhir_resources import ENCOUNTER, found
from tests.golden.speech import PSEUDONYMS, message
from tests.golden.view_rows import ROWS

DEMO = load_site(str(SITES / "demo.toml"))
ADMITTED = message("ADT^A04", "EVN|A04|||||20250303084100", "PV1|1|O|CARD" + "|" * 16 + "V1")
PUSHED = {"event_type": "ed.arrived", "occurred_at": "2025-03-03T10:00:00+08:00", "visit_id": "V2"}
CLOUD = {"specversion": "1.0", "id": "1", "source": "q", "type": "ed.arrived", "data": PUSHED}
BENCH = Workbench(DEMO, Clock(), PSEUDONYMS)


def looked(body: bytes, **wanted: str) -> Looked:
    return BENCH.look(body, Wanted(**wanted), 100)


def kinds(events: list[Event]) -> list[str]:
    return [kind_of(event) for event in events]


@pytest.mark.parametrize(
    ("body", "feed", "heard"),
    [
        (ADMITTED, "his", ["registration.created"]),
        (b"\xef\xbb\xbf\x0b" + ADMITTED + b"\x1c\r", "his", ["registration.created"]),
        (json.dumps(PUSHED).encode(), "platform", ["ed.arrived"]),
        (json.dumps([PUSHED, PUSHED]).encode(), "platform", ["ed.arrived"] * 2),
        (b"\n".join([json.dumps(PUSHED).encode()] * 3), "platform", ["ed.arrived"] * 3),
        (json.dumps(CLOUD).encode(), "platform", ["ed.arrived"]),
        (found(ENCOUNTER)[:-1] + b"}", "", ["registration.created", "patient.checked_in", "consultation.started",
                                            "consultation.ended"]),
    ],
)  # fmt: skip
def test_a_notation_is_found_out_and_read_as_the_first_feed_that_speaks_so(
    body: bytes, feed: str, heard: list[str]
) -> None:
    told = looked(body)
    assert (told.feed, kinds(told.events)) == (feed, heard)


@pytest.mark.parametrize("view", sorted(ROWS))
def test_the_rows_of_every_view_are_read_as_csv_and_as_json(view: str) -> None:
    columns, story = ROWS[view]
    as_json = looked(json.dumps([columns]).encode(), view=view)
    header, values = ",".join(columns), ",".join(f'"{value}"' for value in columns.values())
    as_csv = looked(f"{header}\n{values}\n".encode("gb18030"), view=view)
    assert len(as_json.events) == len(as_csv.events) == len(story)
    assert kinds(as_json.events) == kinds(as_csv.events) == [line.split(" ", 1)[1] for line in story]


def test_channels_of_one_payment_are_one_payment() -> None:
    rows = b"payment_id,bill_id,channel,amount,paid_at\nP1,B1,1,60,2025-03-03 10:58\nP1,B1,2,20.5,2025-03-03 10:58\n"
    assert kinds(looked(rows, view="v_payment").events) == ["bill.paid"]


def test_a_csv_is_read_as_its_feed_describes_it(tmp_path: Path) -> None:
    path = tmp_path / "six-ways.toml"
    path.write_text(site_text((SITES / "demo.toml").read_text("utf-8")), "utf-8")
    bench = Workbench(load_site(str(path)), Clock(), PSEUDONYMS)
    header = "事件,时间,就诊号,单号,类别,设备类型,项目,优先级,科室,医生,项数,金额\n"
    rows = "账单,2025-03-03 10:55,V1,B1,drug,,,,CARD,,,80.5\n退号,2025-03-03 10:56,V1,B1,,,,,,,,\n"
    told = bench.look(f"{header}{rows}".encode("gb18030"), Wanted(), 10)
    assert (told.notation, told.feed, kinds(told.events)) == ("csv", "export", ["bill.created"])
    assert [(each.field, each.raw) for each in told.checked.unmapped] == [("activity", "退号")]
    with pytest.raises(Malformed, match=r"columns that are not there: .*项数"):
        bench.look(f"{header}{rows}".replace("项数", "行数").encode("gb18030"), Wanted(), 10)


def test_only_so_many_messages_are_looked_at_and_the_rest_is_counted() -> None:
    told = BENCH.look(b"\r".join([ADMITTED] * 5), Wanted(), 3)
    assert (len(told.outcomes), told.left) == (3, 2)


def test_a_code_that_nobody_mapped_is_counted_where_it_stands() -> None:
    other = message("ADT^A10", "EVN|A10", "PV1|1|O|内八科" + "|" * 16 + "V1")
    (unmapped,) = looked(b"\r".join([ADMITTED, other, ADMITTED])).checked.unmapped
    assert (unmapped.field, unmapped.raw, unmapped.n) == ("dept", "内八科", 1)


@pytest.mark.parametrize(
    ("body", "wanted", "reason"),
    [
        (b"a,b\n1,2\n", {}, "whose rows"),
        (b"a,b\n1,2\n", {"notation": "rows"}, "choose whose rows they are: view"),
        (b"a,b\n1,2\n", {"view": "v_nothing"}, "no such view"),
        (b"[1,2", {"view": "v_ed"}, "not JSON: rows"),
        (b"\xff\xff\xff,", {"view": "v_ed"}, "encoding: body"),
    ],
)
def test_what_cannot_be_read_is_told_why(body: bytes, wanted: dict[str, str], reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        looked(body, **wanted)


def test_cutting_never_fails_in_another_way() -> None:
    for body in (b"", b"{", b"[[[[", b"MSH", b"\x00\xff", b'{"resourceType"', b"a\tb\n" + b'"' * 9):
        for view in ("", "v_payment"):
            try:
                messages_of(body, notation_of(body, view), view, 0, None)
            except Malformed:
                continue


def test_the_effect_is_that_of_the_events_alone() -> None:
    rows = {view: json.dumps([ROWS[view][0]]).encode() for view in ("v_register", "v_visit")}
    told = [event for view, row in rows.items() for event in looked(row, view=view).events]
    effect = judge_of(DEMO)(told, told[-1].occurred_at)
    (journey,) = effect.journeys
    assert [mark.code for mark in journey.marks][-3:] == [
        "consultation.started", "consultation.ended", "registration.refunded"
    ]  # fmt: skip
    assert any(bar.code == "consult_duration" and bar.ended for bar in journey.bars)
    assert {figure.code: figure.value for figure in effect.figures}["consult_duration"] == "8"


def test_a_picture_escapes_and_a_moment_has_none() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    mark = Mark(at=0, zh="<b>", en="x", code="c")
    assert drawn(Journey(name="n", is_visit=True, marks=[mark], bars=[]), zone) == ""
    open_bar = Bar(started=60_000, ended=None, zh="<i>", en="y", code="c")
    picture = drawn(Journey(name="n", is_visit=True, marks=[mark], bars=[open_bar]), zone)
    assert "&lt;b&gt;" in picture and "<b>" not in picture and "not ended" in picture


# --- the door ---------------------------------------------------------------------------------------------------------

HEADERS = {"content-type": "application/octet-stream"}


class Asked(NamedTuple):
    """Requests in turn, as one browser sends them."""

    settings: WorkbenchSettings = WorkbenchSettings()
    judge: Judge = judge_of(DEMO)
    name: str = "127.0.0.1"

    def answers(self, *requests: dict[str, Any], token: str = "") -> list[httpx.Response]:
        """Their answers."""
        return asyncio.run(self._answers(requests, token))

    async def _answers(self, requests: Sequence[dict[str, Any]], token: str) -> list[httpx.Response]:
        good, known = new_token()
        app = application(BENCH, self.judge, self.settings, Door((known,), 1))
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{self.name}") as browser:
            await browser.post("/login", data={"token": token or good})
            return [await browser.request(**request) for request in requests]


def look(content: bytes = ADMITTED, **headers: str) -> dict[str, Any]:
    return {"method": "POST", "url": "/look", "content": content, "headers": headers or HEADERS}


def test_limits_are_kept_and_whoever_left_is_outside() -> None:
    asked = Asked(WorkbenchSettings(max_body_bytes=4_000))
    leave = {"method": "POST", "url": "/logout"}
    from_a_form = look(accept="*/*")  # what a page elsewhere could make a browser send
    answers = asked.answers(look(b"x" * 5_000), from_a_form, look(), leave, look())
    assert [answer.status_code for answer in answers] == [413, 415, 200, 303, 401]
    assert [answer.status_code for answer in asked.answers(look(), token="hisp_guess")] == [401]


def test_a_mistake_of_ours_quotes_nothing() -> None:
    def fails(events: object, as_of: int) -> Effect:
        raise ValueError("V1 is 张珅")

    (failed,) = Asked(judge=fails).answers(look())
    assert failed.status_code == 500 and "张珅" not in failed.text and "ValueError in test_workbench.py" in failed.text


def test_a_page_elsewhere_cannot_name_this_one_and_no_page_may_be_framed_or_kept() -> None:
    root = {"method": "GET", "url": "/"}
    assert [a.status_code for a in Asked(name="evil.example").answers(root, look())] == [421, 421]
    (page,) = Asked().answers(root)
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"


def test_off_loopback_it_wants_a_token_and_tls() -> None:
    _, known = new_token()
    with pytest.raises(Misconfigured, match="token_sha256"):
        doors(DEMO, WorkbenchSettings(host="10.0.0.1"))
    with pytest.raises(Misconfigured, match="plain HTTP"):
        doors(DEMO, WorkbenchSettings(host="10.0.0.1", token_sha256=(known,)))
    assert doors(DEMO, WorkbenchSettings(host="10.0.0.1", token_sha256=(known,), behind_proxy=True))[1] == ""
    assert doors(DEMO, WorkbenchSettings())[1].startswith("hisp_")


def test_a_login_ends_by_time_by_leaving_and_by_a_hundred_others() -> None:
    token, known = new_token()
    over = Door((known,), session_hours=0.0)
    assert not over.is_inside(over.enter(token))
    door = Door((known,), session_hours=1.0)
    assert door.enter("another") is None and not door.is_inside(None)
    first, second, *others = [door.enter(token) for _ in range(101)]
    assert not door.is_inside(first), "the oldest makes room"
    assert all(map(door.is_inside, (second, *others)))
    door.leave(second)
    assert not door.is_inside(second)
