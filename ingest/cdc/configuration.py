"""The configuration of Debezium's connector for a feed, as Kafka Connect takes it.

Only the columns that a mapping names leave the database, and only into one topic, in the order of the database's log.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ingest.cdc.kafka_client import client_settings, under
from ingest.cdc.settings import (
    Settings,
    captured,
    change_topic,
    password_of,
    secrets_directory,
    settings_of,
    slot_of,
    tables_of,
    words_of,
)
from ingest.feeds import Feed
from ingest.topics import BusSettings

HEARTBEAT_MS = 3_000
KEEP_ALIVE_MS = 5_000  # a server that fell is tried again so often; a minute by default, and twice that when it is slow
_JSON = "org.apache.kafka.connect.json.JsonConverter"
_CLASSES = {
    "postgresql": "io.debezium.connector.postgresql.PostgresConnector",
    "mariadb": "io.debezium.connector.mariadb.MariaDbConnector",
}


def connector_name(feed: Feed) -> str:
    """What Kafka Connect calls the feed's connector."""
    return f"hispulse-{change_topic(feed).removeprefix('his.change.')}"


def connector_configuration(feed: Feed, bus: BusSettings) -> dict[str, str]:
    """The configuration, whole. The password is named, not written."""
    settings, words = settings_of(feed), words_of(feed)
    topic = change_topic(feed)
    common = {
        "connector.class": _CLASSES[settings.engine],
        "tasks.max": "1",
        "topic.prefix": topic,
        "database.hostname": words["host"],
        "database.port": words["port"],
        "database.user": words["user"],
        "table.include.list": _list(re.escape(name) for name, _ in captured(settings)),
        "column.include.list": _list(
            re.escape(f"{name}.{column}") for name, columns in captured(settings) for column in columns
        ),
        # What was missed while nobody read, the log may no longer hold: then all rows are told anew.
        "snapshot.mode": "when_needed" if settings.begin == "all" else "no_data",
        "skipped.operations": "t",
        "tombstones.on.delete": "false",
        "provide.transaction.metadata": "false",
        "heartbeat.interval.ms": str(HEARTBEAT_MS),
        "decimal.handling.mode": "string",
        "time.precision.mode": "connect",
        "errors.max.retries": "-1",
        # All of it into one topic, so that its order is the database's.
        "transforms": "one",
        "transforms.one.type": "org.apache.kafka.connect.transforms.RegexRouter",
        "transforms.one.regex": ".*",
        "transforms.one.replacement": topic,
        "key.converter": _JSON,
        "key.converter.schemas.enable": "false",
        "value.converter": _JSON,
        "value.converter.schemas.enable": "true",  # it says which numbers are days, and which milliseconds
        "producer.override.compression.type": "gzip",
        "producer.override.max.request.size": str(bus.max_message_bytes),
    }
    if password_of(feed) is not None:
        common["database.password"] = settings.connect_password or f"${{dir:{secrets_directory()}:{feed.name}}}"
    common |= _first_rows(settings)
    own = _postgresql(feed) if settings.engine == "postgresql" else _mariadb(feed, bus)
    return common | own


def _first_rows(settings: Settings) -> dict[str, str]:
    """Which rows are read when capture begins, where that is not all of them."""
    mark = '"' if settings.engine == "postgresql" else "`"
    told: dict[str, str] = {}
    for name, mappings in tables_of(settings).items():
        wanted = [table.begin_where for table in mappings if table.begin_where]
        if len(wanted) < len(mappings):
            continue  # one of them wants every row
        table = ".".join(f"{mark}{part}{mark}" for part in name.split("."))
        columns = ", ".join(f"{mark}{column}{mark}" for column in dict(captured(settings))[name])
        where = " or ".join(f"({each})" for each in dict.fromkeys(wanted))
        told[f"snapshot.select.statement.overrides.{name}"] = f"select {columns} from {table} where {where}"
    names = _list(name.removeprefix("snapshot.select.statement.overrides.") for name in told)
    return told | {"snapshot.select.statement.overrides": names} if told else {}


def _postgresql(feed: Feed) -> dict[str, str]:
    return {
        "database.dbname": words_of(feed)["dbname"],
        "plugin.name": "pgoutput",
        "slot.name": slot_of(feed),
        "publication.name": settings_of(feed).publication,
        "publication.autocreate.mode": "disabled",
        # What other tables write moves the slot on as well: a quiet table must not hold the log of a busy database.
        "lsn.flush.mode": "connector_and_driver",
        "offset.mismatch.strategy": "trust_greater_lsn",
        "slot.drop.on.stop": "false",
    }


def _mariadb(feed: Feed, bus: BusSettings) -> dict[str, str]:
    return {
        "database.include.list": _list([re.escape(words_of(feed)["dbname"])]),
        "database.server.id": str(settings_of(feed).server_id),
        # Nobody at the HIS waits for a lock of ours. The place in the log is read before the first row, so that what
        # changes meanwhile is told twice and not missed.
        "snapshot.locking.mode": "none",
        "connect.keep.alive.interval.ms": str(KEEP_ALIVE_MS),
        "include.schema.changes": "false",
        "schema.history.internal.kafka.bootstrap.servers": bus.bootstrap,
        "schema.history.internal.kafka.topic": f"{change_topic(feed)}.schema",
        "schema.history.internal.store.only.captured.tables.ddl": "true",
        # Clients of its own, which know nothing of the worker's.
        **under(
            client_settings(bus, settings_of(feed).connect_bus_jaas),
            ("schema.history.internal.producer.", "schema.history.internal.consumer."),
        ),
    }


def _list(patterns: Iterable[str]) -> str:
    return ",".join(patterns)
