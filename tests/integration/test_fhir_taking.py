"""Bundles are sent, an export is read: into a real broker."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.local.kafka import KafkaProcess
from ingest.bus import DEADLETTER
from ingest.connectors import fhir
from ingest.events.envelope import Event, kind_of
from ingest.fhir.bulk import BulkFiles
from ingest.fhir.door import door
from ingest.positions import Positions
from ingest.web.senders import hash_of
from tests.golden.fhir_resources import (
    APPOINTMENT,
    CLINIC,
    DOCTOR,
    ENCOUNTER,
    ORDER,
    PATIENT,
    ROOM,
    Resource,
    at,
)
from tests.golden.speech import number
from tests.integration.conversation import feed_of, run_of, values
from tests.integration.fhir_conversation import (
    STORY,
    events_of,
    hospital,
    kinds,
    running,
)

pytestmark = pytest.mark.services


TOKEN = "hisp_a-token-of-the-tests"


def sent(bundle_type: str, *resources: Resource) -> dict[str, Any]:
    entries = [{"resource": each, "request": {"method": "POST", "url": each["resourceType"]}} for each in resources]
    return {"resourceType": "Bundle", "type": bundle_type, "entry": entries}


def test_bundles_and_notifications_are_answered_when_they_are_durable(tmp_path: Path, kafka: KafkaProcess) -> None:
    site = hospital(tmp_path, kafka, f'port = 0\ntoken_sha256 = ["{hash_of(TOKEN)}"]')
    people = (PATIENT, DOCTOR, CLINIC, ROOM)
    wrong = {**ORDER, "authoredOn": "soon 张珅"}

    async def timeline() -> list[httpx.Response]:
        async with running(site, tmp_path, lambda feed, _positions: door(feed)) as server:
            while not server.port:
                await asyncio.sleep(0.02)
            headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/fhir+json"}
            async with httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{server.port}", headers=headers, timeout=60, trust_env=False
            ) as client:
                return [
                    await client.post("/fhir", json=sent("transaction", APPOINTMENT, ENCOUNTER, ORDER, *people)),
                    await client.post("/fhir", json=sent("message", ENCOUNTER)),
                    await client.put("/fhir/ServiceRequest/s1", json={**ORDER, "status": "revoked"}),
                    await client.post("/fhir"),
                    await client.post("/fhir", json={"resourceType": "Basic"}),
                    await client.post("/fhir", json=sent("transaction", ENCOUNTER, wrong)),
                    await client.post("/fhir", content=b"<Bundle/>"),
                    await client.post("/fhir", json=sent("message"), headers={"authorization": "Bearer x"}),
                    await client.post("/fhir", content=b"x", headers={"content-type": "application/fhir+xml"}),
                    await client.get("/fhir"),
                ]

    answers = asyncio.run(timeline())
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 200, 422, 422, 401, 415, 405]
    assert {answer.json()["resourceType"] for answer in answers} == {"OperationOutcome"}
    assert answers[5].json()["issue"][0]["diagnostics"] == "unreadable time: ServiceRequest.authoredOn"
    assert answers[7].headers["www-authenticate"] == "Bearer"
    assert {*STORY, "order.cancelled"} == kinds(events_of(site))
    assert "张".encode() not in b"".join(values(site, DEADLETTER)) and "张" not in answers[5].text


def test_a_bulk_export_is_read_once_whatever_the_order_of_its_files(tmp_path: Path, kafka: KafkaProcess) -> None:
    export = tmp_path / "export"
    export.mkdir()
    by_type: dict[str, list[Resource]] = {}
    for each in (APPOINTMENT, ENCOUNTER, ORDER, PATIENT, DOCTOR, CLINIC, ROOM):
        by_type.setdefault(each["resourceType"], []).append(each)
    for name, resources in by_type.items():
        lines = "\n".join(json.dumps(each, ensure_ascii=False) for each in resources)
        (export / f"{name}.ndjson").write_text(lines + "\n", "utf-8")
    with (export / "ServiceRequest.ndjson").open("a", encoding="utf-8") as file:
        file.write('{"resourceType": "Serv\n')
    site = hospital(tmp_path, kafka, f'paths = ["{export}"]')

    async def read() -> list[Event]:
        feed = feed_of(site, "fhir")
        reader = BulkFiles(feed, Positions(site.name, feed.name, tmp_path / "positions"))
        await run_of(feed, reader, fhir, tmp_path).run(asyncio.Event())
        return await asyncio.to_thread(events_of, site)

    first, again = asyncio.run(read()), asyncio.run(read())
    assert kinds(first) == STORY and len(again) == len(first)
    (order,) = [event for event in first if kind_of(event) == "order.placed"]
    assert order.visit_id == number("visit", "V1", "HIS") and order.occurred_at == 1_740_964_800_000, at("09:20")
    assert any(json.loads(value)["reason"] == "not JSON: line" for value in values(site, DEADLETTER))
