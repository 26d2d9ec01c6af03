"""A viewer's stream: server-sent events with a pulse every five seconds, and a farewell to those who cannot keep up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from starlette.responses import PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from board.hub import GZIP_HEADER, Hub, event, squeeze
from board.words import Language

PULSE_S = 5.0
TOO_SLOW_S = 10.0


class TooSlow(Exception):
    """The viewer's network did not take a message in time."""


class Stream(Response):
    """A response that never ends by itself."""

    def __init__(
        self,
        hub: Hub,
        language: Language,
        since: str,
        viewer: str,
        *,
        gzip: bool,
        pulse: Callable[[], dict[str, object]],
        welcome: Callable[[], bool] = lambda: True,
        too_slow_s: float = TOO_SLOW_S,
    ) -> None:
        super().__init__()
        boot, _, version = since.partition(".")
        self._version = int(version) if boot == hub.boot and version.isdigit() else 0
        self._hub, self._language, self._viewer = hub, language, viewer
        self._gzip, self._pulse, self._welcome, self._too_slow_s = gzip, pulse, welcome, too_slow_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Speak until the viewer goes, is too slow, may no longer look, or the board closes."""
        bell = self._hub.enter(self._language)
        if bell is None:
            full = PlainTextResponse("too many viewers; try again in a minute", 503, headers={"retry-after": "60"})
            await full(scope, receive, send)
            return
        gone = asyncio.create_task(_until_gone(receive))
        try:
            await self._begin(send)
            await self._go_on(send, bell, gone)
        except TooSlow:
            self._hub.dropped(self._viewer, time.monotonic())
        finally:
            gone.cancel()
            self._hub.leave(bell)

    async def _begin(self, send: Send) -> None:
        headers = [
            (b"content-type", b"text/event-stream; charset=utf-8"),
            (b"cache-control", b"no-store"),
            (b"x-accel-buffering", b"no"),
            (b"vary", b"accept-encoding"),
        ]
        if self._gzip:
            headers.append((b"content-encoding", b"gzip"))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        hello = b"retry: 1000\n\n" + event("pulse", self._pulse())
        if self._hub.was_dropped(self._viewer):
            hello += event("told", {"what": "too_slow"})
        await self._say(send, hello, (GZIP_HEADER + squeeze(hello)) if self._gzip else b"")

    async def _go_on(self, send: Send, bell: asyncio.Event, gone: asyncio.Task[None]) -> None:
        next_pulse = time.monotonic() + PULSE_S
        while not gone.done() and not self._hub.closing and self._welcome():
            bell.clear()
            page = self._hub.page(self._language)
            plain, squeezed = page.since(self._version, self._hub.boot)
            if plain:
                self._version = page.newest
                await self._say(send, plain, squeezed)
            await _first(bell, gone, max(0.0, next_pulse - time.monotonic()))
            if time.monotonic() >= next_pulse:
                next_pulse = time.monotonic() + PULSE_S
                beat = event("pulse", self._pulse())
                await self._say(send, beat, squeeze(beat) if self._gzip else b"")
        if not gone.done():
            bye = event("told", {"what": "closing" if self._hub.closing else "out"})
            await self._say(send, bye, squeeze(bye) if self._gzip else b"")
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _say(self, send: Send, plain: bytes, squeezed: bytes) -> None:
        message: Message = {
            "type": "http.response.body",
            "body": squeezed if self._gzip else plain,
            "more_body": True,
        }
        try:
            await asyncio.wait_for(send(message), self._too_slow_s)
        except TimeoutError:
            raise TooSlow from None


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _first(bell: asyncio.Event, gone: asyncio.Task[None], within_s: float) -> None:
    """Wait for the bell, the viewer's leaving, or the time."""
    ring = asyncio.create_task(bell.wait())
    try:
        await asyncio.wait({ring, gone}, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        ring.cancel()
