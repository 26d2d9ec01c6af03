"""Rows as messages: what a database gives, as JSON that an interpreter reads.

A fact that several rows tell, such as a payment in two channels, is one message of all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from ingest.databases.statements import Relation

# Beside the columns: how often a row said something else under the same version; what it said before.
AGAIN, BEFORE = "_again", "_before"


_encoder = msgspec.json.Encoder(enc_hook=str)


class Line(NamedTuple):
    """A row as the database gave it."""

    row_ver: str
    src_pk: str
    columns: dict[str, object]
    shared: tuple[str | None, ...]  # its values in the columns that rows of one fact share

    @property
    def key(self) -> int:
        """Which version of which row this is."""
        return hash((self.row_ver, self.src_pk))

    @property
    def content(self) -> int:
        """What it says."""
        return hash(_encoder.encode(self.columns))


class Reader:
    """Reads the rows of one relation."""

    def __init__(self, relation: Relation, together: Sequence[str]) -> None:
        self._names = tuple(relation.columns)
        self._together = tuple(together)
        shape = {name: _shape(relation, name) for name in self._names}
        self._mends = [(name, mend) for name, mend in shape.items() if mend is not None]

    def lines(self, rows: Iterable[Sequence[Any]]) -> list[Line]:
        """The rows as lines."""
        return [self._line(dict(zip(self._names, row, strict=False))) for row in rows]

    def _line(self, columns: dict[str, Any]) -> Line:
        for name, mend in self._mends:
            columns[name] = mend(columns[name])
        shared = tuple(_text(columns[name]) for name in self._together)
        return Line(_text(columns.get("row_ver")) or "", _text(columns["src_pk"]) or "", columns, shared)


def body_of(view: str, rows: Sequence[Line], before: dict[str, object] | None = None) -> bytes:
    """A message of a row, of those beside it, and of what it said before where that is known."""
    first, *others = rows
    row = first.columns if before is None else {**first.columns, BEFORE: before}
    told = {"view": view, "row": row, "beside": [line.columns for line in others]}
    return _encoder.encode(told)


def bodies(view: str, together: bool, fresh: Iterable[Line], standing: Iterable[Line]) -> list[bytes]:
    """One message a row; where rows tell a fact together, one for all that stand of each fact that has changed."""
    if not together:
        return [body_of(view, [line]) for line in fresh]
    facts: dict[tuple[str | None, ...], dict[str, Line]] = {}
    for line in fresh:
        facts.setdefault(line.shared, {})[line.src_pk] = line
    for line in standing:  # read later than the fresh ones
        if line.shared in facts:
            told = facts[line.shared].get(line.src_pk)
            facts[line.shared][line.src_pk] = line if told is None or told.key != line.key else told
    return [body_of(view, list(lines.values())) for lines in facts.values()]


def _text(value: object) -> str | None:
    """A value as a version, a key or a part of one."""
    if value is None or isinstance(value, str):
        return value
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _shape(relation: Relation, name: str) -> Callable[[Any], Any] | None:
    """How a column's values are mended; None: they are well as they are."""
    base = relation.columns[name].base
    if relation.engine == "mysql":
        if base in ("date", "datetime", "timestamp"):
            return lambda value: None if value is None or value.startswith("0000") else value
        return _bits if base == "bit" else _binary if base == "text" else None
    if base in ("bytea", "raw", "long_raw", "blob", "binary", "varbinary", "image"):
        return _binary
    return _plain if base in ("interval", "time", "interval_ds") or base.endswith("[]") else None


def _bits(value: Any) -> Any:
    return int.from_bytes(value, "big") if isinstance(value, bytes) else value


def _binary(value: Any) -> Any:
    return value.hex() if isinstance(value, (bytes, bytearray, memoryview)) else value


def _plain(value: Any) -> Any:
    """A list as the places of an array, a span of time as a time of day."""
    if isinstance(value, list):
        return ",".join(str(each) for each in value)
    if isinstance(value, timedelta):
        return str(value)
    return value
