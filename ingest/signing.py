"""Signed messages over HTTP, in and out, as Standard Webhooks has them: HMAC-SHA-256 over id, timestamp and body."""

from __future__ import annotations

import base64
import binascii
import hmac
from pathlib import Path

from ingest.errors import Misconfigured

SECRET_PREFIX = "whsec_"
_SHORTEST_SECRET = 24  # bytes


def signature(secret: bytes, message_id: str, timestamp: str, body: bytes) -> bytes:
    """What stands after `v1,` in `webhook-signature`."""
    said = f"{message_id}.{timestamp}.".encode("latin-1") + body
    return base64.b64encode(hmac.digest(secret, said, "sha256"))


def secret_of(path: Path, place: str) -> bytes:
    """The secret in a file that only its owner may read; `place` is the setting that names it. Raises Misconfigured."""
    try:
        mode, text = path.stat().st_mode, path.read_text("ascii").strip()
        secret = base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
    except (OSError, UnicodeDecodeError, binascii.Error) as error:
        raise Misconfigured(f"{place}: {path} is unreadable ({type(error).__name__}).") from None
    if mode & 0o077:
        raise Misconfigured(f"{place}: {path} is open to others; close it with: chmod 600 {path}.")
    if len(secret) < _SHORTEST_SECRET:
        raise Misconfigured(f"{place}: {path} is shorter than {_SHORTEST_SECRET} bytes.")
    return secret
