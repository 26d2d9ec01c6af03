"""How a site file describes a table in a file: its columns, how its times are written, what it tells."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

Columns = str | tuple[str, ...]  # several columns are one value, joined by "/"


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Section [[feeds.<name>.csv.events]]: one event that a row may tell."""

    event: str  # e.g. "ed.arrived"
    activity: str = ""  # long: told by rows with this activity
    time: str = ""  # wide: the column of its time …
    offset: tuple[str, ...] = ()  # … or columns whose sum is added to the anchor
    fields: dict[str, Columns] = {}  # field → column
    values: dict[str, str] = {}  # field → what it always is
    rank: int = 0  # of two rows that tell the same fact, the higher rank counts …
    prefer: Literal["first", "last"] = "last"  # … and within a rank the earlier or the later


class Csv(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Section [feeds.<name>.csv]: how a CSV, TSV or workbook (XLSX) is written and what it tells."""

    layout: Literal["long", "wide"]  # one row an event, or one row a case
    events: tuple[Rule, ...]  # the sections [[feeds.<name>.csv.events]]: what rows tell
    delimiter: str = ","  # one character, e.g. ";"; of a file that ends in .tsv it is the tab
    encoding: str = "utf-8"  # e.g. "gb18030"
    sheet: str = ""  # of a workbook; default its first
    visit: Columns = ""  # the column of the visit's number, or a list of columns that make it up
    patient: Columns = ""  # the column of the patient's number
    fields: dict[str, Columns] = {}  # of every event that has such a field
    time_format: str = ""  # as of Python's strptime; default ISO 8601 and HL7
    activity: str = ""  # long: the column that says what happened
    time: str = ""  # long: the column that says when
    anchor: str = ""  # wide: where offsets count from, ISO …
    anchor_column: str = ""  # … or the column with each row's own, e.g. its arrival
    anchor_days: dict[str, int] = {}  # wide: column → days per unit of it that move the anchor
    unit: Literal["ms", "s", "min", "h", "d"] = "min"  # of offsets

    def columns(self) -> set[str]:
        """Every column that is named."""
        rules = [(rule.time, *rule.offset, *_flat(rule.fields.values())) for rule in self.events]
        own = (
            self.activity,
            self.time,
            self.anchor_column,
            *self.anchor_days,
            *_flat([self.visit, self.patient, *self.fields.values()]),
        )
        return {name for names in (own, *rules) for name in names if name}


def _flat(columns: Iterable[Columns]) -> list[str]:
    return [name for each in columns for name in ((each,) if isinstance(each, str) else each)]
