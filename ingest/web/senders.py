"""Who may send: a bearer token, of which only the hash is kept, or a signature over the body (Standard Webhooks).

A signed message carries `webhook-id`, `webhook-timestamp` (seconds) and `webhook-signature` (`v1,` and base64 of
HMAC-SHA-256 over id, timestamp and body, joined by dots). What was signed longer ago than five minutes is refused;
within them a repetition changes nothing, because the same fact has the same id.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path

from ingest.clock import real_now_ms
from ingest.errors import Misconfigured
from ingest.signing import secret_of, signature
from ingest.web.problem import Problem

TOKEN_PREFIX = "hisp_"
_TOLERANCE_S = 300
_HEX = re.compile(r"[0-9a-f]{64}")


def new_token() -> tuple[str, str]:
    """(token, its hash): the sender gets the one, the site file the other."""
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    return token, hash_of(token)


def hash_of(token: str) -> str:
    """What the site file keeps of a token. A token is 256 random bits, so a plain hash tells nothing of it."""
    return hashlib.sha256(token.encode()).hexdigest()


class Senders:
    """The senders of one feed, known by a short name that is no secret."""

    def __init__(self, token_hashes: tuple[str, ...], secret_files: tuple[str, ...], where: str) -> None:
        if not token_hashes and not secret_files:
            raise Misconfigured(
                f"{where} token_sha256: nobody may send; make a token with `hispulse keys token`, or name files with "
                "secrets under signing_secret_files."
            )
        for text in token_hashes:
            if not _HEX.fullmatch(text):
                raise Misconfigured(f"{where} token_sha256: 64 hex digits each, as `hispulse keys token` prints them.")
        self._hashes = token_hashes
        self._secrets = [secret_of(Path(name), f"{where} signing_secret_files") for name in secret_files]

    def who(self, headers: Mapping[str, str]) -> str | None:
        """Who sends, by token; None when the body must be seen first because it is signed. Raises Problem."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and token:
            given = hash_of(token.strip())
            found = [known for known in self._hashes if hmac.compare_digest(known, given)]
            if found:
                return f"token {found[0][:8]}"
            raise Problem(HTTPStatus.UNAUTHORIZED, "This token is not known here.")
        if self._secrets and "webhook-signature" in headers:
            _check_age(headers.get("webhook-timestamp", ""))
            return None
        raise Problem(HTTPStatus.UNAUTHORIZED, "Send a bearer token, or sign the message.")

    def signed_by(self, headers: Mapping[str, str], body: bytes) -> str:
        """Who signed a body as it was sent. Raises Problem."""
        message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        given = [text.partition(",")[2] for text in headers["webhook-signature"].split() if text.startswith("v1,")]
        for number, secret in enumerate(self._secrets):
            right = signature(secret, message_id, timestamp, body)
            if any(hmac.compare_digest(right, each.encode()) for each in given[:10]):
                return f"secret {number + 1}"
        raise Problem(HTTPStatus.UNAUTHORIZED, "The signature is of another body or another secret.")


def _check_age(seconds: str) -> None:
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) <= 12):
        raise Problem(HTTPStatus.UNAUTHORIZED, "webhook-timestamp: seconds since 1970.")
    if abs(real_now_ms() // 1000 - int(seconds)) > _TOLERANCE_S:
        raise Problem(HTTPStatus.UNAUTHORIZED, "webhook-timestamp: more than five minutes away from our clock.")
