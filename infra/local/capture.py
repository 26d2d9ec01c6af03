"""Lets the log of the rehearsal hospital's PostgreSQL be read, where the site captures changes, as its DBA would."""

from __future__ import annotations

import psycopg

from infra.local.postgres import DATABASE, OWNER
from ingest.cdc.setup import statements
from ingest.clock import load_clock
from ingest.feeds import feed_settings, open_feed
from ingest.privacy import Pseudonyms, SiteKey
from ingest.settings import Site

_LOGICAL = {"wal_level": "logical", "max_slot_wal_keep_size": "1GB"}


def server_settings(site: Site) -> dict[str, str]:
    """How the server must be started; nothing of its own where nobody captures changes."""
    return _LOGICAL if _feeds(site) else {}


def let_in(site: Site, port: int) -> None:
    """Execute once what `hispulse ingest cdc --print-setup` prints; the server's own settings it has already."""
    nobody = Pseudonyms(SiteKey(bytes(32)))  # nothing is interpreted here
    place = f"host=127.0.0.1 port={port} dbname={DATABASE} user={OWNER}"
    for name in _feeds(site):
        wanted = statements(open_feed(site, name, load_clock(), nobody))
        with psycopg.connect(place, autocommit=True) as database:
            if database.execute("select from pg_publication").fetchone() is not None:
                continue
            for statement in wanted:
                if not statement.startswith(("--", "alter system")):
                    database.execute(statement.encode())


def _feeds(site: Site) -> list[str]:
    return [name for name, settings in feed_settings(site).items() if settings.kind == "cdc"]
