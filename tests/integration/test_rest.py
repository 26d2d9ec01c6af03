"""Vendors and in-house systems push events over HTTP to a real server before a real broker."""

from __future__ import annotations

import asyncio
import gzip
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.local.kafka import KafkaProcess, start_kafka
from ingest.bus import DEADLETTER, JOURNEY, RAW
from ingest.events.registration import RegistrationCreated
from ingest.settings import Site
from tests.conftest import free_port
from tests.golden.speech import the
from tests.integration.conversation import site_file, told, values
from tests.integration.rest_conversation import FEED, call, listening, tickets

pytestmark = pytest.mark.services

JSON = {"content-type": "application/json"}


@pytest.fixture
def site(tmp_path: Path, kafka: KafkaProcess) -> Site:
    return site_file(tmp_path, kafka.bootstrap, FEED)


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
    assert the(RegistrationCreated, event).age_band == "65-79" and "dropped:fields" in event.quality_flags


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
