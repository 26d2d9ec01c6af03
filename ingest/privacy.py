"""Where identity ends: identifiers become pseudonyms under the site's key.

A plain hash of a five-digit number is no secret, so every identifier is an HMAC-SHA-256 with a key that never
leaves this machine's key directory, and staff have a key of their own. The key is in no argument list, log or repr.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from ingest.errors import Misconfigured
from ingest.settings import home

if TYPE_CHECKING:
    from ingest.aliases import Past

KEY_FILE = "site.key"
ROTATING = "site.key.rotating"  # while it is there, nobody names anything: see rotation.py


class SiteKey:
    """The site's secret, with its version. Its text never shows it."""

    __slots__ = ("_secret", "version")

    def __init__(self, secret: bytes, version: int = 1) -> None:
        if len(secret) < 32:
            raise Misconfigured("The site key is shorter than 32 bytes; make one with: hispulse keys create.")
        self._secret = secret
        self.version = version

    def derived(self, purpose: str) -> bytes:
        """A key of its own for a purpose: knowing one tells nothing about another."""
        return hmac.digest(self._secret, f"his-pulse|{self.version}|{purpose}".encode(), "sha256")

    def __repr__(self) -> str:
        return f"SiteKey(version={self.version})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A site key is not to be copied anywhere.")


def keys_directory() -> Path:
    """Where the keys lie: `keys/` under HISPULSE_HOME."""
    return home() / "keys"


def create_site_key(directory: Path) -> Path:
    """Make the site's key, readable by its owner only. An existing one stays: visits are open under it."""
    path = directory / KEY_FILE
    if not path.exists():
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_secret(path, f"1 {secrets.token_hex(32)}\n".encode())
    return path


def write_secret(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read: whole or not at all, and never over another (FileExistsError)."""
    descriptor, written = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(written, path)
    finally:
        Path(written).unlink()


class SiteKeys(NamedTuple):
    """The site's key, and the one before it while that is still needed to know what was named under it."""

    key: SiteKey
    before: SiteKey | None = None
    since: int | None = None  # real time, UTC ms: when `key` followed `before`


def load_site_key(directory: Path | None = None) -> SiteKey:
    """The site's key. Raises Misconfigured when it is missing or open to others."""
    return load_site_keys(directory).key


def load_site_keys(directory: Path | None = None) -> SiteKeys:
    """The site's key and the one before it. Raises Misconfigured when they are missing or open to others."""
    path = (directory or keys_directory()) / KEY_FILE
    try:
        mode = path.stat().st_mode
        keys = _read(path.read_text("ascii"))
    except FileNotFoundError:
        raise Misconfigured(f"No site key at {path}; make one with: hispulse keys create.") from None
    except (ValueError, IndexError, OSError) as error:
        raise Misconfigured(f"The site key at {path} cannot be read ({type(error).__name__}).") from None
    if mode & 0o077:
        raise Misconfigured(f"The site key at {path} is open to others; close it with: chmod 600 {path}.")
    return keys


def _read(text: str) -> SiteKeys:
    """Two lines at most, the newer key first: version, secret and, where another was before it, since when."""
    first, *older = [line.split() for line in text.splitlines() if line.strip()]
    version, secret, *since = first
    before = SiteKey(bytes.fromhex(older[0][1]), int(older[0][0])) if older else None
    return SiteKeys(SiteKey(bytes.fromhex(secret), int(version)), before, int(since[0]) if since else None)


def follow_site_key(directory: Path, since: int) -> SiteKeys:
    """A new key takes the place of the site's, which stays beside it until `forget_site_key`."""
    old = load_site_keys(directory)
    text = (directory / KEY_FILE).read_text("ascii").splitlines()[0].split()[:2]
    _replace(directory, f"{old.key.version + 1} {secrets.token_hex(32)} {since}\n{' '.join(text)}\n")
    return load_site_keys(directory)


def forget_site_key(directory: Path) -> SiteKeys:
    """The key before the site's is gone for good: what was named under it alone can be known no more."""
    text = (directory / KEY_FILE).read_text("ascii").splitlines()[0].split()[:2]
    _replace(directory, f"{' '.join(text)}\n")
    return load_site_keys(directory)


def _replace(directory: Path, text: str) -> None:
    fresh = directory / f".{KEY_FILE}.{secrets.token_hex(4)}"
    write_secret(fresh, text.encode())
    fresh.replace(directory / KEY_FILE)


class Pseudonyms:
    """Identifiers as 32 hex digits: the same number, the same pseudonym, and no way back without the key.

    `past`: what was named under an earlier key keeps its name.
    """

    def __init__(self, key: SiteKey, past: Past | None = None) -> None:
        self.past = past
        self._subjects = hmac.new(key.derived("subjects"), digestmod=hashlib.sha256)
        self._staff = hmac.new(key.derived("staff"), digestmod=hashlib.sha256)
        self._at_rest = key.derived("rows at rest")

    def of(self, kind: str, facility: str, authority: str, number: str, day: str | None = None) -> str:
        """The pseudonym of a number of a kind: visit, ticket, order, bill, payment, prescription, specimen …

        `authority` is who numbers, not who told us; `day` (local, ISO) goes with numbers that start anew each day.
        Patients are numbered across facilities.
        """
        parts = ("patient", authority, number) if kind == "patient" else (kind, facility, authority, number)
        name = _seal(self._subjects, parts if day is None else (*parts, day))
        if self.past is None:
            return name
        return self.past.name_of(name, kind, lambda before: before.of(kind, facility, authority, number, day))

    def staff(self, number: str) -> str:
        """A member of staff, under a key of its own."""
        name = _seal(self._staff, ("staff", number))
        return name if self.past is None else self.past.name_of(name, "staff", lambda before: before.staff(number))

    def key_at_rest(self) -> bytes:
        """What a feed must remember of rows lies on disk under this key only; a rotation does not make it forget."""
        before = self.past and self.past.before
        return before.key_at_rest() if before else self._at_rest

    def __repr__(self) -> str:
        return "Pseudonyms()"


def _seal(keyed: hmac.HMAC, parts: tuple[str, ...]) -> str:
    text = "|".join(parts)
    if "\\" in text or text.count("|") >= len(parts):  # a mark inside a part: where it is cut must not be guessed
        text = "|".join(part.replace("\\", "\\\\").replace("|", "\\|") for part in parts)
    seal = keyed.copy()
    seal.update(text.encode())
    return seal.hexdigest()[:32]
