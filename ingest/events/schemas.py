"""What can be said about the vocabulary itself: JSON Schemas, summaries, and the kind of each field.

Nothing here is written by hand twice: it all follows from the event types.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from ingest.events import catalogue, domain_of
from ingest.events.codes import Amount, Day, UtcMs
from ingest.events.envelope import Event, payload_fields

FieldKind = Literal["text", "code", "int", "float", "bool", "amount", "day", "instant", "list", "map"]

_PLAIN: dict[Any, FieldKind] = {str: "text", int: "int", float: "float", bool: "bool", Decimal: "amount"}


class Summary(msgspec.Struct, frozen=True):
    """An event type in one line."""

    event_type: str
    zh: str
    en: str
    domain: str
    subject: str
    natural_key: tuple[str, ...]
    expected: tuple[str, ...]
    fields: dict[str, FieldKind]
    broadcast: bool


def summaries() -> list[Summary]:
    """All event types, in the order of the domains' files."""
    return [
        Summary(
            event_type,
            *kind.title,
            domain_of(event_type),
            kind.subject,
            kind.natural_key,
            kind.expected,
            field_kinds(kind),
            kind.broadcast,
        )
        for event_type, kind in catalogue().items()
    ]


@cache
def field_kinds(kind: type[Event]) -> dict[str, FieldKind]:
    """The fields that an event type adds to the envelope, each with its kind: what a column is made from."""
    hints = get_type_hints(kind, include_extras=True)
    return {name: _kind(hints[name]) for name in payload_fields(kind)}


def codes_of(kind: type[Event], field: str) -> tuple[str, ...]:
    """The legal codes of a coded field, in the order of the specification."""
    inner = _present(get_type_hints(kind, include_extras=True)[field])
    return get_args(inner) if get_origin(inner) is Literal else ()


def _present(hint: Any) -> Any:
    """The type of a field's value when there is one."""
    if hint in (UtcMs, Day, Amount) or get_origin(hint) in (Literal, tuple, dict):
        return hint
    return next((each for each in get_args(hint) if each is not type(None)), hint)


def _kind(hint: Any) -> FieldKind:
    inner = _present(hint)
    if inner == UtcMs:
        return "instant"
    if inner == Day:
        return "day"
    if inner == Amount:
        return "amount"
    origins: dict[Any, FieldKind] = {Literal: "code", tuple: "list", dict: "map"}
    return origins.get(get_origin(inner)) or _PLAIN[inner]


def json_schema(kind: type[Event]) -> dict[str, Any]:
    """The JSON Schema of an event as it is on the wire, self-contained."""
    (reference,), components = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    name = reference["$ref"].rsplit("/", 1)[-1]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{kind.__struct_config__.tag}.json",
        **components.pop(name),
        **({"$defs": components} if components else {}),
        "x-title": {"zh": kind.title[0], "en": kind.title[1]},
        "x-subject": kind.subject,
        "x-natural-key": list(kind.natural_key),
        "x-expected": list(kind.expected),
    }
