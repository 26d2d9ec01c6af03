"""Serves the page of the feeds, to whoever may see the wall: it holds numbers of events and no people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from board import page_html
from board.assets import html
from board.feeds_html import page
from board.words import Language

if TYPE_CHECKING:
    from board.server import Board

RENEWED_EVERY_S = 15


async def now(board: Board, request: Request, lang: Language) -> Response:
    """The feeds as they stand."""
    content = page(board.feeds(), lang)
    answer = html(request, page_html.feeds(board.frame(request), board.named(lang), content))
    answer.headers["refresh"] = str(RENEWED_EVERY_S)
    return answer
