"""One day's, or one period's, partition of a table: its name, and how what was built beside it takes its place."""

from __future__ import annotations

import re

from warehouse.client import Warehouse


def partition(*parts: str) -> str:
    """A partition's name as ALTER wants it: a literal, so what goes in is checked to be one."""
    if not all(re.fullmatch(r"[\w.-]+", part) for part in parts):
        raise ValueError("facility, grain or day is no partition name")
    return f"({', '.join(repr(part) for part in parts)})"


def empty(warehouse: Warehouse, table: str, place: str) -> None:
    """Leave nothing of a partition."""
    warehouse.command(f"alter table {table} drop partition {place}")


def take_place(warehouse: Warehouse, table: str, place: str, has_rows: bool) -> None:
    """Let what was built in the table's twin stand in its stead, in one step; the twin's is emptied by the caller."""
    if has_rows:
        warehouse.command(f"alter table {table} replace partition {place} from {table}_building")
    else:  # ClickHouse refuses to replace a partition by nothing
        empty(warehouse, table, place)
