"""The loader's rows a second, beside clickhouse-connect's plain insert of rows into the same table.

Ours: the log's bytes become columns with little decoding and are sent as Arrow in batches of 10 000; measured
without the log (bytes at hand) and with it (from a real broker, from the first batch stored to the last). Plain:
the same bytes decoded, rows of Python values, `client.insert` of the same batches. One engine, one machine, one run.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from infra.local.kafka import start_kafka
from ingest.bus import BusSettings, Producer, ensure_topics
from ingest.events import encode
from ingest.events.envelope import Event
from ingest.publish import publish
from tests.bench.figure import Figure, more_is_better
from tests.conftest import free_port
from tests.outpatients import morning
from tests.services_warehouse import EmbeddedProcess
from warehouse.client import WarehouseSettings, connect
from warehouse.columns import COLUMNS
from warehouse.load import Loader, LoadSettings, reader_of
from warehouse.rows import Lying, block_of

BATCH = 10_000
TIMES = {"occurred_at", "recorded_at", "sent_at", "ingested_at"}


def as_values(value: bytes, place: int) -> list[Any]:
    """One event as a row of Python values in the order of COLUMNS: what a plain insert wants."""
    told = msgspec.json.decode(value)
    row = {
        **told,
        "body": value.decode(),
        "domain": "",
        "subject": "",
        "links": [],
        "kafka_topic": "",
        "kafka_partition": 0,
        "kafka_offset": place,
        "quality_flags": told.get("quality_flags", []),
        "schema_version": told.get("schema_version", 1),
    }
    for name in TIMES:
        if row.get(name) is not None:
            row[name] = datetime.fromtimestamp(row[name] / 1000, UTC)
    return [row.get(name, None if name in TIMES else "") for name in COLUMNS]


def rate(values: list[bytes], rows: Callable[[list[bytes], int], Any], store: Callable[[Any, int], None]) -> float:
    """Rows a second of storing all values in batches, the next one made while the last is being stored, as a loader
    does."""
    began = time.perf_counter()
    with ThreadPoolExecutor(1) as storing:
        before: Future[None] | None = None
        for first in range(0, len(values), BATCH):
            made = rows(values[first : first + BATCH], first)
            if before:
                before.result()
            before = storing.submit(store, made, first)
    return len(values) / (time.perf_counter() - began)


def through_the_log(values: int, bus: BusSettings, settings: WarehouseSettings) -> float:
    """Rows a second of a loader from the first record of a real log to the last offset committed."""
    stop = threading.Event()
    reader = reader_of(bus, group="bench")
    reader.poll(timeout_ms=0)
    work = threading.Thread(target=Loader(reader, lambda: connect(settings), LoadSettings(batch_rows=BATCH), stop).run)
    looker = connect(settings)

    def stored() -> int:
        return int(looker.rows("select count() as n from events")[0]["n"])

    work.start()
    while not (first := stored()):  # joining the group is no part of the rate
        time.sleep(0.01)
    began = time.perf_counter()
    while stored() < values:
        time.sleep(0.05)
    took = time.perf_counter() - began
    stop.set()
    work.join()
    reader.close(autocommit=False)
    return (values - first) / took


def fill(bus: BusSettings, told: list[Event]) -> None:
    """Tell the events to a real log."""
    ensure_topics(bus)
    producer = Producer(bus, linger_ms=20)
    for n, event in enumerate(told):
        publish(producer, event, bus.partitions)
        if n % 5_000 == 4_999:
            producer.flush(60)
    producer.flush(60)
    producer.close()


def run(quick: bool) -> list[Figure]:
    """Ours from bytes at hand and from a real log, beside the plain insert."""
    told = morning(1_500 if quick else 8_000, minutes=240)
    values = [encode(event) for event in told]
    with tempfile.TemporaryDirectory() as directory:
        engine = EmbeddedProcess(Path(directory) / "engine").start()
        try:
            ours, plain = (connect(engine.database(name)) for name in ("ours", "plain"))

            def our_rows(batch: list[bytes], first: int) -> bytes:
                return block_of([Lying(value, "t", 0, first + n) for n, value in enumerate(batch)])

            def plain_rows(batch: list[bytes], first: int) -> list[list[Any]]:
                return [as_values(value, first + n) for n, value in enumerate(batch)]

            our_rate = rate(values, our_rows, lambda rows, n: ours.insert_arrow("events", COLUMNS, rows, str(n)))
            plain_rate = rate(values, plain_rows, lambda rows, n: plain.insert("events", COLUMNS, rows, str(n)))
            broker = start_kafka(Path(directory) / "kafka", free_port(), free_port())
            try:
                bus = BusSettings(bootstrap=broker.bootstrap)
                fill(bus, told)
                logged = through_the_log(len(values), bus, engine.database("log"))
            finally:
                broker.stop()
        finally:
            engine.stop()
    peer = "clickhouse-connect, Python values"
    return [
        more_is_better("rows stored", our_rate, "rows/s", floor=100_000, peer=peer, peer_value=plain_rate),
        more_is_better("rows stored, from a real log to offsets committed", logged, "rows/s"),
    ]
