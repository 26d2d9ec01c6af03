"""What a column of a change holds, as the database itself would write it: days and milliseconds become dates and times.

Debezium says of each column what its numbers mean. A time without a zone comes as if it were UTC: it is written without
an offset, and whoever reads it applies the hospital's zone.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec

from ingest.errors import Malformed

Cell = Callable[[Any], object]
_EPOCH = datetime.fromtimestamp(0, UTC).replace(tzinfo=None)  # a database's clock without a zone
_NOUGHTS = re.compile(r"\.0+(?=[Z+-])")


class Field(msgspec.Struct, frozen=True):
    """What Kafka Connect says of a column, or of a struct of columns."""

    field: str = ""
    type: str = ""
    name: str = ""
    fields: tuple[Field, ...] = ()
    parameters: dict[str, str] = {}


_decoder = msgspec.json.Decoder(Field)


@lru_cache(maxsize=256)  # a table's schema comes with each of its changes
def cells(schema: bytes) -> dict[str, Cell | None]:
    """Column → how to read it (None: as it is), of the schema of a change. Raises Malformed."""
    try:
        change = _decoder.decode(schema)
    except msgspec.DecodeError:
        raise Malformed("unreadable schema: $.schema") from None
    row = next((each for each in change.fields if each.field == "after"), Field())
    return {column.field: _cell(column) for column in row.fields}


def _cell(column: Field) -> Cell | None:
    if column.type == "array":
        return _as_list
    kind = column.name.rsplit(".", 1)[-1]
    if kind == "Decimal":  # `decimal.handling.mode` should be string
        scale = int(column.parameters.get("scale", "0"))
        return lambda told: _decimal(told, scale)
    unit = "connect." if column.name.startswith("org.apache.kafka.connect") else ""
    return _CELLS.get(unit + kind)


def _date(days: int) -> str:
    return (_EPOCH + timedelta(days=days)).date().isoformat()


def _local(per_second: int) -> Cell:
    """A moment by a clock on the wall. None is what MariaDB means by a time of only noughts."""

    def read(told: int) -> str | None:
        if told == 0:
            return None
        seconds, part = divmod(told, per_second)
        moment = _EPOCH + timedelta(seconds=seconds, microseconds=part * 1_000_000 // per_second)
        return moment.isoformat()

    return read


def _clock(per_second: int) -> Cell:
    return lambda told: (_EPOCH + timedelta(seconds=told // per_second)).time().isoformat()


def _zoned(told: str) -> str:
    """Noughts are no precision: `…T01:14:00.000000Z` is `…T01:14:00Z`."""
    return _NOUGHTS.sub("", told)


def _as_list(told: list[object]) -> str:
    return "{" + ",".join(map(str, told)) + "}"


def _decimal(told: str, scale: int) -> str:
    whole = int.from_bytes(base64.b64decode(told), "big", signed=True)
    return str(Decimal(whole).scaleb(-scale))


_CELLS: dict[str, Cell] = {
    "Date": _date,
    "connect.Date": _date,
    "Timestamp": _local(1_000),
    "connect.Timestamp": _local(1_000),
    "MicroTimestamp": _local(1_000_000),
    "NanoTimestamp": _local(1_000_000_000),
    "Time": _clock(1_000),
    "connect.Time": _clock(1_000),
    "MicroTime": _clock(1_000_000),
    "NanoTime": _clock(1_000_000_000),
    "ZonedTimestamp": _zoned,
}
