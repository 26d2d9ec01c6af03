"""Takes what a FHIR server or an integration engine sends: bundles, and notifications of subscriptions (rest-hook).

A bundle is one message: all that it tells becomes durable, or it is refused as a whole. A notification carries its
resource, or nothing: then there is nothing to tell, and polling finds what has changed.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ingest.connector import RawMessage
from ingest.feeds import Feed
from ingest.fhir.polling import MEDIA_TYPE
from ingest.fhir.settings import Settings
from ingest.web.admission import Admission
from ingest.web.problem import Problem
from ingest.web.server import HttpServer
from ingest.web.waiting import WaitingRoom

_TYPES = (MEDIA_TYPE, "application/json")
_PATHS = ("/fhir", "/fhir/{kind}", "/fhir/{kind}/{number}")


def door(feed: Feed) -> HttpServer:
    """The server of a feed that others send to. Raises Misconfigured when nobody may send."""
    assert isinstance(feed.settings, Settings)
    room = WaitingRoom(feed.settings.max_waiting)
    take = Doorkeeper(feed, feed.settings, room).take
    app = Starlette(
        routes=[Route(path, take, methods=["POST", "PUT"]) for path in _PATHS],
        exception_handlers={Problem: _refuse, HTTPException: _not_so},
    )
    return HttpServer(feed, app, room)


class Doorkeeper:
    """Takes bundles and resources, and answers for them."""

    def __init__(self, feed: Feed, settings: Settings, room: WaitingRoom) -> None:
        self._feed, self._settings, self._room = feed, settings, room
        self._admission = Admission(feed.name, settings, str(feed.site.path))

    async def take(self, request: Request) -> Response:
        """The answer to a request, once what it brought is settled. Raises Problem."""
        sender, body = await self._admission.admit(request, may_be_empty=True)
        if not body.strip():
            return _outcome(HTTPStatus.OK, "information", "nothing was told")
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type not in _TYPES:
            raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"content-type: {', '.join(_TYPES)}.")
        self._admission.count(sender, 1)
        message = RawMessage(body=body, media_type=MEDIA_TYPE, received_at=self._feed.clock.now_ms())
        refused = await self._room.settled([message], self._settings.answer_s)
        if refused:
            return _outcome(HTTPStatus.UNPROCESSABLE_ENTITY, "error", refused[0])
        return _outcome(HTTPStatus.OK, "information", "durable")


def _outcome(status: int, severity: str, said: str, headers: dict[str, str] | None = None) -> Response:
    """An OperationOutcome: reasons and places, never what stood there."""
    code = "informational" if severity == "information" else "processing"
    issue: list[dict[str, Any]] = [{"severity": severity, "code": code, "diagnostics": said}]
    body = msgspec.json.encode({"resourceType": "OperationOutcome", "issue": issue})
    return Response(body, status, headers, MEDIA_TYPE)


async def _refuse(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return _outcome(error.status, "error", error.detail, error.headers())


async def _not_so(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _outcome(error.status_code, "error", "POST or PUT to /fhir", dict(error.headers or {}))
