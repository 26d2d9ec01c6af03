"""A real FHIR server is polled into a real broker."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.kafka import KafkaProcess
from ingest.connectors import fhir
from ingest.errors import Misconfigured
from ingest.events.envelope import Event, kind_of
from ingest.events.orders import OrderEvent
from ingest.events.registration import RegistrationCreated
from ingest.fhir.polling import Poller
from ingest.positions import Positions
from tests.conftest import free_port
from tests.fhir_server import FhirServerProcess, start_fhir_server
from tests.golden.fhir_resources import (
    APPOINTMENT,
    ENCOUNTER,
    KNOWN,
    ORDER,
    PATIENT,
)
from tests.golden.speech import message, number, only
from tests.golden.speech import told as heard
from tests.integration.conversation import feed_of
from tests.integration.fhir_conversation import (
    STORY,
    events_of,
    hospital,
    kinds,
    need_a_compiler,
    polled,
    running,
    until,
)

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def fhir_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FhirServerProcess]:
    need_a_compiler()
    server = start_fhir_server(tmp_path_factory.mktemp("fhir"), free_port())
    yield server
    server.stop()


def test_a_server_is_polled_and_what_it_refers_to_is_followed(
    tmp_path: Path, kafka: KafkaProcess, fhir_server: FhirServerProcess
) -> None:
    orders = [{**ORDER, "id": f"o{n}", "identifier": [{"value": f"O{n}"}]} for n in range(11)]
    fhir_server.put(*KNOWN[:4], APPOINTMENT, ENCOUNTER, *orders)
    site = hospital(tmp_path, kafka, polled(fhir_server.base_url))

    async def timeline() -> list[Event]:
        async with running(site, tmp_path, Poller):
            first = await until(site, lambda events: kinds(events) >= STORY and len(events) >= 16)
            revoked = {**orders[3], "status": "revoked"}
            await asyncio.to_thread(fhir_server.put, revoked)
            await until(site, lambda events: "order.cancelled" in kinds(events))
        assert len(first) == len({(event.event_id, event.revision) for event in first}) == 16
        return await asyncio.to_thread(events_of, site)

    events = asyncio.run(timeline())
    assert {e.visit_id for e in events if kind_of(e) == "order.placed"} == {number("visit", "V1", "HIS")}
    registered = only(RegistrationCreated, events)
    assert (registered.age_band, registered.dept_code) == ("14-59", "CARD")
    pv1 = "PV1|1|O|CARD" + "|" * 16 + "V1^^^HIS"
    (spoken,) = heard(message("ADT^A04", "EVN|A04|||||20250303084100", pv1))
    assert spoken.event_id == registered.event_id


def test_a_restart_tells_nothing_twice_and_loses_nothing(
    tmp_path: Path, kafka: KafkaProcess, fhir_server: FhirServerProcess
) -> None:
    fhir_server.put(PATIENT, ENCOUNTER, {**ORDER, "id": "r1", "identifier": [{"value": "R1"}]})
    site = hospital(tmp_path, kafka, polled(fhir_server.base_url, 'overlap_s = 0.0\nresources = ["ServiceRequest"]'))
    later = {**ORDER, "id": "r2", "identifier": [{"value": "R2"}]}

    def orders(events: list[Event]) -> list[str | None]:
        return [event.order_id for event in events if isinstance(event, OrderEvent)]

    async def timeline() -> list[Event]:
        positions = Positions(site.name, "fhir", tmp_path / "positions")
        async with running(site, tmp_path, Poller):
            await until(site, lambda events: number("order", "R1") in orders(events))
            start = positions.marks.get("ServiceRequest")
            for _ in range(1200):  # until the bound has moved past what was told
                moved = Positions(site.name, "fhir", tmp_path / "positions").marks.get("ServiceRequest")
                if moved is not None and moved != start:
                    break
                await asyncio.sleep(0.05)
        await asyncio.to_thread(fhir_server.put, later)
        async with running(site, tmp_path, Poller):
            return await until(site, lambda events: number("order", "R2") in orders(events))

    events = asyncio.run(timeline())
    assert len({(event.event_id, event.revision) for event in events if kind_of(event) == "order.placed"}) >= 2
    by_fact = {(event.event_id, event.revision): event.op for event in events}
    assert len(by_fact) == len({event.event_id for event in events})


def test_a_server_that_is_away_is_waited_for(tmp_path: Path, kafka: KafkaProcess) -> None:
    need_a_compiler()
    port = free_port()
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    server = start_fhir_server(first, port)
    site = hospital(tmp_path, kafka, polled(server.base_url, 'resources = ["ServiceRequest"]'))

    async def timeline() -> list[Event]:
        nonlocal server
        async with running(site, tmp_path, Poller):
            await asyncio.to_thread(server.put, {**ORDER, "id": "w1", "identifier": [{"value": "W1"}]})
            await until(site, lambda events: len(events) == 1)
            server.stop()
            server = await asyncio.to_thread(start_fhir_server, second, port)
            await asyncio.to_thread(server.put, {**ORDER, "id": "w2", "identifier": [{"value": "W2"}]})
            return await until(site, lambda events: len({event.event_id for event in events}) == 2)

    try:
        asyncio.run(timeline())
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("feed", "sentence"),
    [
        ('base_url = "his.local"', "base_url: write it whole"),
        ('base_url = "http://h/fhir"\npaths = ["/x"]', "not both"),
        ('base_url = "http://h/fhir"\nclient_id = "us"', "client_key_file"),
        ('base_url = "http://h/fhir"\nclient_id = "us"\nclient_key_file = "/nowhere"', "/nowhere is unreadable"),
        ("port = 0", "nobody may send"),
    ],
)
def test_what_cannot_work_is_one_sentence(tmp_path: Path, kafka: KafkaProcess, feed: str, sentence: str) -> None:
    site = hospital(tmp_path, kafka, feed)
    with pytest.raises(Misconfigured, match=sentence):
        fhir.connect(feed_of(site, "fhir"))
