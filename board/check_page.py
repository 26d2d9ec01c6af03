"""The page of a day's checks, for analysts and IT: the very file that `hispulse day checks --out` writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from board import page_html
from board.access import Viewer
from board.assets import html
from board.words import Language, say
from ingest.errors import Misconfigured
from orchestration.reports.words import say as said_in_reports
from warehouse.asked import checked_day

if TYPE_CHECKING:
    from board.server import Board

# A file by itself: its style is within it, and it loads and runs nothing.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"


async def of_a_day(board: Board, request: Request, lang: Language) -> Response:
    """The checks of the day asked for, or of the last one that was checked."""
    viewer: Viewer = request.scope["viewer"]
    if not viewer.may("analyst"):
        return html(request, page_html.alone(say(lang, "forbidden"), lang), 403)
    day = request.query_params.get("day", "")
    try:
        page = await run_in_threadpool(board.behind.checks, checked_day(day) if day else "", lang)
    except Misconfigured:
        page = None
    if page is None:
        return html(request, page_html.alone(said_in_reports(lang, "not_checked"), lang), 404)
    answer = html(request, page.decode())
    answer.headers["content-security-policy"] = POLICY
    return answer
