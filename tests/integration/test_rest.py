"""Vendors and in-house systems push events over HTTP to a real server before a real broker."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.local.kafka import KafkaProcess, start_kafka
from ingest.bus import DEADLETTER, JOURNEY, RAW, BusSettings, ensure_topics
from ingest.connectors import rest
from ingest.errors import Misconfigured
from ingest.settings import Site
from ingest.web.senders import hash_of
from tests.conftest import free_port
from tests.integration.conversation import feed_of, run_of, site_file, told, values

pytestmark = pytest.mark.services

TOKEN = "hisp_a-token-of-the-tests"
JSON = {"content-type": "application/json"}
SECRET = base64.b64encode(b"s" * 32).decode()
FEED = f"""
[feeds.calls]
kind = "rest"
source_system = "CALLS^DEMO"
port = 0
token_sha256 = ["{hash_of(TOKEN)}"]
max_body_bytes = 200000
max_records = 700
malformed_limit = 1.0
"""


def call(ticket: str, **more: Any) -> dict[str, Any]:
    """A ticket is called to window 3 of the cashier."""
    return {
        "event_type": "queue.called",
        "occurred_at": "2025-03-03T09:05:00+08:00",
        "ticket_id": ticket,
        "ticket_no": "A001",
        "queue_id": "CASH",
        "service_point_type": "cashier",
        "window_id": "W3",
        "call_seq": 1,
        "visit_id": "MZ2503030001",
        **more,
    }


@pytest.fixture
def site(tmp_path: Path, kafka: KafkaProcess) -> Site:
    return site_file(tmp_path, kafka.bootstrap, FEED)


@asynccontextmanager
async def listening(site: Site, directory: Path, token: str = TOKEN) -> AsyncIterator[httpx.AsyncClient]:
    """A feed of kind rest at work, and one who speaks to it."""
    await asyncio.to_thread(ensure_topics, site.section("bus", BusSettings))
    feed = feed_of(site, "calls")
    server = rest.connect(feed)
    await server.listen()
    stop = asyncio.Event()
    running = asyncio.create_task(run_of(feed, server, rest, directory).run(stop))
    headers = {"authorization": f"Bearer {token}"} if token else {}
    try:
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{server.port}", headers=headers, timeout=60, trust_env=False
        ) as client:
            yield client
    finally:
        stop.set()
        await running


def tickets(site: Site) -> dict[str | None, str]:
    """Ticket number told with it (as message_id) → pseudonym, of all events on the queue's topic."""
    return {event.source_msg_id: event.ticket_id for event in told(site, "his.queue.v1")}  # type: ignore[attr-defined]


def test_202_comes_when_the_events_are_durable(site: Site, tmp_path: Path) -> None:
    async def timeline() -> list[httpx.Response]:
        async with listening(site, tmp_path) as client:
            one = await client.post("/v1/events", json=call("T1", message_id="one"))
            many = await client.post("/v1/events", json=[call(f"T2{n}", message_id=f"many{n}") for n in range(600)])
            none: list[object] = []
            return [one, many, await client.post("/v1/events", json=none)]

    answers = asyncio.run(timeline())
    assert [(a.status_code, a.json()) for a in answers] == [
        (202, {"accepted": 1}),
        (202, {"accepted": 600}),
        (202, {"accepted": 0}),
    ]
    assert {"one", "many0", "many599"} <= set(tickets(site))
    placed = {json.loads(value)["event"]["source_msg_id"] for value in values(site, JOURNEY)}
    assert {"one", "many599"} <= placed
    assert len(values(site, RAW)) >= 601


def test_every_way_of_writing_the_same_event_is_the_same_event(site: Site, tmp_path: Path) -> None:
    said = call("TW")
    data = {name: value for name, value in said.items() if name not in ("event_type", "occurred_at")}
    cloud = {
        "specversion": "1.0",
        "type": "queue.called",
        "source": "/calls",
        "id": "ce",
        "time": "2025-03-03T01:05:00Z",
        "data": data,
    }
    binary = {f"ce-{name}": value for name, value in cloud.items() if name != "data"} | {"ce-id": "cb"}
    ways: list[tuple[str, bytes, dict[str, Any]]] = [
        ("application/json", json.dumps({**said, "message_id": "object"}).encode(), {}),
        ("application/json; charset=utf-8", json.dumps([{**said, "message_id": "array"}]).encode(), {}),
        ("application/x-ndjson", json.dumps({**said, "message_id": "line"}).encode() + b"\n\n", {}),
        ("application/cloudevents+json", json.dumps(cloud).encode(), {}),
        ("application/cloudevents-batch+json", json.dumps([{**cloud, "id": "batch"}]).encode(), {}),
        ("application/json", json.dumps(data).encode(), binary),
        (
            "application/json",
            gzip.compress(json.dumps({**said, "message_id": "packed"}).encode()),
            {"content-encoding": "gzip"},
        ),
    ]

    async def timeline() -> list[int]:
        async with listening(site, tmp_path) as client:
            return [
                (await client.post("/v1/events", content=body, headers={"content-type": kind, **headers})).status_code
                for kind, body, headers in ways
            ]

    assert asyncio.run(timeline()) == [202] * len(ways)
    names = ("object", "array", "line", "ce", "batch", "cb", "packed")
    same = [event for event in told(site, "his.queue.v1") if event.source_msg_id in names]
    assert len(same) == len(ways) and len({event.event_id for event in same}) == 1
    assert len({event.revision[-8:] for event in same if event.tz_offset_min == 480}) == 1


