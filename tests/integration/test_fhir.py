"""A real FHIR server is polled, bundles are sent, an export is read: all into a real broker."""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.kafka import KafkaProcess
from ingest.bus import DEADLETTER, BusSettings, ensure_topics
from ingest.connectors import fhir
from ingest.errors import Misconfigured, Unavailable
from ingest.events.envelope import Event, kind_of
from ingest.feeds import Feed
from ingest.fhir.bulk import BulkFiles
from ingest.fhir.door import Door
from ingest.fhir.polling import Poller
from ingest.positions import Positions
from ingest.settings import Site
from ingest.web.senders import hash_of
from tests.conftest import free_port
from tests.fhir_server import FhirServerProcess, start_fhir_server
from tests.golden.fhir_resources import (
    APPOINTMENT,
    CLINIC,
    DOCTOR,
    ENCOUNTER,
    KNOWN,
    ORDER,
    PATIENT,
    ROOM,
    Resource,
    at,
)
from tests.golden.speech import message, number
from tests.golden.speech import told as heard
from tests.integration.conversation import feed_of, run_of, site_file, told, values

pytestmark = pytest.mark.services

TOKEN = "hisp_a-token-of-the-tests"
TOPICS = ("his.registration.v1", "his.consultation.v1", "his.orders.v1", "his.scheduling.v1")
CODES = '\n[codes.authority]\n"urn:his" = "HIS"\n\n[codes.dept]\n"0301" = "CARD"\n'


@pytest.fixture(scope="module")
def fhir_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FhirServerProcess]:
    need_a_compiler()
    server = start_fhir_server(tmp_path_factory.mktemp("fhir"), free_port())
    yield server
    server.stop()


def need_a_compiler() -> None:
    if shutil.which("javac") is None:
        pytest.skip("the test's FHIR server needs a JDK: apt-get install openjdk-17-jdk-headless")


def hospital(directory: Path, kafka: KafkaProcess, feed: str) -> Site:
    """A hospital with one feed of kind fhir, told apart from other tests' by its source."""
    more = (
        f'[feeds.fhir]\nkind = "fhir"\nsource_system = "FHIR^{directory.name}"\nmalformed_limit = 1.0\n{feed}\n{CODES}'
    )
    site = site_file(directory, kafka.bootstrap, more)
    ensure_topics(site.section("bus", BusSettings))
    return site


def polled(base_url: str, more: str = "") -> str:
    return f'base_url = "{base_url}"\npoll_s = 0.05\npage_size = 3\nmax_asked_per_minute = 100000\n{more}'


@asynccontextmanager
async def running(site: Site, directory: Path, make: Callable[[Feed, Positions], Any]) -> AsyncIterator[Any]:
    feed = feed_of(site, "fhir")
    connector = make(feed, Positions(site.name, feed.name, directory / "positions"))
    stop = asyncio.Event()
    run = asyncio.create_task(run_of(feed, connector, fhir, directory).run(stop))
    try:
        yield connector
    finally:
        stop.set()
        await run


def events_of(site: Site) -> list[Event]:
    """What the feed has told."""
    source = feed_of(site, "fhir").settings.source_system
    return [event for topic in TOPICS for event in told(site, topic) if event.source_system == source]


async def until(site: Site, enough: Callable[[list[Event]], bool]) -> list[Event]:
    for _ in range(300):
        events = await asyncio.to_thread(events_of, site)
        if enough(events):
            return events
        await asyncio.sleep(0.1)
    raise AssertionError(f"not told: {[kind_of(event) for event in events]}")


def kinds(events: list[Event]) -> set[str]:
    return {kind_of(event) for event in events}


STORY = {
    "appointment.booked", "registration.created", "patient.checked_in", "consultation.started", "consultation.ended",
    "order.placed",
}  # fmt: skip


# --- polling ---------------------------------------------------------------------------------------------------------


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
    (registered,) = [e for e in events if kind_of(e) == "registration.created"]
    assert registered.age_band == "14-59" and registered.dept_code == "CARD"  # type: ignore[attr-defined]
    pv1 = "PV1|1|O|CARD" + "|" * 16 + "V1^^^HIS"
    (spoken,) = heard(message("ADT^A04", "EVN|A04|||||20250303084100", pv1))
    assert spoken.event_id == registered.event_id


def test_a_restart_tells_nothing_twice_and_loses_nothing(
    tmp_path: Path, kafka: KafkaProcess, fhir_server: FhirServerProcess
) -> None:
    fhir_server.put(PATIENT, ENCOUNTER, {**ORDER, "id": "r1", "identifier": [{"value": "R1"}]})
    site = hospital(tmp_path, kafka, polled(fhir_server.base_url, 'overlap_s = 0.0\nresources = ["ServiceRequest"]'))
    later = {**ORDER, "id": "r2", "identifier": [{"value": "R2"}]}

    def orders(events: list[Event]) -> list[str]:
        return [event.order_id for event in events]  # type: ignore[attr-defined]

    async def timeline() -> list[Event]:
        positions = Positions(site.name, "fhir", tmp_path / "positions")
        async with running(site, tmp_path, Poller):
            await until(site, lambda events: number("order", "R1") in orders(events))
            start = positions.marks.get("ServiceRequest")
            for _ in range(100):  # until the bound has moved past what was told
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


# --- SMART backend services ------------------------------------------------------------------------------------------


