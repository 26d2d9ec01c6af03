"""The token with which the rehearsal's systems push: made once in a home, and never in a site file."""

from __future__ import annotations

from pathlib import Path

from infra.rehearsal.sources import ALSO_FEED_OF, EXPORT, FEED_OF, FHIR, PLATFORM
from ingest.errors import Misconfigured
from ingest.settings import home
from ingest.web.senders import hash_of, new_token

# How the process of a kind of feed is told what stands in no site file: whose token is good, where files are dropped.
_TOKEN_OF = {"rest": FEED_OF[PLATFORM], "fhir": ALSO_FEED_OF[FHIR]}
_DROPPED = f"HISPULSE_FEEDS_{ALSO_FEED_OF[EXPORT].upper()}_PATHS"


def settings_of(kind: str, directory: Path) -> dict[str, str]:
    """What the processes of a kind are told by environment, of a home; the token is made when there is none."""
    if kind == "files":
        dropped_at(directory).mkdir(parents=True, exist_ok=True)
        return {_DROPPED: str(dropped_at(directory))}
    if kind not in _TOKEN_OF:
        return {}
    return {f"HISPULSE_FEEDS_{_TOKEN_OF[kind].upper()}_TOKEN_SHA256": make_push_token(directory)}


def dropped_at(directory: Path) -> Path:
    """The folder of a home into which an export drops its files."""
    return directory / "rehearsal" / "dropped"


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
