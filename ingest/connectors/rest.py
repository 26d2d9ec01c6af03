"""Events over HTTP: `POST /v1/events` takes JSON, NDJSON and CloudEvents from queue-call vendors and in-house systems.

A request is answered 202 when all of its records and their events are durable; what is refused is named record by
record, and the rest is taken all the same. While the broker is away a sender is told to send again: that changes
nothing, because the same fact has the same id. Every record is a raw message of its own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ingest.connector import Interpret, RawMessage
from ingest.errors import Malformed
from ingest.events.envelope import Event
from ingest.feeds import Feed
from ingest.interpret.canonical import interpret_cloud_event, interpret_event
from ingest.interpret.records import CLOUD_EVENT, MEDIA_TYPES, records_in
from ingest.interpret.source import source_of
from ingest.web.admission import Admission
from ingest.web.openapi import openapi
from ingest.web.page import page
from ingest.web.problem import Problem, problem, refused_records
from ingest.web.server import HttpServer
from ingest.web.settings import HttpSettings
from ingest.web.waiting import WaitingRoom


class Settings(HttpSettings, frozen=True, kw_only=True):
    """Section [feeds.<name>] of kind "rest": no settings but those of every feed that others send to over HTTP."""


def connect(feed: Feed) -> HttpServer:
    """The server of a feed; it listens from its first `read`. Raises Misconfigured when nobody may send."""
    room = WaitingRoom(_settings(feed).max_waiting)
    return HttpServer(feed, application(Reception(feed, room).take, feed), room)


def interpreter(feed: Feed) -> Interpret:
    """Records as events."""
    source = source_of(feed)

    def interpret(raw: RawMessage) -> list[Event]:
        told = interpret_cloud_event if raw.media_type == CLOUD_EVENT else interpret_event
        return told(raw.body, source, raw.received_at)

    return interpret


class Reception:
    """Where requests are taken, cut into records, and answered."""

    def __init__(self, feed: Feed, room: WaitingRoom) -> None:
        self._feed, self._settings, self._room = feed, _settings(feed), room
        self._admission = Admission(feed.name, self._settings, str(feed.site.path))

    async def take(self, request: Request) -> Response:
        """The answer to a request, once all of its records are settled. Raises Problem."""
        sender, body = await self._admission.admit(request)
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        try:
            pieces = records_in(body, media_type, request.headers)
        except Malformed:
            raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"content-type: {', '.join(MEDIA_TYPES)}.") from None
        if len(pieces) > self._settings.max_records:
            raise Problem(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A request may hold {self._settings.max_records} records."
            )
        self._admission.count(sender, len(pieces))
        now_ms = self._feed.clock.now_ms()
        messages = [RawMessage(body=p.body, media_type=p.media_type, received_at=now_ms, fault=p.fault) for p in pieces]
        refused = await self._room.settled(messages, self._settings.answer_s)
        if refused:
            return refused_records(refused, len(messages))
        return Response(
            msgspec.json.encode({"accepted": len(messages)}), HTTPStatus.ACCEPTED, media_type="application/json"
        )


def application(take: Callable[[Request], Awaitable[Response]], feed: Feed) -> Starlette:
    """The paths of a feed. What is wrong with a request is said as problem details."""
    described = msgspec.json.encode(openapi(feed.settings, feed.site.codes))
    described_page = page(feed.site.hospital, feed.site.codes)

    async def openapi_json(_request: Request) -> Response:
        return Response(described, media_type="application/json")

    async def read_me(_request: Request) -> Response:
        headers = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'"}
        return Response(described_page, 200, headers, "text/html")

    async def refuse(_request: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)
        return error.response()

    async def not_so(_request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return problem(error.status_code, "See /openapi.json for what there is.", error.headers)

    return Starlette(
        routes=[
            Route("/v1/events", take, methods=["POST"]),
            Route("/openapi.json", openapi_json, methods=["GET"]),
            Route("/", read_me, methods=["GET"]),
        ],
        exception_handlers={Problem: refuse, HTTPException: not_so},
    )


def _settings(feed: Feed) -> Settings:
    assert isinstance(feed.settings, Settings)
    return feed.settings
