"""From the real log into the real engine: everything once, whatever is killed, away or told twice."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec
import pytest
from prometheus_client import REGISTRY

from infra.local.kafka import KafkaProcess, start_kafka
from ingest.bus import CONTROL, BusSettings, Producer, ensure_topics, event_topic
from ingest.errors import Misconfigured
from ingest.events import catalogue, domain_of, encode
from ingest.events.envelope import Event, Instant, Telling, assemble, kind_of, subject_of
from ingest.journey import Placement
from tests.conftest import free_port
from tests.services_warehouse import EmbeddedProcess
from warehouse.client import Warehouse, WarehouseSettings, connect
from warehouse.load import Loader, LoadSettings, reader_of

pytestmark = pytest.mark.services

MORNING = 1_740_960_000_000  # 2025-03-03 08:00 in Shanghai


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BusSettings]:
    """A broker of this module's own: a loader reads whole topics, and others write to the session's."""
    broker: KafkaProcess = start_kafka(tmp_path_factory.mktemp("kafka"), free_port(), free_port())
    settings = BusSettings(bootstrap=broker.bootstrap, partitions=3)
    ensure_topics(settings)
    yield settings
    broker.stop()


@pytest.fixture
def producer(bus: BusSettings) -> Iterator[Producer]:
    made = Producer(bus)
    yield made
    made.close()


def called(minute: int, source: str, ticket: str = "t1", seq: int = 1) -> Event:
    """A call of a ticket, minutes after eight."""
    telling = Telling(facility_id="H001", source_system=source, ingested_at=MORNING + minute, row_version="1")
    occurred = Instant(MORNING + minute * 60_000, "minute", 480)
    return assemble(catalogue()["queue.called"], telling, occurred, ticket_id=ticket, call_seq=seq, window_id="W1")


def publish(producer: Producer, events: list[Event]) -> None:
    for event in events:
        producer.send(event_topic(domain_of(kind_of(event))), subject_of(event), encode(event))
    producer.flush()


@contextmanager
def loading(bus: BusSettings, warehouse: WarehouseSettings, group: str, batch_rows: int = 10_000) -> Iterator[None]:
    """A loader at work, as `hispulse load` runs it."""
    stop = threading.Event()
    failed: list[BaseException] = []
    reader = reader_of(bus, group)
    loader = Loader(reader, lambda: connect(warehouse), LoadSettings(batch_rows=batch_rows, batch_ms=100), stop)

    def work() -> None:
        try:
            loader.run()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        reader.close(autocommit=False)
        if failed:  # said before anything that the test missed because of it
            raise failed[0]


def eventually(look: Callable[[], bool], patience_s: float = 60) -> None:
    """Wait for something to become true; how long is no part of the test."""
    until = time.monotonic() + patience_s
    while not look():
        assert time.monotonic() < until, "did not happen"
        time.sleep(0.05)


def tickets(warehouse: Warehouse, source: str) -> int:
    """How many rows a source's events have."""
    sql = "select count() as n from events where source_system = {source:String}"
    return int(warehouse.rows(sql, {"source": source})[0]["n"])


def test_an_event_arrives_with_its_ids_times_and_text_as_they_were_sent(
    bus: BusSettings, producer: Producer, warehouse: Warehouse, warehouse_settings: WarehouseSettings
) -> None:
    event = assemble(
        catalogue()["specimen.collected"],
        Telling(facility_id="H001", source_system="LIS^ONE", ingested_at=MORNING + 2, sent_at=MORNING + 1),
        Instant(MORNING + 123, "ms", 480),
        order_id="o'1\\中",
        specimen_id="s1",
        visit_id="v1",
    )
    publish(producer, [event])
    with loading(bus, warehouse_settings, "arrives"):
        eventually(lambda: tickets(warehouse, "LIS^ONE") == 1)
    [row] = warehouse.rows(
        "select *, toUnixTimestamp64Milli(occurred_at) as at, toUnixTimestamp64Milli(sent_at) as sent from events "
        "where source_system = 'LIS^ONE'"
    )
    assert (row["at"], row["sent"], row["recorded_at"]) == (MORNING + 123, MORNING + 1, None)
    assert (row["subject"], row["visit_id"], row["domain"], row["op"]) == ("o'1\\中", "v1", "orders", "assert")
    assert sorted(row["links"]) == ["o'1\\中", "v1"]
    assert row["body"] == encode(event).decode()
    assert row["quality_flags"] == list(event.quality_flags)