class Authorizing:
    """A FHIR server that gives nothing without a token, and a token only for a good assertion."""

    def __init__(self, public_key: Any) -> None:
        self.key = public_key
        self.asked: list[str] = []
        self.tokens = 0
        self.away = False
        self.app = Starlette(
            routes=[
                Route("/token", self.token, methods=["POST"]),
                Route("/fhir/.well-known/smart-configuration", self.configuration),
                Route("/fhir/metadata", self.metadata),
                Route("/fhir/{kind}", self.search),
            ]
        )
        self.base = ""

    async def configuration(self, _request: Request) -> Response:
        return JSONResponse({"token_endpoint": f"{self.base}/token"})

    async def token(self, request: Request) -> Response:
        form = dict(pair.split("=", 1) for pair in (await request.body()).decode().split("&"))
        said, _, signature = form["client_assertion"].rpartition(".")
        head, claims = (json.loads(_unpacked(part)) for part in said.split("."))
        self._verify(said.encode(), _unpacked(signature), head["alg"])
        assert (head["kid"], claims["iss"], claims["sub"], claims["aud"]) == ("k1", "us", "us", f"{self.base}/token")
        assert form["grant_type"] == "client_credentials" and claims["jti"]
        self.tokens += 1
        return JSONResponse({"access_token": f"t{self.tokens}", "token_type": "bearer", "expires_in": 300})

    def _verify(self, said: bytes, signature: bytes, algorithm: str) -> None:
        if algorithm == "RS384":
            self.key.verify(signature, said, padding.PKCS1v15(), hashes.SHA384())
        else:
            r, s = (int.from_bytes(part, "big") for part in (signature[:48], signature[48:]))
            self.key.verify(encode_dss_signature(r, s), said, ec.ECDSA(hashes.SHA384()))

    def _refusal(self, request: Request) -> Response | None:
        self.asked.append(str(request.url))
        if self.away:
            return Response(status_code=503)
        # The first token is withdrawn before its time.
        return None if request.headers.get("authorization") == "Bearer t2" else Response(status_code=401)

    async def metadata(self, request: Request) -> Response:
        told = {"resourceType": "CapabilityStatement", "rest": [{"resource": [{"type": "ServiceRequest"}]}]}
        return self._refusal(request) or JSONResponse(told)

    async def search(self, request: Request) -> Response:
        elsewhere = "http://elsewhere.invalid/fhir/ServiceRequest?page=2"
        link = [] if "page" in request.query_params else [{"relation": "next", "url": elsewhere}]
        entry = [{"resource": {**ORDER, "id": "s1"}, "search": {"mode": "match"}}]
        kind = request.path_params["kind"]
        told = {"resourceType": "Bundle", "link": link, "entry": entry if kind == "ServiceRequest" else []}
        return self._refusal(request) or JSONResponse(told)


def _unpacked(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@asynccontextmanager
async def serving(authorizing: Authorizing) -> AsyncIterator[None]:
    port = free_port()
    authorizing.base = f"http://127.0.0.1:{port}"
    server = uvicorn.Server(uvicorn.Config(authorizing.app, port=port, log_config=None, lifespan="off"))
    task = asyncio.create_task(server._serve())
    while not server.started:
        await asyncio.sleep(0.02)
    try:
        yield
    finally:
        server.should_exit = True
        await task


@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_a_server_that_asks_who_we_are(tmp_path: Path, kafka: KafkaProcess, kind: str) -> None:
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    key = rsa.generate_private_key(65537, 2048) if kind == "rsa" else ec.generate_private_key(ec.SECP384R1())
    pem = tmp_path / "client.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    authorizing = Authorizing(key.public_key())
    keys = f'client_id = "us"\nclient_key_file = "{pem}"\nclient_key_id = "k1"\n'

    async def timeline() -> tuple[list[str], int]:
        async with serving(authorizing):
            site = hospital(tmp_path, kafka, polled(f"{authorizing.base}/fhir", keys))
            async with running(site, tmp_path, Poller):
                (order,) = await until(site, lambda events: len(events) >= 1)
                assert order.source_msg_id == "ServiceRequest/s1"
            authorizing.away = True
            with pytest.raises(Unavailable, match="status 503"):
                async for _ in Poller(feed_of(site, "fhir"), Positions("a", "b", tmp_path)).read():
                    pass
        return authorizing.asked, authorizing.tokens

    asked, tokens = asyncio.run(timeline())
    assert tokens >= 2 and all("elsewhere" not in url for url in asked) and any("page=2" in url for url in asked)


# --- what is sent ----------------------------------------------------------------------------------------------------


def sent(bundle_type: str, *resources: Resource) -> dict[str, Any]:
    entries = [{"resource": each, "request": {"method": "POST", "url": each["resourceType"]}} for each in resources]
    return {"resourceType": "Bundle", "type": bundle_type, "entry": entries}


def test_bundles_and_notifications_are_answered_when_they_are_durable(tmp_path: Path, kafka: KafkaProcess) -> None:
    site = hospital(tmp_path, kafka, f'port = 0\ntoken_sha256 = ["{hash_of(TOKEN)}"]')
    people = (PATIENT, DOCTOR, CLINIC, ROOM)
    wrong = {**ORDER, "authoredOn": "soon 张珅"}

    async def timeline() -> list[httpx.Response]:
        async with running(site, tmp_path, lambda feed, _positions: Door(feed)) as door:
            while not door.port:
                await asyncio.sleep(0.02)
            headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/fhir+json"}
            async with httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{door.port}", headers=headers, timeout=60, trust_env=False
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


# --- bulk export -----------------------------------------------------------------------------------------------------


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
