"""One shared snapshot for all viewers: rendered once per language, compressed once per change.

A change is a set of named fragments of the page. A viewer who is behind gets all that changed since, never a queue of
old changes, so a slow network costs nothing but freshness.
"""

from __future__ import annotations

import asyncio
import secrets
import threading
import zlib
from collections.abc import Callable

import msgspec

from board.words import Language

# A gzip header; every message is then a run of deflate blocks that refers to nothing before it, so one compressed
# message serves all viewers whenever they came.
GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"


def squeeze(message: bytes) -> bytes:
    """A message as deflate blocks that stand alone and end on a byte."""
    press = zlib.compressobj(2, zlib.DEFLATED, -15)
    return press.compress(message) + press.flush(zlib.Z_FULL_FLUSH)


def event(name: str, content: object, id_: str = "") -> bytes:
    """A server-sent event with JSON in it."""
    head = f"id: {id_}\n" if id_ else ""
    return f"{head}event: {name}\ndata: ".encode() + msgspec.json.encode(content) + b"\n\n"


class Edition:
    """The fragments of one language as they stand, and at which version each last changed. Never altered once made."""

    def __init__(self, fragments: dict[str, str], changed: dict[str, int]) -> None:
        self.fragments = fragments
        self.changed = changed
        self.newest = max(changed.values(), default=0)
        self._messages: dict[int, tuple[bytes, bytes]] = {}

    def followed_by(self, rendered: dict[str, str], version: int) -> Edition:
        """The next edition; this one, when nothing in it is different."""
        fresh = {name: str(html) for name, html in rendered.items() if self.fragments.get(name) != html}
        if not fresh:
            return self
        return Edition(self.fragments | fresh, self.changed | dict.fromkeys(fresh, version))

    def since(self, version: int, boot: str) -> tuple[bytes, bytes]:
        """What changed after a version as an event, plain and compressed; made once for all who ask."""
        if version >= self.newest:
            return b"", b""
        if version not in self._messages:
            content = {name: self.fragments[name] for name, at in self.changed.items() if at > version}
            plain = event("change", content, f"{boot}.{self.newest}")
            self._messages[version] = (plain, squeeze(plain))
        return self._messages[version]


class Hub:
    """Holds the newest pages and wakes the viewers. `render` makes a page's fragments of the newest snapshot."""

    def __init__(self, render: Callable[[object, Language], dict[str, str]], max_viewers: int = 400) -> None:
        self.boot = secrets.token_hex(4)
        self.max_viewers = max_viewers
        self.closing = False
        self._render = render
        self._lock = threading.Lock()
        self._snapshot: object = None
        self._version = 0
        self._editions: dict[Language, Edition] = {"zh": Edition({}, {}), "en": Edition({}, {})}
        self._rendered: dict[Language, int] = {"zh": 0, "en": 0}
        self._bells: dict[asyncio.Event, Language] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._dropped: dict[str, float] = {}

    @property
    def viewers(self) -> int:
        """How many are looking."""
        return len(self._bells)

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """The loop whose viewers are woken."""
        self._loop = loop

    def publish(self, snapshot: object) -> None:
        """A new snapshot, from any thread. Languages that nobody watches are rendered when somebody asks."""
        with self._lock:
            self._snapshot, self._version = snapshot, self._version + 1
        for language in set(self._bells.values()):
            if self._renew(language) and self._loop is not None:
                self._loop.call_soon_threadsafe(self._ring, language)

    def _renew(self, language: Language) -> bool:
        with self._lock:
            if self._rendered[language] == self._version:
                return False
            before = self._editions[language]
            after = before.followed_by(self._render(self._snapshot, language), self._version)
            self._editions[language], self._rendered[language] = after, self._version
            return after is not before

    def page(self, language: Language) -> Edition:
        """The newest edition of a language."""
        self._renew(language)
        return self._editions[language]

    def _ring(self, language: Language) -> None:
        for bell, wanted in self._bells.items():
            if wanted == language:
                bell.set()

    def enter(self, language: Language) -> asyncio.Event | None:
        """A viewer's bell, or None when the house is full."""
        if len(self._bells) >= self.max_viewers:
            return None
        bell = asyncio.Event()
        self._bells[bell] = language
        return bell

    def leave(self, bell: asyncio.Event) -> None:
        """The viewer has gone."""
        self._bells.pop(bell, None)

    def dropped(self, viewer: str, real_s: float) -> None:
        """Remember that a viewer was too slow, to tell them when they are back."""
        self._dropped[viewer] = real_s
        while len(self._dropped) > 1000:
            self._dropped.pop(next(iter(self._dropped)))

    def was_dropped(self, viewer: str) -> bool:
        """Whether this viewer was dropped before; told once."""
        return self._dropped.pop(viewer, None) is not None

    def close(self) -> None:
        """Let every stream end."""
        self.closing = True
        for bell in list(self._bells):
            bell.set()
