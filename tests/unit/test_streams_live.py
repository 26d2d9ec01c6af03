"""What a reader of the live topic believes: whole flushes, the newest owner, and the same numbers as the report."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from streams.book import CellBook
from streams.cells import FeedMark, Pack, ShardRecord, encode_record
from streams.house import HouseRules
from streams.kpis import catalogue
from streams.kpis.aggregate import Value, aggregate, value_of
from streams.kpis.kpi import Quality
from streams.lag import lag_bucket
from streams.live import LiveValues
from streams.memory import fold_in_memory
from streams.stages.stage import StageRow
from tests import worked_example as example
from tests.timeline import DAY, at, timeline

HOUSE = HouseRules(facility_id="H001", source_priority=("HIS^DEMO", "QUEUE^DEMO", "LIS^DEMO"))

NO_ROWS = ("feed_lag", "late_event_share")  # what came, and when: see test_streams_arrivals.py


class Owner:
    """Somebody who publishes one shard's cells."""

    def __init__(self, shard: int = 0, epoch: int = 1) -> None:
        self.shard, self.epoch, self.flushes = shard, epoch, 0
        self.book = CellBook()
        self.rows: list[StageRow] = []

    def says(self, rows: list[StageRow], **more: Any) -> list[tuple[str, bytes | None]]:
        """The records of a flush in which these are the shard's rows."""
        self.book.replace(self.rows, rows)
        self.rows, self.flushes = rows, self.flushes + 1
        records: list[tuple[str, bytes | None]] = []
        for name, cells in self.book.dirty().items():
            pack = Pack(shard=self.shard, epoch=self.epoch, flush=self.flushes, cells=cells)
            records.append((f"{self.shard}|{name}", encode_record(pack) if cells else None))
        return [*records, self.closes(**more)]

    def closes(self, caught_up: bool = True, **more: Any) -> tuple[str, bytes]:
        record = ShardRecord(
            shard=self.shard, epoch=self.epoch, flush=self.flushes, caught_up=caught_up, offsets={},
            packs=[f"{self.shard}|{name}" for name in self.book.names()], **more,
        )  # fmt: skip
        return (str(self.shard), encode_record(record))


def hears(live: LiveValues, records: list[tuple[str, bytes | None]]) -> None:
    for key, value in records:
        live.apply(key, value)


def folded(text: str) -> list[StageRow]:
    return fold_in_memory(timeline(text), HOUSE)


WAITING = folded("08:40 V1 patient.checked_in point=clinic dept_code=CARD")
SEEN = folded("""
    08:40  V1  patient.checked_in    point=clinic dept_code=CARD
    09:14  V1  consultation.started  consultation_seq=1 dept_code=CARD doctor_id=DR1
""")


def test_a_flush_counts_when_its_closing_record_has_come() -> None:
    live, owner = LiveValues(HOUSE, 1), Owner()
    *packs, closing = owner.says(WAITING)
    hears(live, packs)
    before = live.measure("consult_wait", at("08:50"))
    assert (before.waiting, before.status) == (0, "catching_up")
    hears(live, [closing])
    after = live.measure("consult_wait", at("08:50"))
    assert (after.waiting, after.since, after.status) == (1, (at("08:40"),), "fresh")


def test_a_wait_ticks_and_then_is_over() -> None:
    live, owner = LiveValues(HOUSE, 1), Owner()
    hears(live, owner.says(WAITING))
    waiting = live.measure("consult_wait", at("09:00"))
    assert (waiting.n, waiting.value, waiting.p50_waiting, waiting.p50_at_least) == (0, None, 20.0, True)
    hears(live, owner.says(SEEN))
    seen = live.measure("consult_wait", at("09:20"))
    assert (seen.n, seen.value, seen.p50_waiting, seen.p50_at_least, seen.waiting) == (1, 34.0, 34.0, False, 0)


def test_who_is_never_seen_stops_waiting_two_hours_after_the_session() -> None:
    live = LiveValues(HOUSE, 1)
    hears(live, Owner().says(WAITING))
    assert live.measure("consult_wait", at("19:29")).waiting == 1
    late = live.measure("consult_wait", at("19:30"))
    assert (late.waiting, late.excluded) == (0, {"unseen": 1})


def test_a_zombie_is_not_heard() -> None:
    live, old, new = LiveValues(HOUSE, 1), Owner(epoch=1), Owner(epoch=2)
    hears(live, old.says(WAITING))
    hears(live, [new.closes(caught_up=False)])
    assert live.measure("consult_wait", at("09:20")).status == "catching_up"
    assert live.measure("consult_wait", at("09:20")).waiting == 1  # the old numbers stay, and are marked
    hears(live, old.says([]))
    assert live.measure("consult_wait", at("09:20")).waiting == 1
    hears(live, new.says(SEEN))
    now = live.measure("consult_wait", at("09:20"))
    assert (now.n, now.waiting, now.status) == (1, 0, "fresh")
    hears(live, old.says(WAITING))
    assert live.measure("consult_wait", at("09:20")).waiting == 0


def test_a_reader_who_comes_late_reads_the_compacted_topic() -> None:
    live, owner = LiveValues(HOUSE, 1), Owner()
    compacted: dict[str, bytes | None] = {}
    for rows in (WAITING, SEEN, WAITING, SEEN):
        for key, value in owner.says(rows):
            compacted.pop(key, None)
            compacted[key] = value
    hears(live, list(compacted.items()))
    found = live.measure("consult_wait", at("09:20"))
    assert (found.n, found.waiting, found.status) == (1, 0, "fresh")


