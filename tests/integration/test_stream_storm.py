"""One story of everything that happens to stream workers, while the hospital goes on talking."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.kafka import KafkaProcess, start_kafka
from streams.house import HouseRules
from streams.memory import fold_in_memory
from tests.conftest import free_port
from tests.integration.storm import Talk, a_day, differences, wall
from tests.integration.stream_worker import Hospital, Worker, wait_until
from tests.outpatients import MINUTE, MORNING

pytestmark = pytest.mark.services

NOON = MORNING + 6 * 60 * MINUTE
HOUSE = HouseRules(facility_id="H001", source_priority=("HIS^DEMO", "QUEUE^DEMO"))


class Story:
    """Two workers, a third that comes and goes, and a broker."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.ports = free_port(), free_port()
        self.broker: KafkaProcess = start_kafka(home / "kafka", *self.ports)
        self.hospital = Hospital(self.broker.bootstrap, home, NOON)
        self.workers: dict[str, Worker] = {}

    def start(self, name: str) -> None:
        self.workers[name] = self.hospital.worker(name)

    def owners(self) -> set[str]:
        """Who owns a shard and has caught up; nobody while any has not."""
        _, shards = self.hospital.published()
        all_speak = len(shards) == self.hospital.bus.partitions and all(said.caught_up for said in shards.values())
        return {said.owner for said in shards.values()} if all_speak else set()

    def wait_for(self, workers: int, what: str, *, others_than: set[str] | None = None) -> set[str]:
        """Until so many share the shards, and not the same as before; returns who."""
        wait_until(lambda: len(now := self.owners()) == workers and now != others_than, what)
        return self.owners()

    def end(self) -> None:
        for worker in self.workers.values():
            if worker.process.poll() is None:
                worker.kill()
        self.broker.stop()


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    told = Story(tmp_path)
    yield told
    told.end()


def test_it_never_stops_and_never_lies(story: Story) -> None:
    day = a_day(patients=16, stories=40)
    talk = Talk(story.hospital, day, steps=7)
    with talk.going_on():
        talk.next_step()
        story.start("first")
        story.start("second")
        two = story.wait_for(2, "two workers to share the shards")

        talk.next_step()  # one is killed, and comes back
        story.workers["first"].kill()
        story.start("first")
        story.wait_for(2, "the killed one's shards to have another owner", others_than=two)

        talk.next_step()  # one is paused until the other has everything; that one dies, and the zombie is alone
        story.workers["second"].pause()
        last = story.wait_for(1, "the other to have the paused one's shards too")
        story.workers["first"].kill()
        story.workers["second"].wake()
        story.wait_for(1, "the zombie to have everything", others_than=last)
        story.start("first")
        among = story.wait_for(2, "two workers to share the shards")

        for name in ("third", "fourth"):  # one joins and leaves, again and again
            talk.next_step()
            story.start(name)
            among = story.wait_for(3, "another one to share the shards", others_than=among)
            assert story.workers[name].stop() == 0

        talk.next_step()  # the broker is gone, and comes back
        story.broker.kill()
        story.broker = start_kafka(story.home / "kafka", *story.ports)
        two = story.wait_for(2, "two workers to share the shards")
        assert all(story.workers[name].process.poll() is None for name in ("first", "second")), "nobody gave up"

        talk.next_step()  # a disk is lost
        story.workers["second"].kill()
        shutil.rmtree(story.workers["second"].state)
        story.start("second")
        story.wait_for(2, "whoever lost a disk to have its shards again", others_than=two)

    rows = fold_in_memory(day, HOUSE)
    story.hospital.wait_for(rows)
    assert differences(wall(story.hospital, HOUSE), HOUSE, rows, NOON) == []
