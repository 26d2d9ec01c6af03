"""The loader's rows a second, beside clickhouse-connect's plain insert of rows into the same table.

Ours: the log's bytes become columns with little decoding and are sent as Arrow in batches of 10 000; measured
without the log (bytes at hand, the best of three rounds) and with it (from a real broker, from the first batch stored
to the last). Plain: the same bytes decoded, rows of Python values, `client.insert` of the same batches, round by round
in turn with ours. One engine, one machine, one run.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Any, NamedTuple

import msgspec
import psutil

from infra.local.kafka import start_kafka
from ingest.bus import BusSettings, Producer, ensure_topics
from ingest.events import encode
from ingest.events.envelope import Event
from ingest.publish import publish
from tests.bench.figure import Figure, less_is_better, more_is_better
from tests.conftest import free_port
from tests.outpatients import morning
from tests.services_warehouse import EmbeddedProcess
from warehouse.client import WarehouseSettings, connect
from warehouse.columns import COLUMNS
from warehouse.load import Loader, LoadSettings, collect_rarely, reader_of
from warehouse.rows import Records, block_of

BATCH, ROUNDS = 10_000, 3
PEER = "clickhouse-connect, Python values"
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


class Rate(NamedTuple):
    """How fast values were stored, and what it cost this process and the engine together."""

    rows_per_s: float
    cpu_us_per_row: float


def rate(values: list[bytes], rows: Callable[[list[bytes], int], Any], store: Callable[[Any], None]) -> Rate:
    """Of storing all values in batches, the next one made while the last is being stored, as a loader does."""
    began, used = time.perf_counter(), cpu_s()
    with ThreadPoolExecutor(1) as storing:
        before: Future[None] | None = None
        for first in range(0, len(values), BATCH):
            made = rows(values[first : first + BATCH], first)
            if before:
                before.result()
            before = storing.submit(store, made)
    return Rate(len(values) / (time.perf_counter() - began), (cpu_s() - used) / len(values) * 1e6)


def cpu_s() -> float:
    """Processor time that this process and those it started have used."""
    here = psutil.Process()
    times = [each.cpu_times() for each in (here, *here.children())]
    return float(sum(each.user + each.system for each in times))


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


def our_rows(batch: list[bytes], first: int) -> memoryview:
    """A batch as the loader makes it."""
    records = Records()
    records.add("t", 0, batch, [*range(first, first + len(batch))])
    return block_of(records)


def plain_rows(batch: list[bytes], first: int) -> list[list[Any]]:
    """A batch as a plain insert wants it."""
    return [as_values(value, first + n) for n, value in enumerate(batch)]


def beside_the_peer(values: list[bytes], engine: EmbeddedProcess) -> tuple[list[Rate], list[Rate]]:
    """Ours and plain, by turns: whatever else the machine does meets both."""
    ours, plain = (connect(engine.database(name)) for name in ("ours", "plain"))
    rates: tuple[list[Rate], list[Rate]] = [], []
    for _ in range(ROUNDS):
        rates[0].append(rate(values, our_rows, lambda rows: ours.insert_arrow("events", COLUMNS, rows, token_hex(8))))
        rates[1].append(rate(values, plain_rows, lambda rows: plain.insert("events", COLUMNS, rows, token_hex(8))))
    return rates


def run(quick: bool) -> list[Figure]:
    """Ours from bytes at hand and from a real log, beside the plain insert."""
    collect_rarely()
    told = morning(1_500 if quick else 8_000, minutes=240)
    values = [encode(event) for event in told]
    with tempfile.TemporaryDirectory() as directory:
        engine = EmbeddedProcess(Path(directory) / "engine").start()
        try:
            ours, plain = beside_the_peer(values, engine)
            broker = start_kafka(Path(directory) / "kafka", free_port(), free_port())
            try:
                bus = BusSettings(bootstrap=broker.bootstrap)
                fill(bus, told)
                logged = through_the_log(len(values), bus, engine.database("log"))
            finally:
                broker.stop()
        finally:
            engine.stop()
    return [
        more_is_better(
            "rows stored",
            max(each.rows_per_s for each in ours),
            "rows/s",
            floor=100_000,
            peer=PEER,
            peer_value=max(each.rows_per_s for each in plain),
        ),
        less_is_better(
            "processor time of a row, client and engine",
            min(each.cpu_us_per_row for each in ours),
            "µs",
            peer=PEER,
            peer_value=min(each.cpu_us_per_row for each in plain),
        ),
        more_is_better("rows stored, from a real log to offsets committed", logged, "rows/s"),
    ]
