"""The board's web application: the wall, its stream, the panel behind a number, and the door.

It knows pages and viewers; where the numbers come from is `live`, what is behind them `panel`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from board import alerts, check_page, feeds_page, page_html
from board.access import ANYONE_HERE, COOKIE, Sessions, Turnstile, Users, Viewer
from board.alerts import Desk
from board.assets import Assets, html, takes_gzip
from board.feeds_now import FeedsNow
from board.forms import fields
from board.gate import Gate, viewer_of
from board.hub import Hub
from board.page_html import Frame
from board.settings import BoardSettings
from board.stream import Stream
from board.words import Language, say
from ingest.clock import real_now_ms

log = structlog.get_logger()


class Behind(Protocol):
    """What is behind a number, as the server needs it; made in `panel`."""

    def page(self, kpi: str, asked: dict[str, str], lang: Language, *, with_visits: bool) -> str | None:
        """The panel of a measure as HTML, None when there is no such measure."""

    def json(self, kpi: str, asked: dict[str, str], *, with_visits: bool) -> object | None:
        """The same as plain values."""

    def checks(self, day: str, lang: Language) -> bytes | None:
        """The page of checks of a day ("" = the last one that was checked), None when there is none."""

    def timeline(self, scope_id: str, day: str, lang: Language) -> str:
        """Stages and events of one visit, ticket, order, bill or prescription as HTML."""


class Board:
    """Everything that a request may need."""

    def __init__(
        self,
        *,
        title: tuple[str, str],
        settings: BoardSettings,
        hub: Hub,
        behind: Behind,
        pulse: Callable[[], dict[str, object]],
        health: Callable[[], dict[str, object]],
        users: Users,
        sessions: Sessions,
        desk: Desk,
        feeds: Callable[[], FeedsNow] = FeedsNow,
    ) -> None:
        self.title, self.settings, self.hub, self.behind = title, settings, hub, behind
        self.health, self.users, self.sessions = health, users, sessions
        self.desk, self.feeds = desk, feeds
        self.assets = Assets()
        self.turnstile = Turnstile()
        self._pulse = pulse

    def pulse(self) -> dict[str, object]:
        """What the stream says every five seconds: the server's clocks, and which board this is."""
        return {**self._pulse(), "build": self.assets.build}

    def frame(self, request: Request) -> Frame:
        """The manner in which a page is asked for."""
        asked = request.query_params
        edition = self.hub.page(language(request))
        return Frame(
            language(request),
            theme=asked.get("theme", ""),
            kiosk=asked.get("kiosk") == "1",
            version=f"{self.hub.boot}.{edition.newest}",
            build=self.assets.build,
            logged_in=request.scope["viewer"] not in (None, ANYONE_HERE),
            may_look=request.scope["viewer"] is not None and request.scope["viewer"].may("analyst"),
        )

    def named(self, lang: Language) -> str:
        """The page's title."""
        return f"{self.title[0 if lang == 'zh' else 1]} · {say(lang, 'title')}"


def language(request: Request) -> Language:
    """Chinese, unless English is asked for."""
    return "en" if request.query_params.get("lang") == "en" else "zh"


def application(board: Board) -> ASGIApp:
    """The board as an ASGI application behind its gate."""

    def on(path: str, page: Callable[[Board, Request], Awaitable[Response]], *methods: str) -> Route:
        async def endpoint(request: Request) -> Response:
            return await page(board, request)

        return Route(path, endpoint, methods=list(methods) or ["GET"])

    app = Starlette(
        routes=[
            on("/", _wall),
            on("/measures", _measures),
            on("/alerts", _alerts),
            on("/alerts/{incident}", _alert, "GET", "POST"),
            on("/feeds", lambda board, request: feeds_page.now(board, request, language(request))),
            on("/stream", _stream),
            on("/panel/{kpi}", _panel),
            on("/timeline/{scope_id}", _timeline),
            on("/checks", _checks),
            on("/healthz", _health),
            on("/login", _login, "GET", "POST"),
            on("/logout", _logout, "POST"),
            Route("/static/{name:path}", board.assets.serve),
        ]
    )
    return Gate(app, board.settings, board.sessions)


async def _wall(board: Board, request: Request) -> Response:
    lang = language(request)
    frame = board.frame(request)
    return html(request, page_html.wall(frame, board.named(lang), board.hub.page(lang).fragments))


