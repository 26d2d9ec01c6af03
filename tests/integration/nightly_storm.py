"""A storm as long as the night is: what happens to workers and broker is drawn by lot, and every KPI is right after.

Not collected by the suite; `make nightly` names it. HISPULSE_STORM_MINUTES says how long, HISPULSE_STORM_SEED which.
"""

from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.kafka import start_kafka
from streams.memory import fold_in_memory
from tests.integration.storm import Talk, a_day, differences, wall
from tests.integration.stream_worker import wait_until
from tests.integration.test_stream_storm import HOUSE, NOON, Story
from tests.nightly import storm_minutes

pytestmark = pytest.mark.nightly

STUCK_S = 30.0
PAUSED_S = 9.0  # longer than the group waits
ACTS = ("kill", "kill", "pause", "pause", "join or leave", "join or leave", "join or leave", "lose a disk", "broker")
BETWEEN_S = 5.0


class Storm(Story):
    """What may happen, and how long it takes until every shard speaks again."""

    def __init__(self, home: Path, dice: random.Random) -> None:
        super().__init__(home)
        self.dice = dice
        self.names = iter(range(1_000_000))
        self.longest: tuple[float, str] = (0.0, "")

    def happens(self, what: str) -> None:
        """One act, and the time until all is well."""
        name = self.dice.choice(sorted(self.workers))
        if what == "kill" or what == "lose a disk":
            self.workers[name].kill()
            if what == "lose a disk":
                shutil.rmtree(self.workers[name].state)
            self.start(name)
        elif what == "pause":
            self.workers[name].pause()
            time.sleep(PAUSED_S)
            self.workers[name].wake()
        elif what == "broker":
            self.broker.kill()
            self.broker = start_kafka(self.home / "kafka", *self.ports)
        elif len(self.workers) > 2:
            assert self.workers.pop(name).stop() == 0
        else:
            self.start(f"worker{next(self.names)}")
        began = time.monotonic()
        wait_until(self.all_well, f"all to be well after {what}")
        self.longest = max(self.longest, (time.monotonic() - began, what))

    def all_well(self) -> bool:
        """Every shard has an owner that has caught up and spoke in the last seconds."""
        _, shards = self.hospital.published()
        recent = (time.time() - 5) * 1000
        return len(shards) == self.hospital.bus.partitions and all(
            said.caught_up and said.published_at > recent for said in shards.values()
        )


@pytest.fixture
def storm(tmp_path: Path) -> Iterator[Storm]:
    made = Storm(tmp_path, random.Random(int(os.environ.get("HISPULSE_STORM_SEED", "0"))))
    yield made
    made.end()


def test_after_a_night_of_storms_every_number_is_right(storm: Storm) -> None:
    minutes = storm_minutes() or 2.0
    steps = max(4, round(minutes * 4))
    day = a_day(patients=4 * steps, stories=8 * steps)
    talk = Talk(storm.hospital, day, steps)
    until = time.monotonic() + 60 * minutes
    with talk.going_on():
        storm.start("first")
        storm.start("second")
        storm.wait_for(2, "two workers to share the shards")
        while time.monotonic() < until:
            talk.next_step()
            storm.happens(storm.dice.choice(ACTS))
            time.sleep(BETWEEN_S)
    rows = fold_in_memory(day, HOUSE)
    storm.hospital.wait_for(rows)
    assert differences(wall(storm.hospital, HOUSE), HOUSE, rows, NOON) == []
    took, after = storm.longest
    print(f"longest until all was well: {took:.1f} s, after: {after}")
    assert took <= STUCK_S, f"stuck for {took:.0f} s after {after}"
