"""The stream worker on a real broker: whatever happens to it, what it publishes is the fold of what was told.

All that may happen in one story, with two workers and a broker that goes: test_stream_storm.py.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from infra.local.kafka import KafkaProcess, start_kafka
from ingest.bus import KPI, Producer
from ingest.events.envelope import Event
from streams.cells import CellKey, Pack, Partial, encode_record
from streams.house import HouseRules
from streams.memory import fold_in_memory
from streams.stages.stage import StageRow
from tests.conftest import free_port
from tests.integration.stream_worker import Hospital, Worker, wait_until
from tests.outpatients import MINUTE, MORNING, morning, moved

pytestmark = pytest.mark.services

NOON = MORNING + 6 * 60 * MINUTE
HOUSE = HouseRules(facility_id="H001", source_priority=("HIS^DEMO", "QUEUE^DEMO"))


def folded(events: list[Event]) -> list[StageRow]:
    """What the worker must come to."""
    return fold_in_memory(events, HOUSE)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaProcess]:
    """A broker whose log these tests may empty."""
    process = start_kafka(tmp_path_factory.mktemp("stream-kafka"), free_port(), free_port())
    yield process
    process.stop()


@pytest.fixture
def hospital(broker: KafkaProcess, tmp_path: Path) -> Hospital:
    """An empty log."""
    return Hospital(broker.bootstrap, tmp_path, NOON)


@pytest.fixture
def workers() -> Iterator[list[Worker]]:
    """Workers that are ended with the test."""
    running: list[Worker] = []
    yield running
    for worker in running:
        if worker.process.poll() is None:
            worker.kill()


def test_a_morning_in_disorder_with_repetitions_and_a_joined_visit(hospital: Hospital, workers: list[Worker]) -> None:
    day = [*morning(60), moved(3, 4, NOON), moved(7, 9, NOON)]
    told = [*day, *random.Random(1).choices(day, k=300)]
    random.Random(2).shuffle(told)
    workers.append(hospital.worker())
    hospital.tell(told)
    hospital.wait_for(folded(day))
    assert workers[0].stop() == 0


def owned_by(hospital: Hospital, workers: int) -> bool:
    """Whether so many workers have owned the shards so far."""
    return hospital.owners() >= workers


def test_killed_in_the_middle_nothing_is_lost_and_nothing_counts_twice(
    hospital: Hospital, workers: list[Worker]
) -> None:
    day = morning(90)
    workers.append(hospital.worker())
    for part in range(3):
        hospital.tell(day[part::3])
        wait_until(partial(owned_by, hospital, part + 1), "the next worker to own the shards")
        workers.pop().kill()
        workers.append(hospital.worker())
    # The third may have said all of it before it was killed; what is looked at is what the fourth says.
    wait_until(partial(owned_by, hospital, 4), "the last worker to own the shards")
    shards = hospital.wait_for(folded(day))
    assert min(record.epoch for record in shards.values()) == 4


def test_a_lost_state_is_rebuilt_from_the_log(hospital: Hospital, workers: list[Worker]) -> None:
    day = [*morning(60), moved(3, 4, NOON)]
    first, rest = day[: len(day) // 2], day[len(day) // 2 :]
    workers.append(hospital.worker())
    hospital.tell(first)
    before = hospital.wait_for(folded(first))
    workers[0].kill()
    shutil.rmtree(workers[0].state)
    hospital.tell(rest)
    workers.append(hospital.worker())
    after = hospital.wait_for(folded(day))
    assert all(after[shard].epoch > before[shard].epoch for shard in before)


def test_what_a_zombie_says_late_is_not_believed(hospital: Hospital, workers: list[Worker]) -> None:
    day = morning(20)
    workers.append(hospital.worker())
    hospital.tell(day)
    shards = hospital.wait_for(folded(day))
    newest = shards[0]
    zombie = Producer(hospital.bus)
    phantom = CellKey("visit_counted", "", ("CARD", "outpatient"), "2025-03-03", 0)
    stale = Pack(shard=0, epoch=newest.epoch - 1, flush=99, cells=[(phantom, Partial(rows=1_000))])
    for key in newest.packs:
        zombie.send(KPI, key, encode_record(stale), 0)
    zombie.flush()
    cells, _ = hospital.published()
    assert phantom not in cells
    workers[0].kill()  # the next owner says everything again
    workers.append(hospital.worker())
    after = hospital.wait_for(folded(day))
    assert after[0].epoch > newest.epoch


def test_without_kafka_it_says_one_sentence(tmp_path: Path, broker: KafkaProcess) -> None:
    hospital = Hospital(broker.bootstrap, tmp_path, NOON)
    hospital.site.write_text(hospital.site.read_text("utf-8").replace(broker.bootstrap, f"127.0.0.1:{free_port()}"))
    worker = hospital.worker()
    assert worker.process.wait(60) == 2
    said = (tmp_path / "streams.log").read_text("utf-8")
    assert "does not answer" in said
    assert "Traceback" not in said
