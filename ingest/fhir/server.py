"""A FHIR server being asked: only with GET, never more often than agreed, and never led to another host.

What it answers beside a page, an OperationOutcome for one, is not quoted: it may name patients.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import msgspec

from ingest.errors import Misconfigured, Unavailable
from ingest.fhir.settings import Settings
from ingest.fhir.smart import Assertions, Token
from ingest.interpret.fhir_bundle import Json, items, mapping, text

_JSON = "application/fhir+json"


class Server:
    """The server of a feed. Opens its connections when first asked."""

    def __init__(self, settings: Settings, where: str) -> None:
        base = (settings.base_url or "").rstrip("/")
        if urlsplit(base).scheme not in ("http", "https") or not urlsplit(base).netloc:
            raise Misconfigured(f"{where} base_url: write it whole, e.g. https://his.local/fhir.")
        self._base, self._settings, self._where = base, settings, where
        self._client: httpx.AsyncClient | None = None
        self._token: Token | None = None
        self._next_at = 0.0
        self._assertions = self._signing()

    async def pages(self, resource_type: str, **asked: str) -> AsyncIterator[list[Json]]:
        """The entries of a search, page by page."""
        url = f"{self._base}/{resource_type}?{httpx.QueryParams(asked)}"
        seen: set[str] = set()
        while url and url not in seen:
            seen.add(url)
            bundle = await self._get(url)
            yield items(bundle.get("entry"))
            url = self._following(bundle)

    async def types(self) -> set[str]:
        """The resource types that the server says it has."""
        told = await self._get(f"{self._base}/metadata")
        return {text(each.get("type")) for rest in items(told.get("rest")) for each in items(rest.get("resource"))}

    async def close(self) -> None:
        """Let go of the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _get(self, url: str) -> Json:
        """One answer, as JSON. Raises Unavailable or Misconfigured, in words of our own."""
        client = self._opened()
        answer, body = await self._ask(client, url)
        if answer.status_code == 401 and self._token:
            self._token.forget()
            answer, body = await self._ask(client, url)
        if answer.status_code in (401, 403, 404, 410, 400):
            raise Misconfigured(
                f"The FHIR server refuses {urlsplit(url).path} (status {answer.status_code}): see base_url, resources "
                f"and client_id of {self._where}."
            )
        if answer.status_code != 200:
            raise Unavailable(f"The FHIR server does not answer (status {answer.status_code}).")
        try:
            return msgspec.json.decode(body, type=dict[str, Any])
        except (msgspec.DecodeError, RecursionError):
            raise Unavailable("The FHIR server answers with something that is no resource.") from None

    async def _ask(self, client: httpx.AsyncClient, url: str) -> tuple[httpx.Response, bytes]:
        await self._wait_our_turn()
        headers = {"accept": _JSON}
        if self._assertions is not None:
            headers["authorization"] = f"Bearer {await (await self._authorized(client)).get(client)}"
        try:
            async with client.stream("GET", url, headers=headers) as answer:
                body = bytearray()
                async for chunk in answer.aiter_bytes():
                    body += chunk
                    if len(body) > self._settings.max_page_bytes:
                        raise Misconfigured(
                            f"A page of the FHIR server is longer than max_page_bytes of {self._where}: ask for "
                            "smaller pages with page_size."
                        )
                return answer, bytes(body)
        except httpx.HTTPError as error:
            raise Unavailable(f"The FHIR server does not answer ({type(error).__name__}).") from None

    async def _wait_our_turn(self) -> None:
        now = time.monotonic()
        wait_s = self._next_at - now
        self._next_at = max(now, self._next_at) + 60 / self._settings.max_asked_per_minute
        if wait_s > 0:
            await asyncio.sleep(wait_s)

    async def _authorized(self, client: httpx.AsyncClient) -> Token:
        if self._token is None:
            assert self._assertions is not None
            url = self._settings.token_url or await self._discovered(client)
            self._token = Token(self._assertions, url, self._settings.scope)
        return self._token

    async def _discovered(self, client: httpx.AsyncClient) -> str:
        try:
            answer = await client.get(f"{self._base}/.well-known/smart-configuration")
            told = msgspec.json.decode(answer.content, type=dict[str, Any]) if answer.status_code == 200 else {}
        except httpx.HTTPError as error:
            raise Unavailable(f"The FHIR server does not answer ({type(error).__name__}).") from None
        except msgspec.DecodeError:
            told = {}
        if not text(told.get("token_endpoint")):
            raise Misconfigured(f"The FHIR server does not say where to get a token: set token_url in {self._where}.")
        return text(told.get("token_endpoint"))

    def _following(self, bundle: Json) -> str:
        """The next page, on the server that we know: a link must not carry our token elsewhere."""
        link = next((each for each in items(bundle.get("link")) if each.get("relation") == "next"), None)
        if link is None:
            return ""
        path, base = urlsplit(text(mapping(link).get("url"))), urlsplit(self._base)
        return urlunsplit((base.scheme, base.netloc, path.path or base.path, path.query, ""))

    def _signing(self) -> Assertions | None:
        settings = self._settings
        if settings.client_id is None:
            return None
        if settings.client_key_file is None:
            raise Misconfigured(f"{self._where} client_key_file: client_id needs the private key that signs for it.")
        return Assertions(settings.client_id, Path(settings.client_key_file), settings.client_key_id)

    def _opened(self) -> httpx.AsyncClient:
        if self._client is None:
            try:
                trusted = ssl.create_default_context(cafile=self._settings.ca_file)
            except (OSError, ssl.SSLError) as error:
                raise Misconfigured(f"{self._where} ca_file: unreadable ({type(error).__name__}).") from None
            self._client = httpx.AsyncClient(
                timeout=self._settings.timeout_s, verify=trusted, trust_env=False, follow_redirects=False
            )
        return self._client
