"""Visits that turn out to be others, as shards come to know of it piece by piece: in any order the same story."""

from __future__ import annotations

from itertools import permutations

import pytest

from ingest.events.envelope import Event
from streams.memory import NoBook, fold_in_memory, told
from streams.shard import Shard
from streams.stages.stage import StageRow
from streams.state import MemoryStore
from tests.shards import HOUSE, run
from tests.timeline import timeline

STORIES = {
    "in a circle: the later word is left out": """
        08:00  V1  registration.created  visit_class=outpatient dept_code=CARD
        08:05  V1  patient.checked_in    point=clinic dept_code=CARD
        08:40  V1  consultation.started  consultation_seq=1 doctor_id=DR1 dept_code=CARD
        08:50  V1  consultation.ended    consultation_seq=1 outcome=done
        08:30  V2  bill.created          bill_id=B1 item_class=lab amount=10 dept_code=DERM
        08:45  V2  bill.paid             bill_id=B1 payment_id=P1 amount=10 full_settlement=true
        10:00  V1  visit.moved           prior_visit_id=V2
        11:00  V2  visit.moved           prior_visit_id=V1
    """,
    "to one, and then to another": """
        08:00  V5  registration.created  visit_class=outpatient dept_code=RESP age_band=14-59
        08:34  V5  bill.paid             bill_id=B5 payment_id=P5 amount=85.5 terminal_type=mobile full_settlement=true
        08:20  V0  queue.called          ticket_id=T0 service_point_type=cashier window_id=W1
        09:08  V7  consultation.started  consultation_seq=1 doctor_id=DR2 dept_code=CARD
        08:26  V0  visit.moved           prior_visit_id=V5
        13:29  V7  visit.moved           prior_visit_id=V5
    """,
    "an order that names two visits, the first of them last": """
        11:01:30  V8  exam.started          order_id=O1 modality=US device_id=DEV1
        11:00     V9  report.issued         order_id=O1 report_id=R1 status=final category=ultrasound
        10:59     V9  registration.created  visit_class=outpatient dept_code=ED
    """,
    "a fact that is corrected from the joined visit into the surviving one": """
        08:00  V1  registration.created  visit_class=outpatient dept_code=CARD
        08:05  V2  registration.created  visit_class=outpatient dept_code=CARD
        08:30  V2  bill.paid             bill_id=B1 payment_id=P1 amount=10 full_settlement=true sent=08:31
        08:30  V1  bill.paid             bill_id=B1 payment_id=P1 amount=12 full_settlement=true sent=09:31
        08:40  V1  consultation.started  consultation_seq=1 doctor_id=DR1 dept_code=CARD
        09:00  V1  visit.moved           prior_visit_id=V2
    """,
}
FEW = {
    "an order of the joined visit that tells it nothing, and asks what it must know of the surviving one": """
        08:00  V1  registration.created         visit_class=outpatient dept_code=CARD
        08:30  V2  bill.paid                    bill_id=B1 payment_id=P1 amount=10 full_settlement=true
        08:40  V2  critical_value.acknowledged  order_id=O1 critical_id=C1 staff_id=S1
        09:00  V1  visit.moved                  prior_visit_id=V2
    """,
    "a fact that once named the wrong visit, and then none": """
        08:00  V1  registration.created     visit_class=outpatient dept_code=CARD
        08:10  V1  prescription.submitted   prescription_id=X1
        08:30  V2  dispensing.prepared      prescription_id=X1 pharmacy_id=PHA sent=08:31
        08:35  -   dispensing.prepared      prescription_id=X1 pharmacy_id=PHA sent=09:31
    """,
}


@pytest.mark.parametrize("text", [*STORIES.values(), *FEW.values()], ids=[*STORIES, *FEW])
def test_in_any_order_the_same_story(text: str) -> None:
    events = timeline(text)
    wanted = fold_in_memory(events, HOUSE)
    for order in range(40):
        assert run(events, order, disasters=order % 3 == 0, most=2) == wanted, order


@pytest.mark.parametrize("text", FEW.values(), ids=FEW)
def test_in_every_order_when_each_is_worked_out_before_the_next_is_told(text: str) -> None:
    events = timeline(text)
    wanted = fold_in_memory(events, HOUSE)
    for order in permutations(events):
        assert one_by_one(order) == wanted, [type(event).__name__ for event in order]


def one_by_one(events: tuple[Event, ...]) -> list[StageRow]:
    shard = Shard(HOUSE, MemoryStore(), NoBook())
    shard.meta.complete = True
    for event in events:
        for topic, value in told(event):
            shard.take(topic, [value])
        while says := shard.settle():
            for say in says:
                shard.take(say.topic, [say.value])
    return sorted(shard.rows(), key=lambda row: (row.stage, row.scope_id, row.part, row.series))
