"""The OpenAPI document of `POST /v1/events`, made from the vocabulary and the site's own codes."""

from __future__ import annotations

from typing import Any

from ingest.events.envelope import kind_of
from ingest.feeds import FeedSettings
from ingest.interpret.canonical_schema import SHARED, Codes, event_schema, example, told_kinds
from ingest.interpret.records import CLOUD_BATCH, CLOUD_EVENT, EVENT, LINES
from ingest.web.problem import MEDIA_TYPE

Document = dict[str, Any]

_PROBLEM: Document = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "accepted": {"type": "integer", "minimum": 0},
        "refused": {"type": "integer", "minimum": 1},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["record", "pointer", "detail", "field"],
                "properties": {
                    "record": {"type": "integer", "minimum": 0, "description": "Which record, from 0."},
                    "pointer": {"type": "string", "description": "JSON pointer to the place in the body."},
                    "detail": {"type": "string", "description": "Why; never what stood there."},
                    "field": {"type": "string"},
                },
            },
        },
    },
}
_REFUSALS = {
    400: "The body is no JSON, is empty, or does not unpack.",
    401: "No token or signature, or one that is not known here.",
    408: "The body did not come in time.",
    413: "The body is too long, or holds too many records.",
    415: "A content type or encoding that is none of ours.",
    422: "Some records were refused; all others are durable. Mend those that the errors name and send them again.",
    429: "Too many requests or records a minute; see Retry-After.",
    503: "The broker is away or too much is waiting: send all of it again; see Retry-After.",
}


def openapi(settings: FeedSettings, codes: Codes) -> Document:
    """The whole document."""
    events = {kind_of(kind): event_schema(kind, codes) for kind in told_kinds()}
    names = {name: f"#/components/schemas/{name}" for name in events}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "HIS Pulse: events of a hospital",
            "version": "1",
            "description": "Tell what happened, with your own numbers: they become pseudonyms here and are not kept. "
            f"What is told counts as told by {settings.source_system}. Telling the same again changes nothing.",
        },
        "paths": {"/v1/events": {"post": _post()}},
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "signature": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "webhook-signature",
                    "description": "Standard Webhooks: with webhook-id and webhook-timestamp.",
                },
            },
            "schemas": {
                **SHARED,
                **events,
                "Event": {
                    "oneOf": [{"$ref": reference} for reference in names.values()],
                    "discriminator": {"propertyName": "event_type", "mapping": names},
                },
                "CloudEvent": _cloud_event(list(events)),
                "Accepted": {
                    "type": "object",
                    "required": ["accepted"],
                    "properties": {"accepted": {"type": "integer", "minimum": 0}},
                },
                "Problem": _PROBLEM,
            },
        },
    }


def _post() -> Document:
    event, cloud = {"$ref": "#/components/schemas/Event"}, {"$ref": "#/components/schemas/CloudEvent"}
    refusal = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    content: Document = {
        EVENT: {"schema": {"anyOf": [event, {"type": "array", "items": event}]}, "example": example()},
        CLOUD_EVENT: {"schema": cloud},
        CLOUD_BATCH: {"schema": {"type": "array", "items": cloud}},
    }
    return {
        "operationId": "tellEvents",
        "summary": "Tell events",
        "description": f"One event, an array, or one a line ({LINES[0]}); CloudEvents 1.0 structured, batched or in "
        "binary mode (ce-* headers); content-encoding gzip or none.",
        "security": [{"token": []}, {"signature": []}],
        "requestBody": {"required": True, "content": content},
        "responses": {
            "202": {
                "description": "Every record is durable, with its events.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Accepted"}}},
            },
            **{str(status): {"description": why, "content": refusal} for status, why in _REFUSALS.items()},
        },
    }


def _cloud_event(names: list[str]) -> Document:
    return {
        "type": "object",
        "required": ["specversion", "type", "id", "source", "data"],
        "description": "`type` is the event_type, `time` the occurred_at, `id` the message_id; the rest is in `data`.",
        "properties": {
            "specversion": {"const": "1.0"},
            "type": {"enum": names},
            "id": {"type": "string", "minLength": 1},
            "source": {"type": "string", "minLength": 1},
            "time": {"type": "string", "format": "date-time"},
            "datacontenttype": {"const": "application/json"},
            "data": {"type": "object"},
        },
    }
