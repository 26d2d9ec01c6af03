"""SMART backend services: a signed assertion gets us a token, for as long as it lasts (private_key_jwt).

The key is read once and shown nowhere; the assertion lives five minutes at most and is used once.
"""

from __future__ import annotations

import base64
import secrets
import time
from pathlib import Path
from typing import Any

import httpx
import msgspec
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from ingest.clock import real_now_ms
from ingest.errors import Misconfigured, Unavailable

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_LIVES_S, _SPARE_S = 240, 30
_P384_BYTES = 48


class Assertions:
    """Signs who we are. RS384 and ES384, as SMART demands."""

    def __init__(self, client_id: str, key_file: Path, key_id: str | None) -> None:
        self._client_id, self._key_id = client_id, key_id
        try:
            key = serialization.load_pem_private_key(key_file.read_bytes(), None)
        except (OSError, ValueError, TypeError) as error:
            raise Misconfigured(f"client_key_file: {key_file} is unreadable ({type(error).__name__}).") from None
        if not isinstance(key, (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey)):
            raise Misconfigured(f"client_key_file: {key_file} is neither an RSA nor an EC key.")
        if isinstance(key, ec.EllipticCurvePrivateKey) and not isinstance(key.curve, ec.SECP384R1):
            raise Misconfigured(f"client_key_file: {key_file} is not on the curve P-384.")
        self._key = key

    def make(self, audience: str) -> str:
        """A signed assertion for one use."""
        now_s = real_now_ms() // 1000
        algorithm = "RS384" if isinstance(self._key, rsa.RSAPrivateKey) else "ES384"
        head = {"alg": algorithm, "typ": "JWT", **({"kid": self._key_id} if self._key_id else {})}
        claims = {
            "iss": self._client_id,
            "sub": self._client_id,
            "aud": audience,
            "exp": now_s + _LIVES_S,
            "jti": secrets.token_urlsafe(24),
        }
        said = f"{_packed(head)}.{_packed(claims)}"
        return f"{said}.{_base64(self._signature(said.encode()))}"

    def _signature(self, said: bytes) -> bytes:
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(said, padding.PKCS1v15(), hashes.SHA384())
        r, s = decode_dss_signature(self._key.sign(said, ec.ECDSA(hashes.SHA384())))
        return r.to_bytes(_P384_BYTES, "big") + s.to_bytes(_P384_BYTES, "big")

    def __repr__(self) -> str:
        return "Assertions()"


class Token:
    """The token of the hour, got anew when it is about to end."""

    def __init__(self, assertions: Assertions, token_url: str, scope: str) -> None:
        self._assertions, self._url, self._scope = assertions, token_url, scope
        self._token, self._until = "", 0.0

    async def get(self, client: httpx.AsyncClient) -> str:
        """A token that is good for a while. Raises Unavailable or Misconfigured."""
        if time.monotonic() >= self._until:
            self._token, self._until = await self._ask(client)
        return self._token

    def forget(self) -> None:
        """The server did not take it."""
        self._until = 0.0

    async def _ask(self, client: httpx.AsyncClient) -> tuple[str, float]:
        form = {
            "grant_type": "client_credentials",
            "scope": self._scope,
            "client_assertion_type": _ASSERTION,
            "client_assertion": self._assertions.make(self._url),
        }
        try:
            answer = await client.post(self._url, data=form)
        except httpx.HTTPError as error:
            raise Unavailable(f"The authorization server does not answer ({type(error).__name__}).") from None
        if answer.status_code >= 500 or answer.status_code == 429:
            raise Unavailable(f"The authorization server does not answer (status {answer.status_code}).")
        try:
            told = msgspec.json.decode(answer.content, type=dict[str, Any])
        except msgspec.DecodeError:
            told = {}
        token, lasts_s = told.get("access_token"), told.get("expires_in", 300)
        if answer.status_code != 200 or not isinstance(token, str) or not isinstance(lasts_s, int):
            raise Misconfigured(
                f"The authorization server gave no token (status {answer.status_code}): see client_id, "
                "client_key_file, client_key_id and scope."
            )
        return token, time.monotonic() + max(0, lasts_s - _SPARE_S)

    def __repr__(self) -> str:
        return "Token()"


def _packed(value: dict[str, Any]) -> str:
    return _base64(msgspec.json.encode(value))


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
