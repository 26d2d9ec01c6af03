"""The token with which the rehearsal's integration platform sends: made once in a home, and never in a site file."""

from __future__ import annotations

from pathlib import Path

from infra.rehearsal.sources import FEED_OF, PLATFORM
from ingest.errors import Misconfigured
from ingest.settings import home
from ingest.web.senders import hash_of, new_token

# How a process is told of it: the setting `token_sha256` of the platform's feed.
SETTING = f"HISPULSE_FEEDS_{FEED_OF[PLATFORM].upper()}_TOKEN_SHA256"


def make_push_token(directory: Path) -> str:
    """The hash of the token of a home; the token is made when there is none."""
    path = _place(directory)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        path.write_text(new_token()[0])
    return hash_of(path.read_text())


def push_token() -> str:
    """The token. Raises Misconfigured where no stack has made one."""
    path = _place(home())
    if not path.exists():
        raise Misconfigured(f"There is no {path}: `hispulse up` makes it; the rehearsal speaks to what that starts.")
    return path.read_text()


def _place(directory: Path) -> Path:
    return directory / "keys" / "rehearsal-token"
