"""Rows that tell a fact together, such as a payment in two channels: a change names one, the rest are asked for.

They are read after the change, so they may say more than it did; what came after it is told again by its own change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ingest.cdc.server import Server
from ingest.interpret.change_table import Table
from ingest.interpret.views import TOGETHER

Key = tuple[str, ...]
Rows = list[dict[str, str | None]]
_MOST = 200  # numbers in one question


def keys(table: Table, *rows: Mapping[str, Any] | None) -> list[Key]:
    """The facts that the rows of a change are of; none of a table each of whose rows tells a fact by itself."""
    shared = [table.columns[column] for column in TOGETHER.get(table.view, ())]
    found = [tuple(str(row.get(column)) for column in shared) for row in rows if row and shared]
    return list(dict.fromkeys(key for key in found if key[0] != "None"))


def standing(server: Server, table: Table, facts: Iterable[Key]) -> dict[Key, Rows]:
    """All rows of each fact as they stand; none of one that is gone. Raises Unavailable, Misconfigured."""
    found: dict[Key, Rows] = {key: [] for key in facts}
    names = list(dict.fromkeys([*table.columns.values(), *table.needs]))
    shared = [table.columns[column] for column in TOGETHER[table.view]]
    wanted = sorted({key[0] for key in found})
    for begin in range(0, len(wanted), _MOST):
        some = wanted[begin : begin + _MOST]
        listed = ", ".join(map(server.quoted, names))
        places = ", ".join(["%s"] * len(some))
        where = f"{'.'.join(map(server.quoted, table.table.split('.')))} where {server.quoted(shared[0])} in ({places})"
        for values in server.rows(f"select {listed} from {where}", *some):
            row = {name: value or None for name, value in zip(names, values, strict=True)}
            key = tuple(str(row[column]) for column in shared)
            if key in found:
                found[key].append(row)
    return {key: sorted(rows, key=str) for key, rows in found.items()}  # in one order, whichever the database gives
