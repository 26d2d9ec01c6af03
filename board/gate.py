"""The gate before every page: security headers, host names, and who is asking."""

from __future__ import annotations

from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from board.access import ANYONE_HERE, COOKIE, Sessions, Viewer
from board.settings import BoardSettings
from ingest.clock import real_now_ms

# Nothing from outside, nothing inline: what is not a file of ours does not run and is not shown.
POLICY = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
_OPEN = ("/static/", "/login", "/healthz")
_PAGES = ("/", "/measures", "/alerts", "/feeds", "/checks")
_LOCAL_NAMES = {"localhost", "127.0.0.1", "[::1]"}


def viewer_of(asked: HTTPConnection, settings: BoardSettings, sessions: Sessions) -> Viewer | None:
    """Who is asking, as of now: a long answer asks again."""
    if not settings.needs_login:
        return ANYONE_HERE
    cookie = asked.cookies.get(COOKIE)
    return sessions.read(cookie, real_now_ms() // 1000) if cookie else None


class Gate:
    """ASGI middleware; puts the viewer into `scope["viewer"]`."""

    def __init__(self, app: ASGIApp, settings: BoardSettings, sessions: Sessions) -> None:
        self._app, self._settings, self._sessions = app, settings, sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, send it to the login, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():  # a page that is a file by itself has a policy of its own
                    headers.setdefault(name, value)
            await send(message)

        answer = self._refusal(HTTPConnection(scope)) or self._app
        await answer(scope, receive, with_headers)

    def _refusal(self, asked: HTTPConnection) -> ASGIApp | None:
        if not self._settings.needs_login:
            # A page elsewhere must not reach the board by giving a name of its own to 127.0.0.1.
            if asked.headers.get("host", "").rsplit(":", 1)[0] not in {*_LOCAL_NAMES, self._settings.host}:
                return PlainTextResponse("this board answers to localhost only", 421)
            asked.scope["viewer"] = viewer_of(asked, self._settings, self._sessions)
            return None
        asked.scope["viewer"] = viewer = viewer_of(asked, self._settings, self._sessions)
        path = asked.scope["path"]
        if viewer is not None or path.startswith(_OPEN):
            return None
        if path in _PAGES or path.startswith("/alerts/"):
            query = asked.scope["query_string"].decode("latin-1")
            return RedirectResponse(f"/login?then={quote(path + ('?' + query if query else ''))}", 303)
        return PlainTextResponse("login required", 401)