def test_the_refused_are_named_one_by_one_and_the_others_are_taken(site: Site, tmp_path: Path) -> None:
    bad: list[Any] = [
        call("X1", service_point_type="disco"),
        call("", message_id="x2"),
        {**call("X3"), "occurred_at": "上午"},
        {**call("X4"), "occurred_at": "2093-01-01T00:00:00Z"},
        {**call("X5"), "event_type": "feed.heartbeat"},
        {"event_type": "bill.paid", "occurred_at": 1741000000000, "bill_id": "B", "parts": [{"amount": "many"}]},
        "张珅",
        call("X8", call_seq="first"),
        call("good", message_id="good"),
    ]

    async def timeline() -> list[httpx.Response]:
        async with listening(site, tmp_path) as client:
            array = await client.post("/v1/events", json=bad)
            lines = await client.post(
                "/v1/events",
                content=b'{"event_type": "queue.ca\n' + json.dumps(call("good2", message_id="good2")).encode(),
                headers={"content-type": "application/x-ndjson"},
            )
            return [array, lines, await client.post("/v1/events", content='[{"张珅":'.encode(), headers=JSON)]

    array, lines, broken = asyncio.run(timeline())
    assert (array.status_code, array.headers["content-type"]) == (422, "application/problem+json")
    problem = array.json()
    assert (problem["accepted"], problem["refused"], problem["type"]) == (1, 8, "/#refused-records")
    assert [(e["pointer"], e["detail"]) for e in problem["errors"]] == [
        ("/0/service_point_type", "illegal code"),
        ("/1/ticket_id", "missing subject"),
        ("/2/occurred_at", "unreadable time"),
        ("/3/occurred_at", "future_time"),
        ("/4/event_type", "illegal code"),
        ("/5/parts/0/amount", "not an amount"),
        ("/6", "not an object"),
        ("/7/call_seq", "not a number"),
    ]
    assert lines.status_code == 422 and lines.json()["errors"][0]["detail"] == "not JSON"
    assert broken.status_code == 400 and "张" not in broken.text + array.text
    assert {"good", "good2"} <= set(tickets(site))
    letters = b"".join(values(site, DEADLETTER))
    assert b"illegal code: service_point_type" in letters and "张".encode() not in letters and b"disco" not in letters


def test_nobody_is_named_and_no_number_leaves(site: Site, tmp_path: Path) -> None:
    said = {
        "event_type": "registration.created",
        "occurred_at": "2025-03-03 08:00",
        "visit_id": "CANARY-V1",
        "patient_id": {"number": "CANARY-P1", "authority": "HIS"},
        "patient_name": "CANARY张珅",
        "phone": "CANARY13800000000",
        "birth_date": "1950-06-15",
        "sex": "2",
        "register_no": "CANARY-R1",
        "doctor_id": "CANARY-D1",
        "dept_code": "CANARY 心内科",
        "visit_kind": "CANARY text 张珅",
        "message_id": "CANARY/1234567890",
        "channel": "wechat",
        "visit_class": "outpatient",
    }

    async def timeline() -> int:
        async with listening(site, tmp_path) as client:
            return (await client.post("/v1/events", json=said)).status_code

    assert asyncio.run(timeline()) == 202
    everything = b"".join(value for topic in ("his.registration.v1", JOURNEY, RAW) for value in values(site, topic))
    assert b"CANARY" not in everything and "张珅".encode() not in everything and b"1950-06" not in everything
    (event,) = [e for e in told(site, "his.registration.v1") if e.source_system == "CALLS^DEMO"]
    assert event.age_band == "65-79" and "dropped:fields" in event.quality_flags  # type: ignore[attr-defined]


