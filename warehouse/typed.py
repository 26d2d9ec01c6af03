"""A view per event type over `day_events`: the envelope, and the payload in columns typed by the vocabulary."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ingest.events.envelope import Event, payload_fields
from warehouse.columns import OF_A_DAY

_ENVELOPE = ("build_day", *(name for name in OF_A_DAY if name not in ("domain", "body")))


def typed_view(kind: type[Event]) -> str:
    """The query of one event type's view."""
    columns = dict(_payload(kind))
    envelope = ", ".join(_ENVELOPE)
    tag = kind.__struct_config__.tag
    if not columns:
        return f"select {envelope}\nfrom day_events\nwhere event_type = '{tag}'"
    said = ", ".join(f"`{name}` {said_type}" for name, (said_type, _) in columns.items())
    typed = ",\n    ".join(f"{reading} as `{name}`" for name, (_, reading) in columns.items())
    return f"""with JSONExtract(body, 'Tuple({said})') as said
select
    {envelope},
    {typed}
from day_events
where event_type = '{tag}'"""


def _payload(kind: type[Event]) -> Iterator[tuple[str, tuple[str, str]]]:
    """Field → (type as it is read from JSON, expression that makes the column of it)."""
    info = msgspec.inspect.type_info(kind)
    assert isinstance(info, msgspec.inspect.StructType)
    wanted = set(payload_fields(kind))
    for field in info.fields:
        if field.name in wanted:
            said, meaning = _column(field.type)
            reading = f"said.`{field.name}`"
            if meaning == "instant":
                reading = f"fromUnixTimestamp64Milli({reading}, 'UTC')"
            elif meaning == "day":
                reading = f"toDateOrNull({reading})"
            yield field.name, (said, reading)


def _column(kind: msgspec.inspect.Type, nullable: bool = True) -> tuple[str, str]:
    """ClickHouse's type for a field's JSON, and whether it means an `instant` or a `day`."""
    match kind:
        case msgspec.inspect.UnionType(types=types):
            return _column(next(t for t in types if not isinstance(t, msgspec.inspect.NoneType)), nullable)
        case msgspec.inspect.Metadata(type=inner, extra_json_schema=told):
            meaning = {"UTC ms": "instant", "day": "day"}.get(str((told or {}).get("title")), "")
            return _column(inner, nullable)[0], meaning
        case msgspec.inspect.VarTupleType(item_type=item) | msgspec.inspect.ListType(item_type=item):
            return f"Array({_column(item, nullable=isinstance(item, msgspec.inspect.StructType))[0]})", ""
        case msgspec.inspect.TupleType(item_types=items):
            return f"Array({_column(items[0])[0]})", ""
        case msgspec.inspect.DictType(value_type=value):
            return f"Map(String, {_column(value, nullable=False)[0]})", ""
        case msgspec.inspect.StructType(fields=fields):
            return "Tuple(" + ", ".join(f"`{f.name}` {_column(f.type)[0]}" for f in fields) + ")", ""
    plain = _PLAIN[type(kind)]
    return (f"Nullable({plain})" if nullable else plain), ""


_PLAIN: dict[type[msgspec.inspect.Type], str] = {
    msgspec.inspect.StrType: "String",
    msgspec.inspect.LiteralType: "String",
    msgspec.inspect.IntType: "Int64",
    msgspec.inspect.FloatType: "Float64",
    msgspec.inspect.BoolType: "Bool",
    msgspec.inspect.DecimalType: "Decimal(14, 4)",
}
