"""What has to be so in a database before its log may be read, asked of its catalogue: never tried, never changed."""

from __future__ import annotations

from typing import NamedTuple

import structlog

from ingest.cdc.server import Server
from ingest.cdc.settings import captured, settings_of, slot_of
from ingest.databases.rights import MOST, STATEMENT, harmful
from ingest.errors import Misconfigured
from ingest.feeds import Feed

log = structlog.get_logger()

_SETUP = "the statements for whoever runs the database: hispulse ingest cdc --print-setup"
_MARIADB = {"log_bin": "ON", "binlog_format": "ROW", "binlog_row_image": "FULL"}


def refuse_unready(feed: Feed, server: Server) -> None:
    """Raise Misconfigured for the first thing that is not so."""
    (_postgresql if settings_of(feed).engine == "postgresql" else _mariadb)(feed, server)
    _refuse_writer(feed, server)


def _postgresql(feed: Feed, server: Server) -> None:
    if server.value("select current_setting('wal_level')") != "logical":
        raise _not_ready(feed, "wal_level is not logical")
    _refuse_unbounded(feed, server)
    tables = [name for name, _ in captured(settings_of(feed))]
    publication = settings_of(feed).publication
    published = server.column(
        "select schemaname || '.' || tablename from pg_publication_tables where pubname = %s", publication
    )
    if missing := [name for name in tables if name not in published]:
        raise _not_ready(feed, f"publication {publication} lacks {', '.join(missing[:MOST])}")
    whole = server.column(
        "select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace "
        "where c.relreplident = 'f' and n.nspname || '.' || c.relname = any(%s)",
        tables,
    )
    if partial := [name for name in tables if name not in whole]:
        raise _not_ready(feed, f"the log does not say what a row was before: {', '.join(partial[:MOST])}")


def _refuse_unbounded(feed: Feed, server: Server) -> None:
    bound = server.value("select setting from pg_settings where name = 'max_slot_wal_keep_size'")
    if bound not in ("", "-1"):
        return
    what = "max_slot_wal_keep_size is not set: while nobody reads, a slot could fill the disk of the HIS"
    if not settings_of(feed).unbounded_slot:
        raise _not_ready(feed, f"{what} (unbounded_slot = true accepts that)")
    log.error("slot without a bound", feed=feed.name, reason=what)


def _mariadb(feed: Feed, server: Server) -> None:
    names = ", ".join(f"'{name}'" for name in _MARIADB)
    have = {name.lower(): value for name, value in server.rows(f"show variables where variable_name in ({names})")}
    for name, value in _MARIADB.items():
        if have.get(name, "").upper() != value:
            raise _not_ready(feed, f"{name} is not {value}")


def _refuse_writer(feed: Feed, server: Server) -> None:
    """The account that reads the log may not be able to change what it reads."""
    engine = server.engine
    rights = harmful(engine, server.rows(STATEMENT[engine]))
    if not rights:
        return
    told = f"the account could write: {', '.join(rights[:MOST])}"
    if settings_of(feed).writable_account == "refuse":
        raise _not_ready(feed, told)
    log.error("account that could write", feed=feed.name, reason=told)


def _not_ready(feed: Feed, what: str) -> Misconfigured:
    return Misconfigured(f"The database of feed {feed.name} is not ready for change capture: {what}; {_SETUP}.")


class Slot(NamedTuple):
    """How a PostgreSQL slot stands."""

    exists: bool
    lost: bool  # given up by the server: what it missed is gone
    lag_bytes: int  # of the log that the server keeps for it


def slot(feed: Feed, server: Server) -> Slot:
    """The feed's slot, as the server sees it."""
    rows = server.rows(
        "select wal_status, coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn), 0)::bigint::text "
        "from pg_replication_slots where slot_name = %s",
        slot_of(feed),
    )
    return Slot(True, rows[0][0] == "lost", int(rows[0][1])) if rows else Slot(False, False, 0)