def test_telling_it_again_changes_nothing_and_a_higher_version_corrects(site: Site, tmp_path: Path) -> None:
    first, again = call("TV", version=7, message_id="v1"), call("TV", version=7, message_id="v2")
    late = call("TV", version=6, message_id="v3", window_id="W9")

    async def timeline() -> None:
        async with listening(site, tmp_path) as client:
            for said in (first, again, late):
                assert (await client.post("/v1/events", json=said)).status_code == 202

    asyncio.run(timeline())
    one, two, three = [e for e in told(site, "his.queue.v1") if e.source_msg_id in ("v1", "v2", "v3")]
    assert (one.event_id, one.revision) == (two.event_id, two.revision)
    assert three.event_id == one.event_id and three.revision < one.revision


def test_strangers_are_not_heard(site: Site, tmp_path: Path) -> None:
    async def timeline() -> list[httpx.Response]:
        async with listening(site, tmp_path, token="") as client:
            body = call("S1", message_id="stranger")
            wrong = {"authorization": "Bearer hisp_wrong"}
            signed = {"webhook-id": "1", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"}
            return [
                await client.post("/v1/events", json=body, headers=headers)
                for headers in ({}, wrong, {"authorization": "Basic eDp5"}, signed)
            ]

    answers = asyncio.run(timeline())
    assert [a.status_code for a in answers] == [401] * 4
    assert all(a.headers["www-authenticate"] == "Bearer" for a in answers)
    assert "stranger" not in tickets(site)


def test_a_signed_message_needs_no_token(tmp_path: Path, kafka: KafkaProcess) -> None:
    secret = tmp_path / "vendor.secret"
    secret.write_text(f"whsec_{SECRET}\n", "ascii")
    secret.chmod(0o600)
    site = site_file(tmp_path, kafka.bootstrap, FEED + f'signing_secret_files = ["{secret}"]\n')
    body = gzip.compress(json.dumps(call("TS", message_id="signed")).encode())

    def signed(at: int, said: bytes) -> dict[str, str]:
        seal = hmac.digest(b"s" * 32, f"msg_1.{at}.".encode() + said, hashlib.sha256)
        signature = "v1,AAAA v1," + base64.b64encode(seal).decode()
        return {
            "webhook-id": "msg_1",
            "webhook-timestamp": str(at),
            "webhook-signature": signature,
            "content-type": "application/json",
            "content-encoding": "gzip",
        }

    async def timeline() -> list[int]:
        now = int(time.time())
        async with listening(site, tmp_path, token="") as client:
            return [
                (await client.post("/v1/events", content=body, headers=headers)).status_code
                for headers in (signed(now, body), signed(now, body + b"x"), signed(now - 3600, body))
            ]

    assert asyncio.run(timeline()) == [202, 401, 401]
    assert "signed" in tickets(site)


def test_limits(site: Site, tmp_path: Path) -> None:
    bomb = gzip.compress(b"[" + b" " * 5_000_000 + b"]")
    deep = b"[" * 100_000

    async def timeline() -> list[tuple[int, str]]:
        async with listening(site, tmp_path) as client:
            answers = []
            for body, headers in (
                (json.dumps([call(f"L{n}") for n in range(701)]).encode(), {}),
                (b" " * 200_001, {}),
                (bomb, {"content-encoding": "gzip"}),
                (b"not gzip", {"content-encoding": "gzip"}),
                (gzip.compress(b"[]")[:-6], {"content-encoding": "gzip"}),
                (b"{}", {"content-encoding": "br"}),
                (b"{}", {"content-type": "text/plain"}),
                (deep, {}),
                (b'{"a":' * 20_000, {}),
                (b"", {}),
                (b"\xff\xfe", {}),
            ):
                answer = await client.post("/v1/events", content=body, headers={**JSON, **headers})
                answers.append((answer.status_code, answer.headers["content-type"]))
            for path in ("/v1/events", "/elsewhere"):
                answer = await client.get(path)
                answers.append((answer.status_code, answer.headers["content-type"]))
            return answers

    statuses = asyncio.run(timeline())
    assert [status for status, _ in statuses] == [413, 413, 413, 400, 400, 415, 415, 400, 400, 400, 400, 405, 404]
    assert {kind for _, kind in statuses} == {"application/problem+json"}


def test_a_sender_that_is_too_fast_is_told_to_wait(tmp_path: Path, kafka: KafkaProcess) -> None:
    slow = FEED + "max_requests_per_minute = 3\nmax_records_per_minute = 10\n"
    site = site_file(tmp_path, kafka.bootstrap, slow)

    async def timeline() -> list[httpx.Response]:
        async with listening(site, tmp_path) as client:
            many = await client.post("/v1/events", json=[call(f"R{n}") for n in range(11)])
            return [many, *[await client.post("/v1/events", json=call("R")) for _ in range(3)]]

    answers = asyncio.run(timeline())
    assert [answer.status_code for answer in answers] == [429, 202, 202, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1


def test_senders_that_say_nothing_are_hung_up_on(tmp_path: Path, kafka: KafkaProcess) -> None:
    site = site_file(tmp_path, kafka.bootstrap, FEED + "head_s = 1.0\nbody_s = 1.0\n")

    async def timeline() -> tuple[bytes, bytes, bytes, int]:
        async with listening(site, tmp_path) as client:
            port = client.base_url.port
            silent = await asyncio.open_connection("127.0.0.1", port)
            halting = await asyncio.open_connection("127.0.0.1", port)
            halting[1].write(b"POST /v1/events HTTP/1.1\r\nHost: x\r\n")
            slow = await asyncio.open_connection("127.0.0.1", port)
            slow[1].write(
                b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n"
                b"Authorization: Bearer " + TOKEN.encode() + b"\r\n\r\n{"
            )
            good = await client.post("/v1/events", json=call("TG"))
            said = [await _until_hung_up(reader) for reader, _ in (silent, halting)]
            return said[0], said[1], await asyncio.wait_for(slow[0].readline(), 30), good.status_code

    silent, halting, slow, good = asyncio.run(timeline())
    assert (silent, halting, good) == (b"", b"", 202)
    assert slow.startswith(b"HTTP/1.1 408")


async def _until_hung_up(reader: asyncio.StreamReader) -> bytes:
    try:
        return await asyncio.wait_for(reader.read(), 30)
    except ConnectionError:
        return b""


def test_while_kafka_is_away_senders_are_told_to_send_again(tmp_path: Path) -> None:
    (tmp_path / "kafka").mkdir()
    port, controller = free_port(), free_port()
    broker = start_kafka(tmp_path / "kafka", port, controller)
    site = site_file(tmp_path, broker.bootstrap, FEED + "answer_s = 2.0\n")

    async def timeline() -> tuple[httpx.Response, httpx.Response]:
        nonlocal broker
        async with listening(site, tmp_path) as client:
            assert (await client.post("/v1/events", json=call("K1", message_id="k1"))).status_code == 202
            broker.stop()
            away = await client.post("/v1/events", json=call("K2", message_id="k2"))
            broker = await asyncio.to_thread(start_kafka, tmp_path / "kafka", port, controller)
            while (back := await client.post("/v1/events", json=call("K2", message_id="k2"))).status_code == 503:
                await asyncio.sleep(0.5)
            return away, back

    try:
        away, back = asyncio.run(timeline())
        assert (away.status_code, away.headers["retry-after"], back.status_code) == (503, "5", 202)
        said = [event for event in told(site, "his.queue.v1") if event.source_msg_id == "k2"]
        assert said and len({event.event_id for event in said}) == 1
    finally:
        broker.stop()


def test_the_page_and_the_document_need_nothing_from_outside(site: Site, tmp_path: Path) -> None:
    async def timeline() -> tuple[httpx.Response, httpx.Response]:
        async with listening(site, tmp_path, token="") as client:
            return await client.get("/"), await client.get("/openapi.json")

    page, document = asyncio.run(timeline())
    assert "<script" not in page.text and "src=" not in page.text and "queue.called" in page.text
    assert document.json()["openapi"] == "3.1.0"


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ("token_sha256 = []\n", "nobody may send"),
        ('token_sha256 = ["hisp_clear"]\n', "64 hex digits"),
        ('host = "0.0.0.0"\n', "plain HTTP"),
        ('tls_cert_file = "/nowhere.pem"\n', "there is no file /nowhere.pem"),
        ('signing_secret_files = ["/nowhere"]\n', "/nowhere is unreadable"),
    ],
)
def test_what_cannot_work_is_one_sentence(tmp_path: Path, more: str, sentence: str) -> None:
    key = more.partition(" ")[0]
    lines = [line for line in FEED.splitlines() if not line.startswith(key)]
    site = site_file(tmp_path, "127.0.0.1:1", "\n".join([*lines, more]))

    async def timeline() -> None:
        server = rest.connect(feed_of(site, "calls"))
        await server.listen()
        await server.close()

    with pytest.raises(Misconfigured, match=sentence):
        asyncio.run(timeline())
