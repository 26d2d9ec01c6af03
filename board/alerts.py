"""The pages of incidents: all of them, one of them, and the form by which a role takes one up."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from board import page_html
from board.access import Viewer
from board.alarms import Alarms
from board.alarms_html import one
from board.assets import html
from board.forms import fields, is_from_here
from board.view import View
from board.words import Language, say
from ingest.bus import BusSettings
from ingest.clock import Clock
from ingest.errors import Misconfigured, Unavailable
from streams.alerts.incident import taken_up
from streams.alerts.lines import acknowledge

if TYPE_CHECKING:
    from board.server import Board

log = structlog.get_logger()


class Desk(Protocol):
    """What the pages need of incidents."""

    @property
    def view(self) -> View:
        """The site as the board sees it."""

    def alarms(self) -> Alarms:
        """Incidents as they are known now."""

    def take(self, incident: str, by: str, note: str) -> None:
        """Write down that a role has taken one up. Raises Misconfigured, Unavailable."""


class Bell:
    """The desk of a running board."""

    def __init__(self, view: View, alarms: Callable[[], Alarms], clock: Clock, bus: BusSettings) -> None:
        self.view, self.alarms, self._clock, self._bus = view, alarms, clock, bus

    def take(self, incident: str, by: str, note: str) -> None:
        """Write down that a role has taken one up. Raises Misconfigured, Unavailable."""
        acknowledge(self._bus, taken_up(incident, by, self._clock.now_ms(), note))


async def all_of_them(board: Board, request: Request, lang: Language) -> Response:
    """The page of incidents."""
    return html(request, page_html.alerts(board.frame(request), _title(board, lang), board.hub.page(lang).fragments))


async def one_of_them(board: Board, request: Request, lang: Language) -> Response:
    """One incident: GET shows it, POST takes it up."""
    found = board.desk.alarms().find(request.path_params["incident"])
    if found is None:
        return html(request, page_html.alone(say(lang, "no_incident"), lang), 404)
    viewer: Viewer = request.scope["viewer"]
    may_take, failed, status = viewer.may("analyst"), "", 200
    if request.method == "POST":
        if not may_take or not is_from_here(request):
            return PlainTextResponse(say(lang, "forbidden"), 403)
        failed, status = await _taken(board, request, found.incident.id, lang)
        if not failed:
            log.info("took_up", audit=True, who=viewer.name, role=viewer.role, incident=found.incident.id)
            return RedirectResponse(f"/alerts?lang={lang}", 303)
    view = board.desk.view
    content = one(found, view.names, lang, view.zone, may_take=may_take, failed=failed)
    return html(request, page_html.alert(board.frame(request), _title(board, lang), content), status)


async def _taken(board: Board, request: Request, incident: str, lang: Language) -> tuple[str, int]:
    """Why it could not be taken up, and the status to say so with; "" when it was."""
    by, note = await fields(request, "by", "note")
    found = board.desk.alarms().find(incident)
    if found is None or not found.incident.is_open:
        return say(lang, "is_over"), 409
    try:
        await run_in_threadpool(board.desk.take, incident, by, note)
    except Misconfigured:
        return say(lang, "not_taken_text"), 422
    except Unavailable:
        return say(lang, "not_taken"), 503
    return "", 200


def _title(board: Board, lang: Language) -> str:
    return f"{board.title[0 if lang == 'zh' else 1]} · {say(lang, 'alerts')}"
