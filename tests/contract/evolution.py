"""What a change of an event's schema means to those who wrote events before, and to those who read them.

Within a version, a schema may only grow: a new event type, a new field that may be absent, a further code. What is
already on the log and in the warehouse is read by the new schema; so nothing may be taken away, made narrower, be
called otherwise, or be demanded of what was written without it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]
ADVICE = "raise schema_version of the event and write a new type beside it, or put back what was there"


def broken(name: str, before: Schema, now: Schema | None) -> Iterator[str]:
    """What the schema of an event no longer is that it was when it was released."""
    if now is None:
        yield f"{name}: the event type is gone"
        return
    for what, title in (("x-subject", "its subject"), ("x-natural-key", "its natural key: facts get other ids")):
        if before.get(what) != now.get(what):
            yield f"{name}: {title} changed"
    yield from _narrowed(name, before, now, before, now)


def _narrowed(place: str, before: Schema, now: Schema, old: Schema, new: Schema) -> Iterator[str]:
    """Where `now` refuses what `before` allowed; `old` and `new` hold their definitions."""
    before, now = _resolved(before, old), _resolved(now, new)
    was, is_now = _choices(before, old), _choices(now, new)
    if gone := sorted(set(was) - set(is_now)):
        yield f"{place}: may no longer be {', '.join(gone)}"
    for kind in was.keys() & is_now.keys():
        yield from _of_a_kind(place, was[kind], is_now[kind], old, new)


def _choices(schema: Schema, whole: Schema) -> dict[str, Schema]:
    """JSON type → what may be of it."""
    found: dict[str, Schema] = {}
    for choice in (_resolved(each, whole) for each in schema.get("anyOf", [schema])):
        if "enum" in choice:
            of = "null" if choice["enum"] == [None] else "a code"
        else:
            of = str(choice.get("type", "anything"))
        found[of] = choice
    return found


def _of_a_kind(place: str, before: Schema, now: Schema, old: Schema, new: Schema) -> Iterator[str]:
    if lost := sorted(map(str, set(before.get("enum", ())) - set(now.get("enum", ())))):
        yield f"{place}: codes that are no longer legal: {', '.join(lost)}"
    fields, fields_now = before.get("properties", {}), now.get("properties", {})
    for field in fields:
        if field not in fields_now:
            yield f"{place}.{field}: the field is gone"
        else:
            yield from _narrowed(f"{place}.{field}", fields[field], fields_now[field], old, new)
    for field in sorted(set(now.get("required", ())) - set(before.get("required", ()))):
        yield f"{place}.{field}: is demanded now, and what was written without it cannot be read"
    for inner in ("items", "additionalProperties"):
        if isinstance(before.get(inner), dict) and isinstance(now.get(inner), dict):
            yield from _narrowed(f"{place}[]", before[inner], now[inner], old, new)
    for one, other in zip(before.get("prefixItems", ()), now.get("prefixItems", ()), strict=False):
        yield from _narrowed(f"{place}[]", one, other, old, new)
    yield from (f"{place}: {bound} is narrower" for bound in _bounds(before, now))


def _bounds(before: Schema, now: Schema) -> Iterator[str]:
    for bound, is_upper in (("minimum", False), ("minLength", False), ("minItems", False), ("maximum", True),
                            ("maxLength", True), ("maxItems", True)):  # fmt: skip
        if bound not in now:
            continue
        if bound not in before or (now[bound] < before[bound] if is_upper else now[bound] > before[bound]):
            yield bound
    if now.get("pattern") != before.get("pattern") and "pattern" in now:
        yield "pattern"


def _resolved(schema: Schema, whole: Schema) -> Schema:
    while "$ref" in schema:
        schema = whole["$defs"][schema["$ref"].rsplit("/", 1)[-1]]
    return schema
