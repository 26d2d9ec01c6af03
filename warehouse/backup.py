"""The warehouse as files, and files as a warehouse again: every table that cannot be had again from others.

One file a table, as ClickHouse itself writes columns, compressed; a manifest says how many rows each has and their
checksum. What was restored is compared with it before anybody is told that it is whole. Both are of one moment, however
much is written meanwhile: the tables are cloned first, which copies no rows, and the clones are what is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import zstandard

from ingest.errors import Misconfigured
from warehouse.client import Warehouse

_MANIFEST = "manifest.json"
_PIECE = 1 << 20

# What lives as long as a build is left out, and which migrations there are is known by the program.
_TABLES = """
select name, engine like 'Replacing%' as collapses from system.tables
where database = {database:String} and engine like '%MergeTree' and name != 'migrations'
    and not match(name, '^(day_events|day_facts|working_)|_building$|_filling$|_keeping$')
order by name
"""
_COLUMNS = """
select name from system.columns
where database = {database:String} and table = {table:String} and default_kind not in ('MATERIALIZED', 'ALIAS')
order by position
"""


class Kept(msgspec.Struct, frozen=True):
    """A table of a backup: how many rows, and the checksum of all that they say."""

    rows: int
    checksum: str


def back_up(warehouse: Warehouse, folder: Path) -> dict[str, Kept]:
    """Write every table to a folder that is not there yet; what was written. Raises Misconfigured when it is."""
    beside = folder.with_name(f".{folder.name}.part")
    if folder.exists() or beside.exists():
        raise Misconfigured(f"{folder if folder.exists() else beside} is there already: name a new folder.")
    beside.mkdir(parents=True, mode=0o700)
    kept: dict[str, Kept] = {}
    with _standing_still(warehouse) as clones:
        for name, clone in clones.items():
            with (
                (beside / f"{name}.native.zst").open("wb") as file,
                zstandard.ZstdCompressor().stream_writer(file) as out,
            ):
                for piece in warehouse.stream(f"select * from {clone['name']}{_final(clone)}", "Native"):
                    out.write(piece)
            kept[name] = _seen(warehouse, clone)
    (beside / _MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(kept), indent=2))
    beside.rename(folder)
    return kept


def restore(warehouse: Warehouse, folder: Path) -> dict[str, Kept]:
    """Fill the empty tables of a database from a backup; what was restored, compared with what was kept.

    Raises Misconfigured when the database has rows already, or the files are not what the manifest says."""
    try:
        manifest = msgspec.json.decode((folder / _MANIFEST).read_bytes(), type=dict[str, Kept])
    except (OSError, msgspec.DecodeError):
        raise Misconfigured(f"{folder} is no backup: it has no readable {_MANIFEST}.") from None
    tables = {table["name"]: table for table in _tables(warehouse)}
    if unknown := sorted(set(manifest) - set(tables)):
        raise Misconfigured(f"{folder} has table {unknown[0]}, which this program does not know: it is newer; update.")
    if filled := [name for name, table in tables.items() if _seen(warehouse, table).rows and name != "source_priority"]:
        raise Misconfigured(
            f"Database {warehouse.database} is not empty ({filled[0]} has rows): restore into a new one."
        )
    warehouse.command("truncate table source_priority")
    for name in (name for name, kept in manifest.items() if kept.rows):
        warehouse.insert_native(name, _pieces(folder / f"{name}.native.zst"))
    for name, kept in manifest.items():
        if _seen(warehouse, tables[name]) != kept:
            raise Misconfigured(f"Table {name} is not what was kept: {folder} is damaged, or rows are missing in it.")
    return manifest


def _tables(warehouse: Warehouse) -> list[dict[str, Any]]:
    return warehouse.rows(_TABLES, {"database": warehouse.database})


@contextmanager
def _standing_still(warehouse: Warehouse) -> Iterator[dict[str, dict[str, Any]]]:
    """Every table as it is now: its name → its clone, for as long as it is kept. What a crash left is replaced."""
    clones = {table["name"]: table | {"name": f"{table['name']}_keeping"} for table in _tables(warehouse)}
    try:
        for name, clone in clones.items():
            warehouse.command(f"create or replace table {clone['name']} clone as {name}")
        yield clones
    finally:
        for clone in clones.values():
            warehouse.command(f"drop table if exists {clone['name']}")


def _final(table: dict[str, Any]) -> str:
    """Equal rows collapse sooner or later: they are kept as one."""
    return " final" if table["collapses"] else ""


def _seen(warehouse: Warehouse, table: dict[str, Any]) -> Kept:
    asked = {"database": warehouse.database, "table": table["name"]}
    said = ", ".join(f"`{row['name']}`" for row in warehouse.rows(_COLUMNS, asked))
    [found] = warehouse.rows(
        f"select count() as rows_kept, hex(groupBitXor(cityHash64(toString(tuple({said}))))) as sum_kept"
        f" from {table['name']}{_final(table)}"
    )
    return Kept(found["rows_kept"], found["sum_kept"])


def _pieces(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as reader:
            while piece := reader.read(_PIECE):
                yield piece
    except (OSError, zstandard.ZstdError) as error:
        raise Misconfigured(f"{path.name} of the backup cannot be read ({type(error).__name__}).") from None