def test_a_record_that_names_a_pack_nobody_sent_is_not_the_whole_truth() -> None:
    live, owner = LiveValues(HOUSE, 1), Owner()
    hears(live, owner.says(SEEN)[-1:])
    assert live.catching_up


def test_stages_set_aside_are_broken_and_only_they() -> None:
    live, owner = LiveValues(HOUSE, 1), Owner()
    hears(live, owner.says(SEEN, broken=["consult_wait"]))
    assert live.measure("consult_wait", at("09:20")).status == "broken"
    assert live.measure("window_wait", at("09:20")).status == "empty"


@pytest.mark.parametrize("shards", [1, 3])
@pytest.mark.parametrize("kpi", [k for k in catalogue().values() if k.code not in NO_ROWS], ids=lambda kpi: kpi.code)
def test_the_wall_and_the_report_say_the_same(kpi: Quality, shards: int) -> None:
    rows = fold_in_memory(example.events(), HOUSE)
    live = LiveValues(HOUSE, shards)
    for number in range(shards):
        hears(live, Owner(number).says([row for n, row in enumerate(rows) if n % shards == number]))
    of_day = [row for row in rows if row.day == DAY or kpi.mode == "L"]
    for series in kpi.series:
        for dim in ("", *kpi.dims):
            wanted = {
                value.dims.get(dim, ""): value
                for value in aggregate(kpi, of_day, example.AS_OF, by=(dim,) if dim else ())
                if value.series == series
            }
            got = live.measure_by(
                kpi.code, dim, example.AS_OF, "now" if kpi.mode == "L" else "today", DAY, None, series
            )
            if dim == "" and not wanted:
                wanted = {"": value_of(kpi, {}, example.AS_OF, series=series)}
            for group, value in wanted.items():
                told = {name: getattr(got[group], name) for name in Value.__struct_fields__}
                assert told == msgspec.structs.asdict(value)


def test_the_last_sixty_minutes_are_twelve_cells() -> None:
    live, owner = LiveValues(HOUSE, 1), Owner()
    hears(live, owner.says(SEEN))
    assert live.measure("consult_wait", at("10:09:59"), "60m").n == 1  # cell 09:10–09:15, the twelfth back
    assert live.measure("consult_wait", at("10:10"), "60m").n == 0
    assert live.measure("consult_wait", at("12:00"), 9).n == 1
    assert live.measure("consult_wait", at("12:00"), 8).n == 0


def test_a_night_visit_stays_with_its_day_and_lies_in_the_hour_of_the_clock() -> None:
    rows = folded("""
        23:00  V1  registration.created  visit_class=outpatient dept_code=CARD planned_date=2025-03-03
        23:50  V1  patient.checked_in    point=clinic
        24:10  V1  consultation.started
    """)
    live = LiveValues(HOUSE, 1)
    hears(live, Owner().says(rows))
    now = at("24:20")
    assert live.measure("consult_wait", now, 0, DAY).n == 1 and live.measure("consult_wait", now, 23, DAY).n == 0
    assert live.measure("consult_wait", now, "today", DAY).n == 1 and live.measure("consult_wait", now).n == 0
    assert live.measure("consult_wait", now, "60m").n == 1


def test_who_has_waited_for_hours_is_in_the_last_sixty_minutes() -> None:
    live = LiveValues(HOUSE, 1)
    hears(live, Owner().says(WAITING))
    found = live.measure("consult_wait", at("12:00"), "60m")
    assert (found.n, found.waiting, found.oldest_since) == (0, 1, at("08:40"))


def test_the_queue_now() -> None:
    rows = folded("""
        09:00  -  queue.joined   ticket_id=T1 queue_id=Q1 service_point_type=cashier
        09:05  -  queue.joined   ticket_id=T2 queue_id=Q1 service_point_type=cashier
        09:06  -  queue.joined   ticket_id=T3 queue_id=Q2 service_point_type=pharmacy
        09:07  -  queue.served   ticket_id=T1 queue_id=Q1 service_point_type=cashier serve_seq=1
    """)
    live = LiveValues(HOUSE, 1)
    hears(live, Owner().says(rows))
    assert live.measure("queue_length_now", at("09:20"), "now").value == 2.0
    by_queue = live.measure_by("queue_oldest_wait_now", "queue", at("09:20"), "now")
    assert {queue: found.value for queue, found in by_queue.items()} == {"Q1": 15.0, "Q2": 14.0}
    assert live.measure("queue_length_now", at("19:30"), "now").value == 0.0


def test_feed_lag_is_read_from_the_marks_of_all_shards() -> None:
    live = LiveValues(HOUSE, 2)
    for number, lags in enumerate(({lag_bucket(1_000): 90}, {lag_bucket(60_000): 10})):
        mark = FeedMark(source_system="HIS^DEMO", domain="queue", heard_at=1, watermark=1, events=9, lag_buckets=lags)
        hears(live, Owner(number).says([], feeds=[mark]))
    lag = live.measure("feed_lag", at("09:00"))
    assert lag.n == 100
    assert lag.p50 == pytest.approx(1.0, rel=0.01)
    assert lag.p95 == lag.longest == pytest.approx(60.0, rel=0.01)
    assert live.measure("feed_lag", at("09:00"), where={"source_system": "LIS^DEMO"}).status == "empty"
