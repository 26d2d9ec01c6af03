"""Which visit is it? Any order of the same words gives the same links, journeys and rows."""

from __future__ import annotations

import random
from itertools import permutations
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.events.billing import BillCreated
from ingest.events.consultation import ConsultationStarted
from ingest.events.envelope import Event
from ingest.events.orders import OrderPlaced, SpecimenCollected, SpecimenReceived
from ingest.events.queue import QueueCalled, QueueJoined, QueueMissed, QueueRequeued, QueueServed
from ingest.events.registration import PatientCheckedIn, RegistrationCreated
from streams import memory
from streams.book import CellBook
from streams.house import HouseRules
from streams.latest import Latest
from streams.memory import NoBook, fold_in_memory, shard_of
from streams.publish import Publisher
from streams.shard import Shard
from streams.stages.stage import StageRow
from streams.state import MemoryStore
from tests.outpatients import MINUTE, MORNING, morning, moved, name, tell

HOUSE = HouseRules(facility_id="H001", source_priority=("HIS^DEMO", "QUEUE^DEMO"))
V1, V2 = name("visit", 1), name("visit", 2)
TEN = MORNING + 120 * MINUTE


def rows(events: list[Event], stage: str) -> list[StageRow]:
    return [row for row in fold_in_memory(events, HOUSE) if row.stage == stage]


def in_visit(events: list[Event], visit: str) -> set[str]:
    """The types of the events that are in a visit's journey."""
    scope = shard_of(events, HOUSE).holding(visit).scope
    return {fact.type for fact in scope.tellings.values() if fact.placed} if scope is not None else set()


def registered(visit: str, at: int = TEN, dept: str = "CARD", **said: Any) -> Event:
    return tell(RegistrationCreated, at, visit_id=visit, visit_class="outpatient", dept_code=dept,
                planned_date="2025-03-03", channel="wechat", **said)  # fmt: skip


# 10:00 V1 registered · 10:05 order placed for V1 · 10:20 its specimen, from a laboratory that knows no visits.
ORDER = name("order", 1)
LAB = [
    registered(V1),
    tell(OrderPlaced, TEN + 5 * MINUTE, order_id=ORDER, category="lab", visit_id=V1),
    tell(SpecimenCollected, TEN + 20 * MINUTE, source="LIS", order_id=ORDER, specimen_id=name("specimen", 1)),
    tell(SpecimenReceived, TEN + 30 * MINUTE, source="LIS", order_id=ORDER, specimen_id=name("specimen", 1)),
]


def test_a_specimen_that_names_no_visit_joins_that_of_its_order() -> None:
    for told in (LAB, LAB[::-1]):
        assert "specimen.collected" in in_visit(told, V1)
        (row,) = rows(told, "lab_preanalytic")
        assert row.dims[2] == "outpatient"  # what the order must know of its visit came back as a hint


def test_a_ticket_is_linked_through_its_bill_and_the_bill_through_its_order() -> None:
    bill, ticket = name("bill", 1), name("ticket", 1)
    told = [
        *LAB[:2],
        tell(BillCreated, TEN + 6 * MINUTE, bill_id=bill, ref_ids=(ORDER,), item_class="lab", amount="1"),
        tell(QueueJoined, TEN + 7 * MINUTE, ticket_id=ticket, service_point_type="cashier", ref_ids=(bill,)),
    ]
    for order in (told, told[::-1]):
        assert {"bill.created", "queue.joined"} <= in_visit(order, V1)


def test_a_corrected_visit_takes_the_event_out_of_the_wrong_one() -> None:
    wrong = tell(OrderPlaced, TEN, order_id=ORDER, category="lab", visit_id=V1)
    right = tell(OrderPlaced, TEN, order_id=ORDER, category="lab", visit_id=V2, sent_at=TEN + MINUTE)
    loose = tell(SpecimenCollected, TEN + 20 * MINUTE, source="LIS", order_id=ORDER, specimen_id=name("specimen", 1))
    for told in ([wrong, right, loose], [right, wrong, loose], [loose, wrong, right], [loose, right, wrong]):
        assert in_visit(told, V1) == set()
        assert in_visit(told, V2) == {"order.placed", "specimen.collected"}


def test_a_word_that_names_no_visit_and_was_corrected_since_is_in_the_corrected_one_only() -> None:
    ticket = name("ticket", 1)
    told = [
        tell(QueueJoined, TEN, ticket_id=ticket, service_point_type="pharmacy", visit_id=V1),
        tell(QueueMissed, TEN + 9 * MINUTE, ticket_id=ticket, call_seq=1),
        tell(QueueMissed, TEN + 9 * MINUTE, ticket_id=ticket, call_seq=1, visit_id=V2, sent_at=TEN + 15 * MINUTE),
    ]
    for order in permutations(told):
        assert in_visit(list(order), V1) == {"queue.joined"}
        assert in_visit(list(order), V2) == {"queue.missed"}


def test_a_fact_whose_sources_name_different_visits_is_in_that_of_the_best_source_only() -> None:
    ticket = name("ticket", 1)
    told = [
        tell(QueueJoined, TEN, source="QUEUE^DEMO", ticket_id=ticket, service_point_type="pharmacy", visit_id=V1),
        tell(QueueMissed, TEN + 9 * MINUTE, source="QUEUE^DEMO", ticket_id=ticket, call_seq=1, visit_id=V1),
        tell(QueueMissed, TEN + 9 * MINUTE, ticket_id=ticket, call_seq=1, visit_id=V2),
        tell(QueueMissed, TEN + 9 * MINUTE, source="QUEUE^DEMO", ticket_id=ticket, call_seq=1, visit_id=V1,
             sent_at=TEN + 30 * MINUTE),
    ]  # fmt: skip
    for order in permutations(told):
        assert in_visit(list(order), V1) == {"queue.joined"}
        assert in_visit(list(order), V2) == {"queue.missed"}


