"""A worker that is told to stop while Kafka is away: it stops, and what it had not said yet is said by the next one."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.local.kafka import start_kafka
from streams.house import HouseRules
from streams.memory import fold_in_memory
from tests.conftest import free_port
from tests.integration.stream_worker import Hospital
from tests.outpatients import MINUTE, MORNING, morning

pytestmark = pytest.mark.services

NOON = MORNING + 6 * 60 * MINUTE
HOUSE = HouseRules(facility_id="H001", source_priority=("HIS^DEMO", "QUEUE^DEMO"))


def test_a_worker_stops_while_kafka_is_away_and_the_next_one_says_the_rest(tmp_path: Path) -> None:
    port, controller = free_port(), free_port()
    broker = start_kafka(tmp_path / "kafka", port, controller)
    hospital = Hospital(broker.bootstrap, tmp_path, NOON)
    day = morning(40)
    try:
        worker = hospital.worker()
        hospital.tell(day[::2])
        hospital.wait_for(fold_in_memory(day[::2], HOUSE))
        broker.kill()
        assert worker.stop() == 0
        broker = start_kafka(tmp_path / "kafka", port, controller)
        hospital.tell(day[1::2])
        worker = hospital.worker()
        hospital.wait_for(fold_in_memory(day, HOUSE))
        assert worker.stop() == 0
    finally:
        broker.stop()
