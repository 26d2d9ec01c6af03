"""Who owns a shard, and what a reader may believe while it passes from one worker to another."""

from __future__ import annotations

from streams.book import CellBook
from streams.house import HouseRules
from streams.live import LiveValues
from streams.memory import fold_in_memory
from streams.outlet import Record
from streams.publish import Publisher
from streams.shard import Shard
from streams.state import MemoryStore
from tests.timeline import at, timeline

HOUSE = HouseRules(facility_id="H001", source_priority=("HIS^DEMO", "QUEUE^DEMO"))
ROWS = fold_in_memory(timeline("08:40 V1 patient.checked_in point=clinic dept_code=CARD"), HOUSE)


class Owner:
    """Somebody who takes a shard over and says all that it knows."""

    def __init__(self, log: list[Record], number: int = 0) -> None:
        self.log, self.book = log, CellBook()
        self.book.replace((), ROWS)
        self.shard = Shard(HOUSE, MemoryStore(), self.book)
        self.publisher = Publisher(number, compacted(log), {}, owner=f"worker {len(log)}")

    def claims(self, at_ms: int = 1, read: int = 0, to_read: int = 0) -> None:
        self.log.append(self.publisher.claim(self.shard, at_ms, read, to_read))

    def speaks(self, at_ms: int = 1) -> None:
        self.log.extend(self.publisher.flush(self.shard, self.book, at_ms))

    def hears_again_of_everything(self) -> None:
        self.book.replace(ROWS, ())
        self.book.replace((), ROWS)


def compacted(log: list[Record]) -> dict[bytes, bytes]:
    """What Kafka keeps: each key's last value, in the order of those."""
    kept: dict[bytes, bytes | None] = {}
    for record in log:
        assert record.key is not None
        kept.pop(record.key, None)
        kept[record.key] = record.value
    return {key: value for key, value in kept.items() if value is not None}


def reader(log: list[Record], shards: int = 1) -> LiveValues:
    """A board that begins to read now."""
    live = LiveValues(HOUSE, shards)
    for key, value in compacted(log).items():
        live.apply(key.decode(), value)
    return live


def test_what_a_zombie_says_late_takes_nothing_from_a_board_that_starts_later() -> None:
    log: list[Record] = []
    zombie = Owner(log)
    zombie.speaks()
    owner = Owner(log)
    owner.claims()
    owner.speaks()
    zombie.hears_again_of_everything()
    zombie.speaks()
    owner.speaks()  # its next heartbeat: nothing has changed
    live = reader(log)
    assert not live.catching_up
    assert live.measure("consult_wait", at("09:00")).waiting == 1


def test_the_next_owner_is_newer_than_all_even_if_a_zombie_had_the_last_word() -> None:
    log: list[Record] = []
    zombie = Owner(log)
    zombie.speaks()
    Owner(log).speaks()
    zombie.hears_again_of_everything()
    zombie.speaks()
    assert Owner(log).publisher.epoch == 3


def test_the_next_owner_clears_away_what_all_others_said() -> None:
    log: list[Record] = []
    zombie = Owner(log)
    zombie.speaks()
    Owner(log).speaks()
    zombie.hears_again_of_everything()
    zombie.speaks()
    last = Owner(log)
    last.speaks()
    assert len(compacted(log)) == len(ROWS) + 1


def test_numbers_are_as_old_as_the_most_silent_shard() -> None:
    log: list[Record] = []
    one, other = Owner(log, 0), Owner(log, 1)
    one.speaks(1_000)
    other.speaks(1_000)
    one.speaks(60_000)
    assert reader(log, shards=2).spoken_at == 1_000


def test_a_shard_that_is_built_anew_says_how_far_it_has_come() -> None:
    log: list[Record] = []
    Owner(log).speaks(1_000)
    builder = Owner(log)
    builder.claims(2_000, read=250, to_read=1_000)
    live = reader(log)
    assert live.catching_up
    assert (live.progress, live.spoken_at) == (0.25, 2_000)
    builder.speaks(3_000)
    assert (reader(log).progress, reader(log).catching_up) == (None, False)
