"""Numbered migrations: each file of `migrations/` is applied once, in order, and never edited afterwards."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import msgspec

from ingest.errors import Misconfigured
from warehouse.client import Warehouse, WarehouseSettings, connect

MIGRATIONS = Path(__file__).resolve().parent / "migrations"

_RECORD = """
create table if not exists migrations
(
    name        String,
    checksum    String,
    applied_at  DateTime64(3, 'UTC') default now64(3, 'UTC')
)
engine = MergeTree
order by name
"""


class Migration(msgspec.Struct, frozen=True):
    """One file: its name, a hash of its text, and its statements."""

    name: str
    checksum: str
    statements: tuple[str, ...]


def migrations(folder: Path = MIGRATIONS) -> list[Migration]:
    """The migrations of a folder, by number. Raises Misconfigured when two share one."""
    found = [_read(path) for path in sorted(folder.glob("[0-9]*_*.sql"))]
    numbers = [migration.name[:4] for migration in found]
    for number in numbers:
        if numbers.count(number) > 1:
            raise Misconfigured(f"Two migrations in {folder} carry the number {number}: give one of them the next.")
    return found


def make_database(settings: WarehouseSettings) -> None:
    """Create the site's database where it is missing."""
    server = connect(msgspec.structs.replace(settings, database="default"))
    try:
        server.command("create database if not exists {name:Identifier}", {"name": settings.database})
    finally:
        server.close()


def migrate(warehouse: Warehouse, folder: Path = MIGRATIONS) -> list[str]:
    """Apply what is missing and return the names. Raises Misconfigured, before it changes anything, when a file that
    was applied has been edited or is gone.

    ClickHouse has no transactions over tables: a statement here can be repeated (`if not exists`), and a file is
    recorded when all of it has run.
    """
    warehouse.command(_RECORD)
    applied = {row["name"]: row["checksum"] for row in warehouse.rows("select name, checksum from migrations")}
    files = migrations(folder)
    _refuse_changed(applied, files, warehouse.database)
    missing = [migration for migration in files if migration.name not in applied]
    for migration in missing:
        for statement in migration.statements:
            warehouse.command(statement)
        warehouse.insert("migrations", ("name", "checksum"), [(migration.name, migration.checksum)])
    return [migration.name for migration in missing]


def _read(path: Path) -> Migration:
    text = path.read_text("utf-8")
    bare = re.sub(r"--[^\n]*", "", text)
    statements = tuple(part.strip() for part in bare.split(";") if part.strip())
    return Migration(path.name, hashlib.sha256(text.encode()).hexdigest()[:16], statements)


def _refuse_changed(applied: dict[str, str], files: list[Migration], database: str) -> None:
    known = {migration.name: migration.checksum for migration in files}
    for name, checksum in sorted(applied.items()):
        if name not in known:
            raise Misconfigured(
                f"Database {database} has had migration {name}, which this program does not know: it is newer; update."
            )
        if known[name] != checksum:
            raise Misconfigured(
                f"Migration {name} was edited after it was applied to database {database}: "
                "restore the file, and write the change as a new migration."
            )
