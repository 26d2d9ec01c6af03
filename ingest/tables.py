"""Tables: the rows of a CSV, TSV or XLSX file as messages of their own, each with the line it stands on."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import msgspec

from ingest.clock import Clock
from ingest.connector import RawMessage
from ingest.errors import Misconfigured
from ingest.interpret.layout import Csv
from ingest.interpret.tabular import Record

ROW = "text/csv"


def rows_of(path: Path, described: Csv, clock: Clock) -> Iterator[RawMessage]:
    """The rows of a CSV or TSV. Raises Misconfigured when it is not what the site file describes."""
    encoding = "utf-8-sig" if described.encoding.lower() in ("utf-8", "utf8") else described.encoding
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter="\t" if path.suffix.lower() == ".tsv" else described.delimiter)
        try:
            header = next(reader, [])
            if not header:
                raise Misconfigured(f"{path} is empty: a CSV begins with a line that names its columns.")
            if missing := sorted(described.columns() - set(header)):
                raise Misconfigured(f"{path} has no column {', '.join(missing)}; the site file names it.")
            for values in reader:
                if values:
                    row, number = dict(zip(header, values, strict=False)), reader.line_num
                    fault = "" if len(values) == len(header) else f"number of fields: line {number}"
                    yield _message(number, row, fault, clock)
        except (UnicodeDecodeError, csv.Error) as error:
            raise Misconfigured(
                f"{path} is no CSV in {described.encoding} after line {reader.line_num} ({type(error).__name__})."
            ) from None


def cells_of(path: Path, described: Csv, clock: Clock) -> Iterator[RawMessage]:
    """The rows of a workbook. Raises Misconfigured when it is not what the site file describes."""
    from ingest.workbooks import lines_of  # whoever has no workbooks need not load what reads them

    for number, row, fault in lines_of(path, described):
        yield _message(number, row, fault, clock)


def _message(number: int, row: dict[str, str], fault: str, clock: Clock) -> RawMessage:
    body = msgspec.json.encode(Record(number, row))
    return RawMessage(body=body, media_type=ROW, received_at=clock.now_ms(), fault=fault, origin=number)
