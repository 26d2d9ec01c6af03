"""Reports as data: one row a figure, as CSV that spreadsheets open, and as Parquet."""

from __future__ import annotations

import csv
import io
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet

from orchestration.reports.document import Row
from orchestration.reports.facts import Facts, Hospital
from orchestration.reports.figures import Figure
from orchestration.reports.writing import target_text

_TYPES = {"str": pa.string(), "int": pa.int64(), "float": pa.float64()}


def rows_of(facts: Facts, report: str) -> tuple[Row, ...]:
    """Every figure of a report, of the hospital and of its parts."""
    span = (facts.first, facts.last)
    return tuple(row_of(facts.hospital, report, span, f) for f in facts.figures if f.n or f.excluded)


def row_of(hospital: Hospital, report: str, span: tuple[str, str], figure: Figure) -> Row:
    """One figure of a stretch of days, both ends among them."""
    kpi = figure.kpi
    return Row(
        report=report,
        facility=hospital.facility,
        first_day=span[0],
        last_day=span[1],
        kpi=kpi.code,
        title_zh=kpi.zh,
        title_en=kpi.en,
        unit=kpi.unit,
        dimension=figure.dim,
        part=figure.part,
        n=figure.n,
        value=figure.value,
        mean=figure.mean,
        p50=figure.p50,
        p90=figure.p90,
        numerator=figure.num,
        denominator=figure.den,
        excluded=sum(figure.excluded.values()),
        waiting=figure.waiting,
        completeness=figure.completeness,
        target=target_text(figure.target, kpi, "en"),
        verdict=("kept", "broken", "far")[figure.severity] if figure.target else "",
        trust=_trust(figure),
        definition_version=kpi.version,
    )


def _trust(figure: Figure) -> str:
    levels = {doubt.level for doubt in figure.doubts}
    return next((level for level in ("withhold", "warn", "note") if level in levels), "good")


def csv_of(rows: tuple[Row, ...]) -> bytes:
    """UTF-8 with a byte order mark: without it spreadsheets in China read GBK."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(Row.__struct_fields__)
    for row in rows:
        writer.writerow(["" if value is None else value for value in msgspec.structs.astuple(row)])
    return text.getvalue().encode("utf-8-sig")


def parquet_of(rows: tuple[Row, ...]) -> bytes:
    """The same rows with their types."""
    columns: dict[str, list[Any]] = {name: [getattr(row, name) for row in rows] for name in Row.__struct_fields__}
    table = pa.table(columns, schema=_schema())
    sink = pa.BufferOutputStream()
    pyarrow.parquet.write_table(table, sink, compression="zstd")
    return bytes(sink.getvalue())


def _schema() -> pa.Schema:
    kinds = {field.name: str(field.type) for field in msgspec.structs.fields(Row)}
    names = {"str": "str", "int": "int", "float": "float"}
    return pa.schema([(name, _TYPES[next(k for k in names if k in kind)]) for name, kind in kinds.items()])