async def _measures(board: Board, request: Request) -> Response:
    lang = language(request)
    frame = board.frame(request)
    return html(request, page_html.measures(frame, board.named(lang), board.hub.page(lang).fragments))


async def _alerts(board: Board, request: Request) -> Response:
    return await alerts.all_of_them(board, request, language(request))


async def _alert(board: Board, request: Request) -> Response:
    return await alerts.one_of_them(board, request, language(request))


async def _stream(board: Board, request: Request) -> Response:
    since = request.headers.get("last-event-id") or request.query_params.get("since", "")
    return Stream(
        board.hub,
        language(request),
        since,
        request.query_params.get("viewer", "")[:64],
        gzip=takes_gzip(request),
        pulse=board.pulse,
        welcome=lambda: viewer_of(request, board.settings, board.sessions) is not None,
    )


async def _panel(board: Board, request: Request) -> Response:
    lang = language(request)
    viewer: Viewer = request.scope["viewer"]
    asked = {
        key: value for key, value in request.query_params.items() if key not in {"lang", "theme", "kiosk", "pages"}
    }
    kpi, details = request.path_params["kpi"], viewer.may("analyst")
    if "application/json" in request.headers.get("accept", ""):
        content = await run_in_threadpool(board.behind.json, kpi, asked, with_visits=details)
        return JSONResponse(content, 200 if content is not None else 404)
    page = await run_in_threadpool(board.behind.page, kpi, asked, lang, with_visits=details)
    if page is None:
        return html(request, page_html.alone(say(lang, "unknown_kpi"), lang), 404)
    if details:
        log.info("looked_at", audit=True, who=viewer.name, role=viewer.role, kpi=kpi, what="visits behind a number")
    return html(request, page)


async def _timeline(board: Board, request: Request) -> Response:
    lang = language(request)
    viewer: Viewer = request.scope["viewer"]
    if not viewer.may("analyst"):
        return html(request, say(lang, "forbidden"), 403)
    scope_id = request.path_params["scope_id"]
    # The whole pseudonym: an audit must be able to say whose record was looked at.
    log.info("looked_at", audit=True, who=viewer.name, role=viewer.role, subject=scope_id[:32], what="timeline")
    day = request.query_params.get("day", "")
    return html(request, await run_in_threadpool(board.behind.timeline, scope_id, day, lang))


async def _checks(board: Board, request: Request) -> Response:
    return await check_page.of_a_day(board, request, language(request))


async def _health(board: Board, _request: Request) -> Response:
    health = board.health()
    return JSONResponse({**health, "viewers": board.hub.viewers}, 200 if health["ok"] else 503)


async def _login(board: Board, request: Request) -> Response:
    lang = language(request)
    if request.method == "GET":
        then = request.query_params.get("then", "/")
        return html(request, page_html.login(board.frame(request), board.named(lang), failed=False, then=then))
    name, password, then = await fields(request, "name", "password", "then")
    viewer = await _admit(board, request, name, password)
    if viewer is None:
        page = page_html.login(board.frame(request), board.named(lang), failed=True, then=then)
        return html(request, page, 401)
    log.info("logged_in", audit=True, who=viewer.name, role=viewer.role)
    # Only to ourselves: "//elsewhere" is an address too.
    answer = RedirectResponse(then if then.startswith("/") and not then.startswith(("//", "/\\")) else "/", 303)
    answer.set_cookie(
        COOKIE,
        board.sessions.open(viewer, real_now_ms() // 1000),
        max_age=int(board.settings.session_hours * 3600),
        httponly=True,
        samesite="strict",
        secure=board.settings.behind_proxy,
    )
    return answer


async def _admit(board: Board, request: Request, name: str, password: str) -> Viewer | None:
    address = request.client.host if request.client else "?"
    now = time.monotonic()
    keys = [f"address {address}", f"name {name[:80]}"]
    if any(board.turnstile.is_shut(key, now) for key in keys):
        return None
    viewer = await run_in_threadpool(board.users.admit, name, password)
    if viewer is None:
        for key in keys:
            board.turnstile.failed(key, now)
        log.warning("login_refused", audit=True, address=address)
        await asyncio.sleep(0.5)
    return viewer


async def _logout(_board: Board, _request: Request) -> Response:
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE)
    return answer
