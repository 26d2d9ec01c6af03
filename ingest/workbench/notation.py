"""What was pasted: in which notation it is written, and the messages, resources, records or rows that it holds.

Pure. Nothing is interpreted here, and nothing is written anywhere.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any, Literal, get_args

import msgspec

from ingest.connector import RawMessage
from ingest.errors import Malformed
from ingest.interpret.batch import pieces_in
from ingest.interpret.encodings import decoded
from ingest.interpret.records import CLOUD_EVENT, EVENT, LINES, records_in
from ingest.interpret.tabular import Record
from ingest.interpret.views import TOGETHER

Notation = Literal["hl7", "fhir", "event", "rows", "csv"]
NOTATIONS: tuple[Notation, ...] = get_args(Notation)

HL7, FHIR, ROW, LINE = "application/hl7-v2", "application/fhir+json", "application/json; row", "text/csv"
_DELIMITERS = ",\t;|"
_MARK = b"\xef\xbb\xbf"

Row = dict[str, Any]


def notation_of(body: bytes, view: str) -> Notation:
    """How a body is written; `view` says that its rows are a view's."""
    start = body.removeprefix(_MARK).lstrip(b"\x0b \t\r\n")[: 1 << 16]
    if start[:3] in (b"MSH", b"FHS", b"BHS"):
        return "hl7"
    if view:
        return "rows"
    if start[:1] in (b"{", b"["):
        return "fhir" if b'"resourceType"' in start else "event"
    return "csv"


def messages_of(body: bytes, notation: Notation, view: str, received_at: int, encoding: str | None) -> list[RawMessage]:
    """The raw messages of a body. Raises Malformed, naming the place, where none can be cut out of it."""
    if notation == "hl7":
        whole = (piece for piece in pieces_in(io.BytesIO(body)) if piece.end is None)
        return [_raw(piece.body, HL7, received_at) for piece in whole]
    if notation == "fhir":
        return [_raw(each, FHIR, received_at) for each in _resources(body)]
    if notation == "event":
        return [
            RawMessage(body=piece.body, media_type=piece.media_type, received_at=received_at, fault=piece.fault)
            for piece in records_in(body.removeprefix(_MARK), _media_type(body), {})
        ]
    rows = list(_rows(body, encoding))
    if notation == "csv":
        return [_raw(msgspec.json.encode(Record(n, row)), LINE, received_at) for n, row in enumerate(rows, 2)]
    return [_raw(each, ROW, received_at) for each in _of_view(view, rows)]


def _raw(body: bytes, media_type: str, received_at: int) -> RawMessage:
    return RawMessage(body=body, media_type=media_type, received_at=received_at)


def _resources(body: bytes) -> Iterator[bytes]:
    """One resource or bundle, or one a line."""
    text = body.removeprefix(_MARK).strip()
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        yield from (line.strip() for line in text.split(b"\n") if line.strip())
    else:
        yield text


def _media_type(body: bytes) -> str:
    text = body.removeprefix(_MARK).strip()
    if text[:1] == b"[":
        return EVENT
    try:
        told = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, RecursionError):
        return LINES[0]
    return CLOUD_EVENT if "specversion" in told else EVENT


def _rows(body: bytes, encoding: str | None) -> Iterator[Row]:
    """Rows of a CSV with a header, of a JSON list, or one JSON object a line. Raises Malformed."""
    try:
        text = decoded(body.removeprefix(_MARK), encoding or "utf-8")[0].strip()
    except Malformed:
        raise Malformed("encoding: body") from None
    if text[:1] in ("{", "["):
        yield from _json_rows(text)
        return
    header = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=header.count)
    try:
        for row in csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, restval=""):
            yield {name: value for name, value in row.items() if isinstance(name, str) and isinstance(value, str)}
    except csv.Error as error:
        raise Malformed(f"no CSV: {type(error).__name__}") from None


def _json_rows(text: str) -> list[Row]:
    try:
        if text[:1] == "[":
            return msgspec.json.decode(text, type=list[Row])
        return [msgspec.json.decode(line, type=Row) for line in text.splitlines() if line.strip()]
    except (msgspec.MsgspecError, RecursionError):
        raise Malformed("not JSON: rows") from None


def _of_view(view: str, rows: Iterable[Row]) -> Iterator[bytes]:
    """The messages of a view's rows; rows that tell a fact together become one. A text that is empty is null."""
    facts: dict[tuple[object, ...], list[Row]] = {}
    for number, row in enumerate(rows, 1):
        told = {name.strip(): (value or None) if isinstance(value, str) else value for name, value in row.items()}
        told = {"src_pk": str(number), "row_ver": str(number), "is_deleted": False, **told}
        shared = TOGETHER.get(view)
        key = tuple(told.get(name) for name in shared) if shared else (number,)
        facts.setdefault(key, []).append(told)
    for first, *beside in facts.values():
        yield msgspec.json.encode({"view": view, "row": first, "beside": beside})
