"""The settings of a feed of kind cdc, and the names that follow from them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal

from ingest.errors import Misconfigured
from ingest.feeds import Feed, FeedSettings
from ingest.interpret.change_table import Table
from ingest.interpret.views import TOGETHER, VIEWS
from ingest.privacy import write_secret
from ingest.settings import home
from ingest.topics import Topic

_HOUR_MS = 3_600_000
_PORTS = {"postgresql": "5432", "mariadb": "3306"}


class Settings(FeedSettings, frozen=True, kw_only=True):
    """Section [feeds.<name>] of kind "cdc"."""

    dsn: str  # e.g. "host=10.0.0.5 port=5432 dbname=his user=hispulse_changes"; no password here
    engine: Literal["postgresql", "mariadb"] = "postgresql"  # whose log is read
    password_file: str | None = None
    tables: tuple[Table, ...]  # the sections [[feeds.<name>.tables]]: what is read, and what it tells
    publication: str = "hispulse"  # PostgreSQL: made by the hospital, see --print-setup
    slot: str = ""  # PostgreSQL; default hispulse_<feed>
    server_id: int = 6205  # MariaDB: no other replica may have it
    connect_url: str = "http://127.0.0.1:8083"  # Kafka Connect; "": others hand in what --print-connector prints
    connect_password: str = ""  # how a worker elsewhere finds the password, e.g. "${file:/etc/his.properties:password}"
    connect_bus_jaas: str = (
        ""  # how it finds sasl.jaas.config, where [bus] is SASL, e.g. "${file:/etc/his.properties:jaas}"
    )
    kept_hours: int = 72  # how long a change may wait for us on its topic: our longest outage
    quiet_s: float = 30.0  # change capture speaks every few seconds; longer without a word, and the link is down
    begin: Literal["all", "end"] = "all"  # what capture begins with: all rows there are, or only what changes from then
    writable_account: Literal["refuse", "warn"] = "refuse"  # what to do with an account that could write to the HIS
    unbounded_slot: bool = False  # PostgreSQL: start although the server lets a slot keep its log without limit


def settings_of(feed: Feed) -> Settings:
    """The feed's settings. Raises Misconfigured for what they cannot be together."""
    settings = feed.settings
    assert isinstance(settings, Settings)
    for number, table in enumerate(settings.tables):
        where = feed.site.place(f"feeds.{feed.name}.tables", "", number)
        if table.view not in VIEWS:
            raise Misconfigured(f"{where} view: there is no view {table.view!r}; there are {', '.join(VIEWS)}.")
        if len(table.table.split(".")) != 2:
            raise Misconfigured(f"{where} table: write it as schema.table (MariaDB: database.table).")
        if table.begin_where and not table.columns:
            raise Misconfigured(f"{where} begin_where: name the columns as well.")
        if missing := [name for name in TOGETHER.get(table.view, ()) if name not in table.columns]:
            raise Misconfigured(f"{where} columns: rows of {table.view} are put together by {', '.join(missing)}.")
    return settings


def tables_of(settings: Settings) -> dict[str, tuple[Table, ...]]:
    """Table → what its rows tell."""
    names = dict.fromkeys(each.table for each in settings.tables)
    return {name: tuple(each for each in settings.tables if each.table == name) for name in names}


def captured(settings: Settings) -> Iterator[tuple[str, list[str]]]:
    """Each table with the columns that leave the database."""
    for name, mappings in tables_of(settings).items():
        yield name, list(dict.fromkeys(column for each in mappings for column in each.captured()))


def change_topic(feed: Feed) -> str:
    """Where Debezium writes the feed's changes, in their order."""
    return f"his.change.{_plain(feed.site.hospital.facility_id)}.{_plain(feed.name)}"


def topic_of(feed: Feed, replication: int) -> Topic:
    """The topic as it should be: one partition, because the order of changes is what they mean."""
    kept_ms = settings_of(feed).kept_hours * _HOUR_MS
    configs = {"cleanup.policy": "delete", "retention.ms": str(kept_ms), "segment.ms": str(10 * 60_000)}
    return Topic(change_topic(feed), 1, replication, configs)


def slot_of(feed: Feed) -> str:
    """The name of the slot, in letters that PostgreSQL allows."""
    return settings_of(feed).slot or "hispulse_" + re.sub(r"[^a-z0-9_]", "_", feed.name.lower())


def words_of(feed: Feed) -> dict[str, str]:
    """The words of the dsn: host, port, dbname and user. Raises Misconfigured."""
    where = feed.site.place(f"feeds.{feed.name}", "dsn")
    words = dict(word.partition("=")[::2] for word in settings_of(feed).dsn.split())
    if missing := [word for word in ("host", "dbname", "user") if not words.get(word)]:
        raise Misconfigured(
            f'{where}: no {", ".join(missing)}; write "host=10.0.0.5 dbname=his user=hispulse_changes".'
        )
    return {"port": _PORTS[settings_of(feed).engine], **words}


def password_of(feed: Feed) -> str | None:
    """The password. Raises Misconfigured."""
    path = settings_of(feed).password_file
    if path is None:
        return None
    try:
        return Path(path).read_text("utf-8").strip()
    except OSError as error:
        raise Misconfigured(
            f"{feed.site.path}, [feeds.{feed.name}] password_file: unreadable ({type(error).__name__})."
        ) from None


def secrets_directory() -> Path:
    """Where a worker on this machine finds passwords."""
    return home() / "connect-secrets"


def _plain(name: str) -> str:
    """In letters that a topic allows."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)


def keep_password(feed: Feed) -> None:
    """Lay the password where a worker on this machine finds it: readable by its owner only, and nothing beside it."""
    password, path = password_of(feed), secrets_directory() / feed.name
    if password is None or settings_of(feed).connect_password:
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists() or path.read_text("utf-8") != password:
        path.unlink(missing_ok=True)
        with suppress(FileExistsError):
            write_secret(path, password.encode())
