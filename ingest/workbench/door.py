"""Who may use the workbench: whoever shows a token. What a browser then keeps is a random number, known until the end.

A page elsewhere must not reach it by giving a name of its own to 127.0.0.1, nor send anything in somebody's name.
"""

from __future__ import annotations

import hmac
import secrets

from ingest.clock import real_now_ms
from ingest.web.listener import is_loopback
from ingest.web.senders import hash_of

COOKIE = "hispulse_workbench"
_MOST = 100  # logins at a time; the oldest go first

HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


class Door:
    """The tokens that are good, and who has come in."""

    def __init__(self, token_hashes: tuple[str, ...], session_hours: float) -> None:
        self._hashes = token_hashes
        self._session_ms = round(session_hours * 3_600_000)
        self._inside: dict[str, int] = {}  # hash of the number → until when

    def enter(self, token: str) -> str | None:
        """The number that a browser keeps; None for a token that nobody gave out."""
        given = hash_of(token.strip())
        if not any(hmac.compare_digest(known, given) for known in self._hashes):
            return None
        while len(self._inside) >= _MOST:
            del self._inside[next(iter(self._inside))]
        number = secrets.token_urlsafe(32)
        self._inside[hash_of(number)] = real_now_ms() + self._session_ms
        return number

    def is_inside(self, number: str | None) -> bool:
        """Whether this number was given out and is still good."""
        return bool(number) and self._inside.get(hash_of(number or ""), 0) > real_now_ms()

    def leave(self, number: str | None) -> None:
        """From now on it is not."""
        self._inside.pop(hash_of(number or ""), None)


def names_of(host: str) -> frozenset[str]:
    """The names under which a page on this address may be asked for; none: any, for others reach it."""
    local = frozenset({"localhost", "127.0.0.1", "[::1]"})
    return local | {host} if is_loopback(host) else frozenset()
