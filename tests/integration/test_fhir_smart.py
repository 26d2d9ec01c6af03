"""A FHIR server that asks who we are is told, with a signature, and gives nothing to anybody else."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

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
from ingest.errors import Unavailable
from ingest.fhir.polling import Poller
from ingest.positions import Positions
from tests.conftest import free_port
from tests.golden.fhir_resources import (
    ORDER,
)
from tests.integration.conversation import feed_of
from tests.integration.fhir_conversation import (
    hospital,
    polled,
    running,
    until,
)

pytestmark = pytest.mark.services


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
