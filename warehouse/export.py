"""Marts as files: CSV for spreadsheets, Parquet for everything else; a day at a time, whole or not at all.

Pseudonyms stay here unless they are asked for, and statistics of fewer than ten are left blank.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, Protocol

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from warehouse.client import Warehouse
from warehouse.library import SMALL, Column, columns, view_of

Format = Literal["csv", "parquet"]

# Of marts that are statistics: which count each figure is of.
_COUNTED_BY = {"windows": "served", "departments": "seen", "doctors": "seen", "time_goes": "visits"}
_KINDS: dict[str, pa.DataType] = {
    "Bool": pa.bool_(),
    "Date": pa.date32(),
    "Float64": pa.float64(),
    "UInt64": pa.int64(),
    "DateTime64(3, 'UTC')": pa.timestamp("ms", "UTC"),
}


class _Writes(Protocol):
    def write_table(self, table: pa.Table) -> None: ...

    def close(self) -> None: ...


def export(
    warehouse: Warehouse, facility: str, name: str, days: Sequence[str], path: Path, form: Format, pseudonyms: bool
) -> int:
    """Write the rows of a mart of some days to a file; how many. A file that is there is replaced at the end."""
    told = [column for column in columns(name) if pseudonyms or not column.is_pseudonym]
    schema = pa.schema([(column.name, _kind(column)) for column in told])
    said = ", ".join(f"{_value(name, column)} as `{column.name}`" for column in told)
    sql = (
        f"select {said} from `{view_of(name)}` as m"
        " where m.facility_id = {facility:String} and m.day = {day:Date} order by all"
    )
    written = 0
    with _replacing(path) as beside, _writer(beside, schema, form) as writer:
        for day in days:
            rows = warehouse.rows(sql, {"facility": facility, "day": day})
            writer.write_table(pa.Table.from_pylist(rows, schema))
            written += len(rows)
    return written


def _kind(column: Column) -> pa.DataType:
    return _KINDS.get(
        column.kind.removeprefix("Nullable(").removesuffix(")") if "Nullable" in column.kind else column.kind,
        pa.string(),
    )


def counted_by(name: str, column: Column) -> str | None:
    """The column that says of how many a figure is; None where the column is no statistic."""
    return _COUNTED_BY.get(name) if column.kind == "Nullable(Float64)" else None


def _value(name: str, column: Column) -> str:
    if column.kind.startswith(("Map", "Array")):
        return f"toJSONString(m.{column.name})"
    if (count := counted_by(name, column)) is not None:
        return f"if(m.{count} < {SMALL}, null, m.{column.name})"
    return f"toString(m.{column.name})" if _kind(column) == pa.string() else f"m.{column.name}"


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    beside = path.with_name(f".{path.name}.part")
    try:
        yield beside
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def _writer(path: Path, schema: pa.Schema, form: Format) -> Iterator[_Writes]:
    made: Any = (
        pyarrow.parquet.ParquetWriter(path, schema, compression="zstd")
        if form == "parquet"
        else pyarrow.csv.CSVWriter(path, schema)
    )
    try:
        yield made
    finally:
        made.close()
