"""An event on which a rule fails is found and set aside; its stages are broken, everything else goes on."""

from __future__ import annotations

import random

import msgspec

from ingest.events.envelope import Event
from ingest.events.queue import QueueJoined
from streams.house import HouseRules
from streams.memory import fold_in_memory, shard_of
from tests.outpatients import MINUTE, MORNING, morning, name, tell

HOUSE = HouseRules(facility_id="H001")
TICKET = name("ticket1", name("visit", 2))
DAY = morning(6)
NEVER = 10**17  # no calendar reaches this far, and no rule stands it


def poison(said_at: int, occurred_at: int) -> Event:
    """09:00 the ticket is told to have been joined three million years from now."""
    joined = tell(QueueJoined, said_at, source="ABSURD^DEMO", ticket_id=TICKET, service_point_type="clinic")
    return msgspec.structs.replace(joined, occurred_at=occurred_at)


def test_one_bad_telling_leaves_all_other_rows_as_they_were() -> None:
    house = msgspec.structs.replace(HOUSE, source_priority=("ABSURD^DEMO",))
    bad = poison(MORNING + 60 * MINUTE, NEVER)
    expected = fold_in_memory(DAY, house)
    for seed in range(5):
        told = [*DAY, bad]
        random.Random(seed).shuffle(told)
        shard = shard_of(told, house)
        rows = sorted(shard.rows(), key=lambda row: (row.stage, row.scope_id, row.part, row.series))
        assert rows == expected
        assert "ticket_open" in shard.broken
        assert "lab_intra" not in shard.broken


def test_a_corrected_telling_mends_what_was_broken() -> None:
    house = msgspec.structs.replace(HOUSE, source_priority=("ABSURD^DEMO",))
    bad, mended = poison(MORNING + 60 * MINUTE, NEVER), poison(MORNING + 61 * MINUTE, MORNING + 59 * MINUTE)
    for told in ([*DAY, bad, mended], [mended, *DAY, bad]):
        shard = shard_of(told, house)
        assert shard.broken == {}
        (row,) = [row for row in shard.rows() if row.stage == "ticket_open" and row.scope_id == TICKET]
        assert row.started_at == MORNING + 59 * MINUTE


def test_an_event_that_cannot_even_be_taken_in_breaks_what_it_was_to_tell() -> None:
    heard_never = msgspec.structs.replace(DAY[10], ingested_at=NEVER)
    shard = shard_of([*DAY, heard_never], HOUSE)
    assert shard.broken
    assert set(shard.rows()) == set(shard_of(DAY, HOUSE).rows())


def test_what_cannot_be_read_is_counted_and_passed_over() -> None:
    shard = shard_of(DAY, HOUSE)
    shard.take("his.queue.v1", [b"not an event", None, b'{"event_type":"queue.invented"}'])
    assert shard.meta.undecodable == 2
