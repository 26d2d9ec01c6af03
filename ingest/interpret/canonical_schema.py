"""The JSON Schemas of events in our own terms: what a sender may write, as `canonical.py` reads it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, get_args

from ingest.events import catalogue
from ingest.events.envelope import Event, Part, PatientArrival, kind_of, payload_fields
from ingest.interpret.canonical import FLAGS, NOT_TOLD
from ingest.interpret.codes import legal_codes
from ingest.interpret.fields import hint, holds

Schema = dict[str, Any]
Codes = Mapping[str, Mapping[str, str]]


def _or_nothing(field: Schema) -> Schema:
    """What may be left out may be null as well, and a text empty."""
    if "enum" in field:
        return {**field, "enum": [*field["enum"], None, ""]}
    if isinstance(field.get("type"), str) and field["type"] != "string":
        return {**field, "type": [field["type"], "null"]}
    return {"anyOf": [field, {"enum": [None, ""]}]}


_TEXT: Schema = {"type": ["string", "integer"], "minLength": 1, "maxLength": 200}
_DAY: Schema = {"type": "string", "format": "date", "pattern": "^(18[89]|19[0-9]|20[0-9])[0-9]-[0-9]{2}-[0-9]{2}$"}
_INSTANT: Schema = {
    "description": "ISO 8601, best with an offset; without one the site's zone counts. Or UTC milliseconds.",
    "oneOf": [
        {"type": "string", "format": "date-time", "pattern": "^(19|20|21|22)[0-9]{2}"},
        {"type": "integer", "minimum": 100_000_000_000, "maximum": 10_413_791_999_000},
    ],
}
_NUMBER: Schema = {
    "description": "The sender's own number: it becomes a pseudonym and is not kept.",
    "oneOf": [
        _TEXT,
        {
            "type": "object",
            "required": ["number"],
            "properties": {"number": _TEXT, "authority": _or_nothing(_TEXT), "date": _or_nothing(_DAY)},
        },
    ],
}
_ENVELOPE: Schema = {
    "occurred_at": {"$ref": "#/components/schemas/Instant"},
    "op": {"enum": ["assert", "retract"], "description": "retract: it never happened."},
    "recorded_at": {"$ref": "#/components/schemas/Instant"},
    "sent_at": {"$ref": "#/components/schemas/Instant"},
    "patient_id": {"$ref": "#/components/schemas/Number"},
    "visit_id": {"$ref": "#/components/schemas/Number"},
    "visit_date": {"$ref": "#/components/schemas/Day"},
    "version": {
        "description": "Of the record this event was made from: of two tellings of one fact the higher counts.",
        "type": ["integer", "string"],
        "minimum": 0,
        "pattern": "^([0-9]{1,20}$|[0-9A-Fa-f]{1,8}/[0-9A-Fa-f]{1,8}$|(19|20|21|22)[0-9]{2}-)",
    },
    "message_id": _TEXT,
    "quality_flags": {"type": "array", "items": {"enum": list(FLAGS)}},
}
_PLAIN: dict[str, Schema] = {
    "text": _TEXT | {"description": "A code or a place, never a name or a sentence: those are left out."},
    "dept": _TEXT | {"description": "A department's code."},
    "staff": {"$ref": "#/components/schemas/Number"},
    "number": {"$ref": "#/components/schemas/Number"},
    "ticket": {"$ref": "#/components/schemas/Number"},
    "instant": {"$ref": "#/components/schemas/Instant"},
    "day": {"$ref": "#/components/schemas/Day"},
    "amount": {"$ref": "#/components/schemas/Amount"},
    "int": {"type": "integer", "minimum": 0, "maximum": 999_999_999},
    "float": {"type": "number", "minimum": 0, "maximum": 999_999_999},
    "bool": {"type": "boolean"},
    "map": {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0, "maximum": 999_999_999}},
}
SHARED: dict[str, Schema] = {
    "Instant": _INSTANT,
    "Day": _DAY,
    "Number": _NUMBER,
    "Amount": {
        "description": "CNY, positive; best as text.",
        "oneOf": [
            {"type": "string", "pattern": "^-?[0-9]{1,10}(\\.[0-9]{1,4})?$"},
            {"type": "number", "minimum": -9_999_999_999, "maximum": 9_999_999_999},
        ],
    },
}


def told_kinds() -> Iterable[type[Event]]:
    """The event types that a sender may tell."""
    return (kind for name, kind in catalogue().items() if name not in NOT_TOLD)


def event_schema(kind: type[Event], codes: Codes) -> Schema:
    """What a sender may write of one event type; `codes` are the site's own."""
    fields = {name: _field(kind, name, codes) for name in payload_fields(kind)}
    person = {
        "birth_date": {"$ref": "#/components/schemas/Day"},
        "age": {"type": "integer", "minimum": 0, "maximum": 149},
    }
    properties = {**_ENVELOPE, **fields, **(person if issubclass(kind, PatientArrival) else {})}
    required = ["event_type", "occurred_at", *((kind.subject,) if _is_told(kind) else ())]
    return {
        "type": "object",
        "title": kind.title[1],
        "description": " · ".join((*kind.title, (kind.__doc__ or "").splitlines()[0])),
        "required": required,
        "properties": {
            "event_type": {"const": kind_of(kind)},
            **{name: field if name in required else _or_nothing(field) for name, field in properties.items()},
        },
        "x-expected": list(kind.expected),
    }


def _is_told(kind: type[Event]) -> bool:
    return kind.subject != "source_system"


def _field(kind: type[Event | Part], name: str, codes: Codes) -> Schema:
    what = holds(kind, name)
    if what == "code":
        return {"enum": sorted({*(legal_codes(kind, name) or ()), *_mapped(kind, name, codes)})}
    if what == "list":
        part = get_args(hint(kind, name))[0]
        return {"type": "array", "items": _or_nothing(_PLAIN["number"]) if part is str else _part(part, codes)}
    return _PLAIN[what]


def _mapped(kind: type[Event | Part], name: str, codes: Codes) -> Iterable[str]:
    legal = legal_codes(kind, name) or frozenset()
    return (raw for raw, ours in codes.get(name, {}).items() if ours in legal)


def _part(part: type[Part], codes: Codes) -> Schema:
    return {
        "type": "object",
        "properties": {name: _or_nothing(_field(part, name, codes)) for name in part.__struct_fields__},
        "x-expected": list(part.expected),
    }


@lru_cache(maxsize=1)
def example() -> Schema:
    """A call to a cashier's window."""
    return {
        "event_type": "queue.called",
        "occurred_at": "2025-03-03T09:05:00+08:00",
        "ticket_id": "20250303-A001",
        "ticket_no": "A001",
        "queue_id": "CASH",
        "service_point_type": "cashier",
        "window_id": "W3",
        "staff_id": "2203",
        "call_seq": 1,
        "visit_id": "MZ250303000123",
        "version": 1,
    }
