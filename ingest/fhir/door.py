"""Takes what a FHIR server or an integration engine sends: bundles, and notifications of subscriptions (rest-hook).

A bundle is one message: all that it tells becomes durable, or it is refused as a whole. A notification carries its
resource, or nothing: then there is nothing to tell, and polling finds what has changed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
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
from ingest.web.listener import Listener
from ingest.web.problem import Problem
from ingest.web.waiting import WaitingRoom

_TYPES = (MEDIA_TYPE, "application/json")


class Door:
    """Listens, takes bundles and resources, and answers for them."""

    def __init__(self, feed: Feed) -> None:
        assert isinstance(feed.settings, Settings)
        self._feed, self._settings = feed, feed.settings
        self._admission = Admission(feed.name, feed.settings, str(feed.site.path))
        self._room = WaitingRoom(feed.settings.max_waiting)
        paths = ("/fhir", "/fhir/{kind}", "/fhir/{kind}/{number}")
        self._listener = Listener(
            feed,
            Starlette(
                routes=[Route(path, self._take, methods=["POST", "PUT"]) for path in paths],
                exception_handlers={Problem: _refuse, HTTPException: _not_so},
            ),
        )
        self._is_open = False

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._listener.port

    async def listen(self) -> None:
        """Start to listen. Raises Misconfigured."""
        await self._listener.open()
        self._is_open = True

    async def read(self) -> AsyncIterator[Sequence[RawMessage]]:
        """What has come while the last batch was settled."""
        if not self._is_open:
            await self.listen()
        async for batch in self._room.batches():
            yield batch

    async def refuse(self, message: RawMessage, reason: str) -> None:
        """The sender is told."""
        self._room.settle(message, reason)

    async def acknowledge(self, messages: Sequence[RawMessage]) -> None:
        """The messages are durable, or none of our business."""
        for message in messages:
            self._room.settle(message)

    async def close(self) -> None:
        """Stop listening; what is not answered will be sent again."""
        self._room.close()
        await self._listener.close()

    async def _take(self, request: Request) -> Response:
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
