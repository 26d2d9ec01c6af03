"""How a site file says what the rows of a table tell: the canonical view whose columns they fill."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from ingest.errors import Malformed
from ingest.interpret.view_columns import COLUMNS, COMMON


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Section [[feeds.<name>.tables]]: what the rows of a table tell. A table may stand here more than once."""

    table: str  # "schema.table"; of MariaDB and MySQL "database.table"
    view: str  # the canonical view that its rows tell, e.g. "v_visit"
    columns: dict[str, str] = {}  # the view's column → the table's; without any the table's are called as the view's
    values: dict[str, str] = {}  # the view's column → what it always is, e.g. action = "CALL"
    needs: tuple[str, ...] = ()  # columns of the table: a row in which one of them is null tells nothing (yet)
    begin_where: str = ""  # SQL: which rows are read when capture begins, e.g. "day >= current_date"; "" is all
    overwritten: bool = False  # a row is only the latest step: what an update no longer says did happen all the same
    vanished: Literal["retract", "ignore"] = "retract"  # a row that is gone was never true; or was only cleared away

    @property
    def is_overwritten(self) -> bool:
        """Whether a row is only the latest step of what it tells."""
        return self.overwritten or self.view == "v_queue_ticket"

    def captured(self) -> tuple[str, ...]:
        """The table's columns that leave the database: no others do."""
        named = self.columns.values() if self.columns else (*COMMON, *COLUMNS.get(self.view, ()))
        return tuple(dict.fromkeys([*named, *self.needs]))

    def row(self, told: Mapping[str, object]) -> dict[str, object] | None:
        """A table's row as one of the view; None while it tells nothing. Raises Malformed for a column that is gone."""
        for column in (*self.columns.values(), *self.needs):
            if column not in told:
                raise Malformed(f"no such column: {self.table}.{column}")
        if any(told[column] is None for column in self.needs):
            return None
        if not self.columns:
            return {**told, **self.values}
        return {**{ours: told[theirs] for ours, theirs in self.columns.items()}, **self.values}
