"""The statements that whoever runs the database executes once, so that its log may be read. We execute none of them."""

from __future__ import annotations

from collections.abc import Iterator

from ingest.cdc.settings import captured, settings_of, words_of
from ingest.feeds import Feed

_BOUND = "20GB"


def statements(feed: Feed) -> list[str]:
    """SQL for the feed's database, with a word on each step."""
    return list((_postgresql if settings_of(feed).engine == "postgresql" else _mariadb)(feed))


def _postgresql(feed: Feed) -> Iterator[str]:
    settings, words = settings_of(feed), words_of(feed)
    user, tables = _name(words["user"]), [_dotted(name) for name, _ in captured(settings)]
    yield "-- What the log says, and how much of it a reader that died may hold. These two need a restart and a reload."
    yield "alter system set wal_level = 'logical';"
    yield f"alter system set max_slot_wal_keep_size = '{_BOUND}';  -- less than the disk has free"
    yield "-- An account that reads the log and the tables, and writes nothing."
    yield f"create role {user} login replication password '…';"
    for schema in dict.fromkeys(name.partition(".")[0] for name, _ in captured(settings)):
        yield f"grant usage on schema {_name(schema)} to {user};"
    for name, columns in captured(settings):
        if all(table.columns for table in settings.tables if table.table == name):
            yield f"grant select ({', '.join(map(_name, columns))}) on {_dotted(name)} to {user};"
        else:
            yield f"grant select on {_dotted(name)} to {user};"
    yield "-- So that the log says what a row was before."
    yield from (f"alter table {table} replica identity full;" for table in tables)
    yield f"create publication {_name(settings.publication)} for table {', '.join(tables)};"


def _mariadb(feed: Feed) -> Iterator[str]:
    user = f"'{words_of(feed)['user']}'@'%'"
    yield "-- In the server's configuration, before a restart:"
    yield "-- [mysqld] server_id = 1, log_bin, binlog_format = ROW, binlog_row_image = FULL"
    yield "-- An account that reads the log and the tables, and writes nothing."
    yield f"create user {user} identified by '…';"
    yield f"grant replication slave, replication client, binlog monitor on *.* to {user};"
    for name, _ in captured(settings_of(feed)):
        yield f"grant select on {'.'.join(f'`{part}`' for part in name.split('.'))} to {user};"


def _dotted(name: str) -> str:
    return ".".join(map(_name, name.split(".")))


def _name(name: str) -> str:
    """As it stands where PostgreSQL takes it so, else in quotes."""
    plain = name.isascii() and name.islower() and name.replace("_", "a").isalnum()
    return name if plain else '"' + name.replace('"', '""') + '"'
