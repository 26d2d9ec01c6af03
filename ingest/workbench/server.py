"""Serves the workbench: a page, and one request that looks at a body and forgets it.

It runs inside this room, so a message never leaves it: whoever judges the events is handed the events.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ingest.errors import Malformed, Misconfigured
from ingest.intake import where_in
from ingest.web.body import read_body
from ingest.web.problem import Problem
from ingest.workbench import page
from ingest.workbench.door import COOKIE, HEADERS, Door, names_of
from ingest.workbench.effect import Judge
from ingest.workbench.look import Wanted, Workbench
from ingest.workbench.settings import WorkbenchSettings
from ingest.workbench.shown import refusal, result

_STATIC = Path(__file__).parent / "static"
_BODY_S, _LOGIN_BYTES = 30.0, 2_000
_ONE_AT_A_TIME = 1  # a body of the limit takes seconds of one core: others wait their turn
OURS = "程序自身的错误 a mistake of ours"
_OPEN = ("/login", "/static/", "/healthz")


def application(bench: Workbench, judge: Judge, settings: WorkbenchSettings, door: Door) -> ASGIApp:
    """The page behind its door."""
    desk = Desk(bench, judge, settings, door)
    app = Starlette(
        routes=[
            Route("/", desk.page),
            Route("/look", desk.look, methods=["POST"]),
            Route("/login", desk.login, methods=["GET", "POST"]),
            Route("/logout", desk.logout, methods=["POST"]),
            Route("/healthz", _healthz),
            Mount("/static", StaticFiles(directory=_STATIC)),
        ],
        exception_handlers={Problem: _problem},
    )
    return Gate(app, door, names_of(settings.host))


class Desk:
    """Answers the requests."""

    def __init__(self, bench: Workbench, judge: Judge, settings: WorkbenchSettings, door: Door) -> None:
        self._bench, self._judge, self._settings, self._door = bench, judge, settings, door
        self._turn = asyncio.Semaphore(_ONE_AT_A_TIME)

    async def page(self, _request: Request) -> Response:
        """Where one pastes."""
        settings, hospital = self._settings, self._bench.site.hospital
        return HTMLResponse(
            page.workbench(hospital, self._bench.feeds(), settings.max_messages, settings.max_body_bytes)
        )

    async def look(self, request: Request) -> Response:
        """What a body becomes; it is forgotten with the answer."""
        if request.headers.get("content-type", "").partition(";")[0] != "application/octet-stream":
            return HTMLResponse(refusal("content-type"), HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        body = await read_body(request, self._settings.max_body_bytes, _BODY_S)
        asked = request.query_params
        wanted = Wanted(**{name: asked.get(name, "") for name in Wanted.__struct_fields__})
        async with self._turn:
            return await asyncio.to_thread(self._looked, body, wanted)

    async def login(self, request: Request) -> Response:
        """A token lets in."""
        hospital = self._bench.site.hospital
        if request.method == "GET":
            return HTMLResponse(page.login(hospital))
        body = await read_body(request, _LOGIN_BYTES, _BODY_S)
        number = self._door.enter(parse_qs(body.decode("ascii", "replace")).get("token", [""])[0])
        if number is None:
            return HTMLResponse(page.login(hospital, is_wrong=True), HTTPStatus.FORBIDDEN)
        answer = RedirectResponse("/", HTTPStatus.SEE_OTHER)
        secure = bool(self._settings.tls_cert_file) or self._settings.behind_proxy
        answer.set_cookie(COOKIE, number, httponly=True, samesite="strict", secure=secure)
        return answer

    async def logout(self, request: Request) -> Response:
        """The way out."""
        self._door.leave(request.cookies.get(COOKIE))
        return RedirectResponse("/login", HTTPStatus.SEE_OTHER)

    def _looked(self, body: bytes, wanted: Wanted) -> Response:
        try:
            looked = self._bench.look(body, wanted, self._settings.max_messages)
            as_of = max((event.occurred_at for event in looked.events), default=self._bench.clock.now_ms())
            effect = self._judge(looked.events, as_of)
            return HTMLResponse(result(looked, effect, self._bench.site.zone, as_of))
        except (Malformed, Misconfigured) as reason:
            return HTMLResponse(refusal(str(reason)), HTTPStatus.UNPROCESSABLE_ENTITY)
        except Exception as error:  # a mistake of ours, whose text might quote the message, must reach no log
            return HTMLResponse(refusal(f"{OURS}: {where_in(error)}"), HTTPStatus.INTERNAL_SERVER_ERROR)


class Gate:
    """ASGI middleware before every page: headers, host names, and who is asking."""

    def __init__(self, app: ASGIApp, door: Door, names: frozenset[str]) -> None:
        self._app, self._door, self._names = app, door, names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, send it to the door, or refuse it."""
        if scope["type"] != "http":
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await (self._refusal(HTTPConnection(scope)) or self._app)(scope, receive, with_headers)

    def _refusal(self, asked: HTTPConnection) -> ASGIApp | None:
        if self._names and asked.headers.get("host", "").rsplit(":", 1)[0] not in self._names:
            return PlainTextResponse("this workbench answers to localhost only", HTTPStatus.MISDIRECTED_REQUEST)
        path = asked.scope["path"]
        if path.startswith(_OPEN) or self._door.is_inside(asked.cookies.get(COOKIE)):
            return None
        if path == "/":
            return RedirectResponse("/login", HTTPStatus.SEE_OTHER)
        return PlainTextResponse("login required", HTTPStatus.UNAUTHORIZED)


async def _healthz(_request: Request) -> Response:
    return PlainTextResponse("ok")


async def _problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return HTMLResponse(refusal(error.detail), error.status)
