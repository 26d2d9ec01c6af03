"""A day waits for what has not been heard: the loader must come to where the log ended, and batch feeds must close."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import dagster as dg
import pytest

from infra.local.kafka import KafkaProcess
from ingest.bus import CONTROL, BusSettings, Producer, ensure_topics, event_topic
from ingest.events import domain_of, encode
from ingest.events.envelope import kind_of, subject_of
from tests import worked_example
from tests.integration.closing import DAY, close, why_not_closed, write_site
from tests.timeline import timeline
from warehouse.client import Warehouse, WarehouseSettings, connect
from warehouse.load import Loader, LoadSettings, reader_of
from warehouse.rows import store

pytestmark = [pytest.mark.services, pytest.mark.timeout(300)]

NIGHT_FEED = """
[feeds.night]
kind = "files"
source_system = "LIS^NIGHT"
closes_days = true
"""


@pytest.fixture(scope="module")
def bus(kafka: KafkaProcess) -> BusSettings:
    settings = BusSettings(bootstrap=kafka.bootstrap, partitions=2)
    ensure_topics(settings)
    return settings


@pytest.fixture(scope="module")
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as fresh:
        yield fresh


def site_of(folder: Path, warehouse: WarehouseSettings, bus: BusSettings, more: str = "") -> Path:
    of_bus = f'\n[bus]\nbootstrap = "{bus.bootstrap}"\npartitions = 2\n[closing]\nlook_every_s = 0.1\n'
    return write_site(folder, warehouse, of_bus + more)


def published(warehouse: Warehouse) -> int:
    return int(warehouse.rows("select count() as n from publications where grain = 'day'")[0]["n"])


def test_a_day_is_closed_when_the_loader_has_come_to_where_the_log_ended(
    warehouse: Warehouse, warehouse_settings: WarehouseSettings, bus: BusSettings, instance: dg.DagsterInstance,
    tmp_path: Path,
) -> None:  # fmt: skip
    site = site_of(tmp_path, warehouse_settings, bus)
    told, events = Producer(bus), worked_example.events()
    for event in events:
        told.send(event_topic(domain_of(kind_of(event))), subject_of(event), encode(event))
    heartbeat, moved, corrected = timeline(
        """
        12:00 -  feed.heartbeat feed=his
        12:01 V1 visit.moved    prior_visit_id=V7 to_patient_id=P1
        12:02 -  record.corrected corrected_subject=V1 corrected_event_id=E1 corrected_revision=R1
        """
    )
    for event, partition in product((heartbeat, moved, heartbeat), range(2)):
        told.send(CONTROL, subject_of(event), encode(event), partition)
    told.send(CONTROL, subject_of(corrected), encode(corrected), 1)  # on one partition only
    told.flush()
    told.close()

    result = close(site, instance)
    assert not result.success
    assert why_not_closed(result) == (
        f"{DAY} is not closed now: still missing {len(events) + 2} records of the log, which the loader has not stored."
    )
    assert published(warehouse) == 0

    stop, reader = threading.Event(), reader_of(bus)
    loader = Loader(reader, lambda: connect(warehouse_settings), LoadSettings(batch_ms=100), stop)
    work = threading.Thread(target=loader.run)
    work.start()
    try:
        assert close(site, instance, wait_min=4, kpis=False).success
    finally:
        stop.set()
        work.join(60)
        reader.close(autocommit=False)
    assert published(warehouse) == 1
    assert warehouse.rows("select uniqExact(event_id) as n from events")[0]["n"] == len(events) + 3


def test_a_day_waits_for_the_batch_that_was_made_after_its_feeds_hours(
    warehouse: Warehouse, warehouse_settings: WarehouseSettings, bus: BusSettings, instance: dg.DagsterInstance,
    tmp_path: Path,
) -> None:  # fmt: skip
    site = site_of(tmp_path, warehouse_settings, bus, NIGHT_FEED)
    store(warehouse, worked_example.events())
    store(warehouse, timeline(f"02:00 - feed.batch_closed feed=night batch_id=B1 received_count=7 business_date={DAY}"))
    result = close(site, instance, wait_min=0.01)
    assert why_not_closed(result) == (
        f"{DAY} is not closed after 0.01 min of waiting: still missing the last batch of feed night."
    )
    store(warehouse, timeline("26:00 - feed.batch_closed feed=night batch_id=B2 received_count=9 declared_count=9"))
    assert close(site, instance, kpis=False).success
    assert published(warehouse) == 1


def test_a_batch_that_came_short_closes_no_day_until_it_is_whole(
    warehouse: Warehouse, warehouse_settings: WarehouseSettings, bus: BusSettings, instance: dg.DagsterInstance,
    tmp_path: Path,
) -> None:  # fmt: skip
    site = site_of(tmp_path, warehouse_settings, bus, NIGHT_FEED)
    store(warehouse, worked_example.events())
    told = "26:00 - feed.batch_closed feed=night batch_id=B2 declared_count=9 received_count={} sent={}"
    store(warehouse, timeline(told.format(7, "26:00")))
    assert "2 of the 9 messages that the last batch of feed night declared" in why_not_closed(close(site, instance))
    store(warehouse, timeline(told.format(9, "27:00")))
    assert close(site, instance, kpis=False).success


def test_somebody_may_close_a_day_with_what_there_is(
    warehouse: Warehouse, warehouse_settings: WarehouseSettings, bus: BusSettings, instance: dg.DagsterInstance,
    tmp_path: Path,
) -> None:  # fmt: skip
    site = site_of(tmp_path, warehouse_settings, bus, NIGHT_FEED)
    store(warehouse, worked_example.events())
    result = close(site, instance, anyway=True, kpis=False)
    assert result.success
    [heard] = [e for e in result.get_asset_materialization_events() if e.asset_key and e.asset_key.path[-1] == "heard"]
    assert "the last batch of feed night" in str(heard.materialization.metadata["missing"].value)


def test_a_log_that_does_not_answer_is_said_to_be_missing(
    warehouse: Warehouse, warehouse_settings: WarehouseSettings, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    nobody = BusSettings(bootstrap="127.0.0.1:1")
    result = close(site_of(tmp_path, warehouse_settings, nobody), instance)
    assert "Kafka at 127.0.0.1:1 does not answer" in why_not_closed(result)