def test_a_fact_whose_best_source_names_no_visit_is_where_its_ticket_is() -> None:
    ticket = name("ticket", 1)
    told = [
        tell(QueueJoined, TEN, ticket_id=ticket, service_point_type="pharmacy", visit_id=V1),
        tell(QueueMissed, TEN + 9 * MINUTE, source="QUEUE^DEMO", ticket_id=ticket, call_seq=1, visit_id=V2),
        tell(QueueMissed, TEN + 9 * MINUTE, ticket_id=ticket, call_seq=1),
    ]
    for order in permutations(told):
        assert in_visit(list(order), V1) == {"queue.joined", "queue.missed"}
        assert in_visit(list(order), V2) == set()


def test_the_events_of_a_joined_visit_count_in_the_surviving_one() -> None:
    ticket = name("ticket", 1)
    told = [
        registered(V1),
        registered(V2, TEN + MINUTE),
        tell(PatientCheckedIn, TEN + 2 * MINUTE, visit_id=V1, point="clinic", dept_code="CARD"),
        tell(QueueJoined, TEN + 3 * MINUTE, ticket_id=ticket, service_point_type="cashier", visit_id=V1),
        moved(1, 2, TEN + 10 * MINUTE),
    ]
    for order in (told, told[::-1]):
        assert "patient.checked_in" in in_visit(order, V2)
        visits = {row.scope_id for row in fold_in_memory(order, HOUSE) if row.stage == "visit_counted"}
        assert V1 not in visits
        (row,) = rows(order, "ticket_open")
        assert row.dims[2] == "CARD"  # the ticket hears of the surviving visit


def test_visits_joined_in_a_circle_lose_the_link_that_closes_it() -> None:
    told = [registered(V1), registered(V2), moved(1, 2, TEN), moved(2, 1, TEN + MINUTE)]
    assert fold_in_memory(told, HOUSE) == fold_in_memory(told[::-1], HOUSE)
    assert in_visit(told, V2) == {"registration.created"}


def test_what_has_no_visit_is_known_as_such_until_one_turns_up() -> None:
    ticket = name("ticket", 9)
    lost = tell(QueueServed, TEN, ticket_id=ticket, service_point_type="cashier", ref_ids=(name("bill", 9),))
    shard = shard_of([lost], HOUSE)
    assert shard.unlinked == {ticket: TEN}
    shard.count_orphans(TEN)
    assert shard.orphans == {}  # within a day it may still turn up
    shard.count_orphans(TEN + 1)
    (record,) = Publisher(0, {}, {}).flush(shard, CellBook(), 1)[-1:]
    latest = Latest(1)
    latest.apply((record.key or b"").decode(), record.value)
    assert latest.orphans == {f"{lost.source_system}|ticket": 1}
    bill = tell(BillCreated, TEN, bill_id=name("bill", 9), visit_id=V1, item_class="lab", amount="1")
    assert shard_of([lost, bill], HOUSE).unlinked == {}
    assert shard_of([bill, lost], HOUSE).unlinked == {}


class Asked(MemoryStore):
    """A store that counts how often it is asked."""

    times = 0

    def get(self, name: str) -> bytes | None:
        self.times += 1
        return super().get(name)


def test_orphans_are_read_from_the_disk_once_and_again_when_more_is_told_of_them() -> None:
    store = Asked()
    shard = Shard(HOUSE, store, NoBook(), room=0)
    shard.meta.complete = True

    def take(source: str, times: int) -> None:
        for n in range(times):
            missed = tell(QueueMissed, TEN + n * MINUTE, source=source, ticket_id=name("ticket", 9))
            for topic, value in memory.told(missed):
                shard.take(topic, [value])
        shard.settle()
        shard.store_changes()

    take("QUEUE", 1)
    for _ in range(3):
        shard.count_orphans(TEN + 1)
    assert (shard.orphans, store.times) == ({"QUEUE|ticket": 1}, 1)
    take("HIS", 2)
    shard.count_orphans(TEN + 1)
    assert shard.orphans == {"HIS|ticket": 1}


def test_a_ticket_told_with_two_kinds_of_service_is_closed_by_the_same_act_in_any_order() -> None:
    bill, ticket = name("bill", 1), name("ticket", 1)
    told = [
        tell(QueueRequeued, TEN, ticket_id=ticket, service_point_type="clinic", ref_ids=(bill,), reason="transfer"),
        tell(QueueCalled, TEN + MINUTE, ticket_id=ticket, service_point_type="pharmacy", call_seq=1),
        tell(BillCreated, TEN + 2 * MINUTE, bill_id=bill, visit_id=V1, item_class="lab", amount="1"),
        tell(ConsultationStarted, TEN + 9 * MINUTE, visit_id=V1, consultation_seq=1),
    ]
    for order in permutations(told):
        (row,) = rows(list(order), "ticket_open")
        assert (row.ended_at, row.flags) == (TEN + 9 * MINUTE, ("served_imputed",))


DAY = [*morning(8, seed=5), moved(1, 2, MORNING + 300 * MINUTE), moved(5, 4, MORNING + 310 * MINUTE)]
FOLDED = fold_in_memory(DAY, HOUSE)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 1 << 32))
def test_any_order_and_any_repetition_give_the_same_rows(seed: int) -> None:
    dice = random.Random(seed)
    told = [*DAY, *dice.choices(DAY, k=dice.randrange(200))]
    dice.shuffle(told)
    assert fold_in_memory(told, HOUSE) == FOLDED
