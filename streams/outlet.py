"""How the fold's words reach Kafka, in batches beside Faust, whose own sends cost as much as ten events.

Also reads a compacted partition from start to end, as a new owner of a shard must.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import aiokafka
from aiokafka.errors import KafkaError

from ingest.errors import Misconfigured
from ingest.topics import BusSettings, away

_PARTING_S = 3.0


def security_of(settings: BusSettings) -> dict[str, Any]:
    """aiokafka's options for the site's security settings."""
    options: dict[str, Any] = {"security_protocol": settings.security.upper()}
    if settings.security.endswith("ssl"):
        options["ssl_context"] = aiokafka.helpers.create_ssl_context(
            cafile=settings.ca_file, certfile=settings.cert_file, keyfile=settings.key_file
        )
    if settings.security.startswith("sasl"):
        if not (settings.username and settings.password_file):
            raise Misconfigured("[bus] security is SASL: username and password_file must be set.")
        options["sasl_plain_password"] = Path(settings.password_file).read_text("utf-8").strip()
        options |= {"sasl_mechanism": settings.sasl_mechanism, "sasl_plain_username": settings.username}
    return options


class Record(NamedTuple):
    """A record to write. Without a partition the key decides."""

    topic: str
    key: bytes | None
    value: bytes | None
    partition: int | None = None


class Outlet:
    """Writes what the fold says, acknowledged by all replicas, in batches."""

    def __init__(self, settings: BusSettings) -> None:
        self._settings = settings
        self._kafka: aiokafka.AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Connect. Raises Unavailable."""
        self._kafka = aiokafka.AIOKafkaProducer(
            bootstrap_servers=self._settings.bootstrap,
            acks="all",
            linger_ms=0,
            max_batch_size=512 * 1024,
            max_request_size=self._settings.max_message_bytes,
            compression_type=None if self._settings.compression == "none" else self._settings.compression,
            **security_of(self._settings),
        )
        try:
            await self._kafka.start()
        except KafkaError as error:
            raise away(self._settings, error) from None

    async def write(self, records: Iterable[Record]) -> None:
        """Return when all are stored. Raises Unavailable; then some may be stored."""
        assert self._kafka is not None
        try:
            waiting = [await self._kafka.send(r.topic, r.value, r.key, r.partition) for r in records]
            for stored in waiting:
                await stored
        except KafkaError as error:
            raise away(self._settings, error) from None

    async def stop(self) -> None:
        """Let go of the connection, and of what Kafka does not take."""
        if self._kafka is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(_PARTING_S):
                    await self._kafka.stop()


async def last_records(settings: BusSettings, topic: str, partition: int) -> dict[bytes, bytes]:
    """A compacted partition from start to end: each key's last value, tombstoned keys left out. Raises Unavailable."""
    found: dict[bytes, bytes] = {}
    async for key, value in records(settings, topic, partition):
        if value is None:
            found.pop(key, None)
        else:
            found[key] = value
    return found


async def records(
    settings: BusSettings, topic: str, partition: int, most: int | None = None
) -> AsyncIterator[tuple[bytes, bytes | None]]:
    """A partition from start to end, or the last so many of its records. Raises Unavailable."""
    tp = aiokafka.TopicPartition(topic, partition)
    reader = aiokafka.AIOKafkaConsumer(
        bootstrap_servers=settings.bootstrap,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        **security_of(settings),
    )
    try:
        await reader.start()
        reader.assign([tp])
        start, end = (await reader.beginning_offsets([tp]))[tp], (await reader.end_offsets([tp]))[tp]
        reader.seek(tp, start if most is None else max(start, end - most))
        while await reader.position(tp) < end:
            for fetched in (await reader.getmany(tp, timeout_ms=500)).values():
                for record in fetched:
                    yield record.key, record.value
    except KafkaError as error:
        raise away(settings, error) from None
    finally:
        await reader.stop()
