"""Who may look: users with hashed passwords, three roles, and sessions that a restart survives.

On loopback nobody logs in. Elsewhere everybody does, and whoever opens a visit leaves a line in the log either way.
Whoever is removed, or given another role or password, is out or in that role at once: a session is a claim, and what it
is worth the users file says, each time.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from pathlib import Path
from typing import Literal

import msgspec

from ingest.errors import Misconfigured
from ingest.privacy import write_secret

Role = Literal["wall", "analyst", "it"]
_RANK: dict[Role, int] = {"wall": 0, "analyst": 1, "it": 2}
_N, _R, _P = 2**14, 8, 1  # scrypt: 16 MB and some 50 ms a try
COOKIE = "hispulse_board"


class User(msgspec.Struct, frozen=True):
    """One line of the users file: role and salted scrypt of the password, both base64."""

    role: Role
    salt: str
    hash: str

    @property
    def mark(self) -> str:
        """Differs when the password does, and tells nothing of it."""
        return hashlib.sha256(f"{self.salt}.{self.hash}".encode()).hexdigest()[:16]


class Viewer(msgspec.Struct, frozen=True):
    """Who is looking."""

    name: str
    role: Role

    def may(self, role: Role) -> bool:
        """Whether this role or a higher one is held."""
        return _RANK[self.role] >= _RANK[role]


def role_named(text: str) -> Role:
    """The role of that name. Raises Misconfigured."""
    for role in _RANK:
        if role == text:
            return role
    raise Misconfigured(f"There is no role {text}; there are {', '.join(_RANK)}.")


ANYONE_HERE = Viewer("loopback", "it")


def _hashed(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=_N, r=_R, p=_P, maxmem=64 * 1024 * 1024)


def new_user(role: Role, password: str) -> User:
    """A user as the file keeps them: nobody can read the password from it."""
    if len(password) < 8:
        raise Misconfigured("A password needs at least 8 characters.")
    salt = secrets.token_bytes(16)
    return User(role, base64.b64encode(salt).decode(), base64.b64encode(_hashed(password, salt)).decode())


_NOBODY = User("wall", base64.b64encode(b"0" * 16).decode(), "")


class Users:
    """The users file. Read again whenever it has changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: tuple[tuple[int, int, int], dict[str, User]] | None = None

    def all(self) -> dict[str, User]:
        """Users by name. Raises Misconfigured when the file is not what `hispulse board user` writes."""
        try:
            lies = self._path.stat()
            now = (lies.st_ino, lies.st_mtime_ns, lies.st_size)
            if self._read is None or self._read[0] != now:
                self._read = now, msgspec.json.decode(self._path.read_bytes(), type=dict[str, User])
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.DecodeError) as error:
            raise Misconfigured(f"{self._path}, [board] users_file: {error}") from None
        return self._read[1]

    def put(self, name: str, user: User) -> None:
        """Add or replace a user; the file is the owner's alone."""
        self._write(self.all() | {name: user})

    def remove(self, name: str) -> bool:
        """Out with a user; False when there is none of that name."""
        users = self.all()
        if name not in users:
            return False
        self._write({other: user for other, user in users.items() if other != name})
        return True

    def _write(self, users: dict[str, User]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = self._path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        write_secret(fresh, msgspec.json.format(msgspec.json.encode(users)))
        fresh.replace(self._path)

    def admit(self, name: str, password: str) -> Viewer | None:
        """The viewer, when name and password fit; as slow for an unknown name as for a wrong password."""
        user = self.all().get(name)
        asked = _hashed(password, base64.b64decode((user or _NOBODY).salt))
        if user is None or not hmac.compare_digest(asked, base64.b64decode(user.hash)):
            return None
        return Viewer(name, user.role)


class Sessions:
    """Signed cookies: who, with which password, until when. The key lies beside the site's other keys."""

    def __init__(self, key: bytes, hours: float, users: Users) -> None:
        self._key = key
        self._lasts_s = int(hours * 3600)
        self._users = users

    def open(self, viewer: Viewer, now_s: int) -> str:
        """A cookie's value for a viewer who was admitted."""
        claim = (viewer.name, self._users.all()[viewer.name].mark, now_s + self._lasts_s)
        said = base64.urlsafe_b64encode(msgspec.json.encode(claim)).decode()
        return f"{said}.{self._sign(said)}"

    def read(self, cookie: str, now_s: int) -> Viewer | None:
        """Who holds a cookie; nobody when it was not ours or is over, or the users file no longer says so."""
        said, _, signature = cookie.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._sign(said).encode()):
            return None
        try:
            name, mark, until_s = msgspec.json.decode(base64.urlsafe_b64decode(said), type=tuple[str, str, int])
            user = self._users.all().get(name)
        except (msgspec.MsgspecError, Misconfigured):  # a file that cannot be read lets nobody in
            return None
        return Viewer(name, user.role) if user is not None and user.mark == mark and now_s < until_s else None

    def _sign(self, said: str) -> str:
        return hmac.new(self._key, said.encode(), hashlib.sha256).hexdigest()


def session_key(path: Path) -> bytes:
    """The key that signs sessions, made on first use and readable by its owner only."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_secret(path, secrets.token_bytes(32))
    key = path.read_bytes()
    if len(key) < 32:  # a disk that was full: with an empty key everybody could sign
        raise Misconfigured(
            f"The key of the board's sessions at {path} is too short; remove it to have a new one made."
        )
    return key


class Turnstile:
    """Slows guessing: after five failures a name or an address waits a minute."""

    def __init__(self) -> None:
        self._failures: dict[str, list[float]] = {}

    def is_shut(self, key: str, now_s: float) -> bool:
        """Whether this key has failed too often in the last minute."""
        recent = [at for at in self._failures.get(key, []) if now_s - at < 60]
        if recent:
            self._failures[key] = recent
        else:
            self._failures.pop(key, None)
        return len(recent) >= 5

    def failed(self, key: str, now_s: float) -> None:
        """Remember a failure."""
        self._failures.setdefault(key, []).append(now_s)
