"""Changes of tables, as Debezium tells them: the row after a change tells what a row of its view would.

An update also takes back what the row no longer says: a time that was emptied, a number that was given to somebody
else. A row that vanishes takes back all that it said, unless the site says that such rows are only cleared away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Literal

import msgspec

from ingest.errors import Ignored, Malformed
from ingest.events.envelope import Event, kind_of, subject_of
from ingest.interpret.change_table import Table
from ingest.interpret.change_values import cells
from ingest.interpret.teller import Source
from ingest.interpret.views import TOGETHER, tell_row

Tables = Mapping[str, Sequence[Table]]
Columns = Mapping[str, object]
_NOT_SENT = "__debezium_unavailable_value"  # a long text that the update did not touch


class Origin(msgspec.Struct, frozen=True):
    """Where a change stands in its database."""

    db: str = ""
    schema: str = ""
    table: str = ""
    snapshot: str | bool | None = None
    lsn: int | None = None  # PostgreSQL
    file: str = ""  # MariaDB, MySQL: the binary log …
    pos: int = 0  # … and the place in it

    @property
    def name(self) -> str:
        """The table as a site file names it."""
        return f"{self.schema or self.db}.{self.table}"


class Payload(msgspec.Struct, frozen=True):
    """What a change says."""

    op: str
    source: Origin
    before: dict[str, object] | None = None
    after: dict[str, object] | None = None


class Change(msgspec.Struct, frozen=True):
    """A change with the schema that explains it."""

    payload: Payload
    schema: msgspec.Raw = msgspec.Raw(b"")


class Together(msgspec.Struct, frozen=True):
    """All rows of a fact that only together tell it, as they stood after a change; none: the fact is gone."""

    mapping: int  # which of the table's mappings asks for them
    rows: list[dict[str, object]]


class ChangeMessage(msgspec.Struct, frozen=True):
    """The body of a raw message that is a change: as it came, its place among all changes, and what it goes with."""

    place: int
    change: Change
    together: list[Together] = []


_decoder = msgspec.json.Decoder(ChangeMessage, float_hook=Decimal)


def interpret_change(body: bytes, tables: Tables, source: Source, received_at: int) -> list[Event]:
    """The events of a change. Raises Ignored or Malformed."""
    try:
        message = _decoder.decode(body)
    except msgspec.DecodeError:
        raise Malformed("not a change: $") from None
    payload = message.change.payload
    mappings = tables.get(payload.source.name)
    if not mappings:
        raise Ignored(f"table:{payload.source.name[:40]}")
    if payload.op not in ("c", "r", "u", "d"):
        raise Ignored(f"{'truncate' if payload.op == 't' else 'operation'}:{payload.source.name[:40]}")
    if not message.change.schema:
        raise Malformed("no schema: value.converter.schemas.enable")
    before, after = _told(message.change, payload.before, {}), _told(message.change, payload.after, payload.before)
    tell = Telling(source, received_at, message.place)
    events: list[Event] = []
    for number, table in enumerate(mappings):
        if table.view in TOGETHER:
            facts = [each.rows for each in message.together if each.mapping == number]
            events += tell.together(table, facts, before)
        else:
            events += tell.change(table, before, after)
    if not events:
        raise Ignored(f"row that tells nothing:{payload.source.name[:40]}")
    return events


class Telling:
    """What the rows of a change tell."""

    def __init__(self, source: Source, received_at: int, place: int) -> None:
        self._source, self._received_at, self._place = source, received_at, place

    def change(self, table: Table, before: Columns | None, after: Columns | None) -> list[Event]:
        """The events of a table whose every row tells its own facts."""
        was, now = (table.row(row) if row else None for row in (before, after))
        if after is None:
            return self._rows(table, [was], "retract") if table.vanished == "retract" else []
        told = self._rows(table, [{**now, "_before": was} if now and was else now])
        if was is None or table.is_overwritten:
            return told
        return [*told, *_no_longer(self._rows(table, [was], "retract"), told)]

    def together(self, table: Table, facts: Iterable[Sequence[Columns]], before: Columns | None) -> list[Event]:
        """The events of a table whose rows tell facts together; of a fact without any rows, what it was."""
        events: list[Event] = []
        for rows in facts:
            if rows:
                events += self._rows(table, [table.row(row) for row in rows])
            elif before is not None and table.vanished == "retract":
                events += self._rows(table, [table.row(before)], "retract")
        return events

    def _rows(
        self, table: Table, rows: Iterable[Columns | None], op: Literal["assert", "retract"] = "assert"
    ) -> list[Event]:
        # Of a delete and an insert at one place, as when a key is changed, what is asserted counts.
        place = self._place * 2 + (op == "assert")
        told = [dict(row) for row in rows if row is not None]
        for number, row in enumerate(told):
            row["row_ver"] = 0 if number else place
            if op == "retract":
                row["is_deleted"] = True
        try:
            return tell_row(table.view, told, self._source, self._received_at) if told else []
        except Ignored:
            return []


def _no_longer(was: Iterable[Event], told: Iterable[Event]) -> list[Event]:
    """What of `was` is taken back: facts of which nothing is told any more of that kind and subject. A report's next
    version, or a ticket's next call, takes back nothing."""
    still = {(kind_of(event), subject_of(event)) for event in told}
    return [event for event in was if (kind_of(event), subject_of(event)) not in still]


def _told(change: Change, row: Columns | None, before: Columns | None) -> dict[str, object] | None:
    """A row with its columns as the database would write them; None of no row."""
    if row is None:
        return None
    told: dict[str, object] = {}
    read = cells(bytes(change.schema))
    for column, value in row.items():
        if value == _NOT_SENT:
            value = (before or {}).get(column)
        cell = read.get(column)
        try:
            told[column] = cell(value) if cell is not None and value is not None else value
        except (OverflowError, ValueError, TypeError):
            raise Malformed(f"unreadable value: {change.payload.source.name}.{column}") from None
    return told
