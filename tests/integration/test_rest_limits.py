"""Who may push events over HTTP, how much, and how fast: a real server before a real broker."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import hmac
import json
import time
from pathlib import Path

import httpx
import pytest

from infra.local.kafka import KafkaProcess
from ingest.connectors import rest
from ingest.errors import Misconfigured
from ingest.settings import Site
from tests.integration.conversation import feed_of, site_file
from tests.integration.rest_conversation import FEED, TOKEN, call, listening, tickets

pytestmark = pytest.mark.services

JSON = {"content-type": "application/json"}
SECRET = base64.b64encode(b"s" * 32).decode()


@pytest.fixture
def site(tmp_path: Path, kafka: KafkaProcess) -> Site:
    return site_file(tmp_path, kafka.bootstrap, FEED)


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
    site = site_file(tmp_path, kafka.bootstrap, FEED + "head_s = 3.0\nbody_s = 3.0\n")

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