def test_a_loader_that_starts_again_reads_on_and_told_twice_is_stored_once(
    bus: BusSettings, producer: Producer, warehouse: Warehouse, warehouse_settings: WarehouseSettings
) -> None:
    events = [called(n % 60, "QUEUE^TWO", f"t{n}") for n in range(500)]
    publish(producer, events[:300])
    with loading(bus, warehouse_settings, "restart", batch_rows=70):
        eventually(lambda: tickets(warehouse, "QUEUE^TWO") == 300)
    publish(producer, events[300:] + events[:200])  # two hundred come again
    with loading(bus, warehouse_settings, "restart", batch_rows=70):
        eventually(lambda: tickets(warehouse, "QUEUE^TWO") >= 500)
        with loading(bus, warehouse_settings, "a group that knows nothing yet"):  # everything from the start again
            eventually(lambda: tickets(warehouse, "QUEUE^TWO") >= 1000)
    warehouse.command("optimize table events final")
    assert tickets(warehouse, "QUEUE^TWO") == 500
    won = warehouse.rows("select count() as n from won_events where source_system = 'QUEUE^TWO'")
    assert won[0]["n"] == 500


def test_poison_is_set_aside_and_what_is_behind_it_arrives(
    bus: BusSettings, producer: Producer, warehouse: Warehouse, warehouse_settings: WarehouseSettings
) -> None:
    unreadable = msgspec.json.decode(encode(called(1, "QUEUE^BAD", "bad")))
    unreadable["tz_offset_min"] = 10**9  # right JSON, but more than the table's columns hold
    of_no_age = msgspec.json.decode(encode(called(2, "QUEUE^BAD", "old"))) | {"occurred_at": 10**15}
    halved = encode(called(3, "QUEUE^BAD", "halved")).replace(b'"halved"', b'"\\ud83d"')
    told = [msgspec.json.encode(unreadable), msgspec.json.encode(of_no_age), halved]
    for value in (b"not JSON", b"{}", b'{"event_type":"no.such"}', b"\xff\xfe", *told):
        producer.send(event_topic("queue"), "t1", value)
    publish(producer, [called(n, "QUEUE^THREE", f"t{n}") for n in range(50)])
    with loading(bus, warehouse_settings, "poison"):
        eventually(lambda: tickets(warehouse, "QUEUE^THREE") == 50)
    with loading(bus, warehouse_settings, "poison"):  # and does not come back
        publish(producer, [called(1, "QUEUE^THREE", "last")])
        eventually(lambda: tickets(warehouse, "QUEUE^THREE") == 51)


def test_of_what_is_on_every_partition_one_copy_is_stored_and_nothing_derived_is(
    bus: BusSettings, producer: Producer, warehouse: Warehouse, warehouse_settings: WarehouseSettings
) -> None:
    telling = Telling(facility_id="H001", source_system="HIS^FOUR", ingested_at=MORNING)
    beat = assemble(catalogue()["feed.heartbeat"], telling, Instant(MORNING, "ms", 480), feed="his", lag_s=0)
    for partition in range(bus.partitions):
        producer.send(CONTROL, "HIS^FOUR", encode(beat), partition)
    moved = called(1, "QUEUE^FOUR")
    producer.send("his.journey.v1", "v1", msgspec.json.encode(Placement(visit_id="v1", event=moved)))
    publish(producer, [called(2, "QUEUE^FOUR", "t9")])
    with loading(bus, warehouse_settings, "control"):
        eventually(lambda: tickets(warehouse, "QUEUE^FOUR") == 1 and tickets(warehouse, "HIS^FOUR") == 1)


def test_while_the_warehouse_is_away_the_loader_waits_and_then_catches_up(
    bus: BusSettings, producer: Producer, own_engine: EmbeddedProcess
) -> None:
    engine = own_engine
    settings = engine.database("here")
    with loading(bus, settings, "away", batch_rows=50):
        publish(producer, [called(1, "QUEUE^FIVE", f"a{n}") for n in range(200)])
        warehouse = connect(settings)
        eventually(lambda: tickets(warehouse, "QUEUE^FIVE") == 200)
        engine.stop(signal.SIGKILL)
        publish(producer, [called(2, "QUEUE^FIVE", f"b{n}") for n in range(200)])
        eventually(lambda: REGISTRY.get_sample_value("hispulse_load_waiting") == 1)
        engine.start()
        eventually(lambda: tickets(warehouse, "QUEUE^FIVE") == 400)
    assert engine.stop() == 0


def test_without_tables_it_says_what_to_run(bus: BusSettings, producer: Producer, embedded: EmbeddedProcess) -> None:
    publish(producer, [called(1, "QUEUE^SIX")])
    reader = reader_of(bus, "untabled")
    bare = msgspec.structs.replace(embedded.settings, database="default")
    with pytest.raises(Misconfigured, match="hispulse migrate"):
        Loader(reader, lambda: connect(bare), LoadSettings(), threading.Event()).run()
    reader.close(autocommit=False)
