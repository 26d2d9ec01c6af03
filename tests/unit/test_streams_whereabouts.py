"""Where the time of a visit goes, one short timeline each; and that it always adds up, whatever is told in what order.

A part is said in minutes. The rules: streams/parts.py.
"""

from __future__ import annotations

import random

import pytest

from ingest.events.envelope import Event
from ingest.journey import Placement
from streams.fold import ScopeState, observe, refold, rows_of
from streams.house import HouseRules
from streams.memory import fold_in_memory
from streams.stages.stage import StageRow
from tests import worked_example
from tests.marts.random_passage import passage
from tests.marts.said import said
from tests.timeline import retold, timeline

HOUSE = HouseRules(facility_id="H001", source_priority=("HIS^DEMO", "QUEUE^DEMO", "LIS^DEMO"))
REGISTERED = "07:00  V1  registration.created  visit_class=outpatient dept_code=CARD planned_date=2025-03-03"
SEEN = f"""
    {REGISTERED}
    08:30  V1  patient.checked_in    point=clinic
    09:00  V1  consultation.started  consultation_seq=1
    09:10  V1  consultation.ended    consultation_seq=1
"""


def split(text: str | list[Event]) -> dict[str, float]:
    """The parts of the visit that took its time, in minutes."""
    events = timeline(text) if isinstance(text, str) else text
    rows = fold_in_memory(events, HOUSE)
    [row] = [row for row in rows if row.stage == "visit_time" and not row.series and row.scope_id == "V1"]
    [whole] = [row for row in rows if row.stage == "visit_los" and row.scope_id == "V1"]
    assert (row.millis, row.day, row.dims[0]) == (whole.millis, whole.day, whole.dims[0])
    return {part: millis / 60_000 for part, millis in parts_of(row).items()}


def parts_of(row: StageRow) -> dict[str, int]:
    return {part: int(millis) for part, _, millis in (told.partition("=") for told in row.dims[1].split(";"))}


def now(text: str) -> list[str]:
    rows = fold_in_memory(timeline(text), HOUSE)
    return [said(row).partition(": ")[2] for row in rows if row.stage == "visit_time" and row.series == "now"]


def test_the_worked_example_to_the_minute() -> None:
    assert split(worked_example.events()) == {
        "early": 20, "consult": 22, "lab_report": 57, "pharmacy": 12, "payment": 4.5, "service": 13.5, "patient": 5,
        "walking": 16,
    }  # fmt: skip


def test_who_comes_early_waits_for_nobody_until_the_booked_time() -> None:
    booked = """
        08:00  -   appointment.booked    day=2025-03-01 appointment_id=A1 slot_start=2025-03-03T09:00
        07:00  V1  registration.created  visit_class=outpatient appointment_id=A1 planned_date=2025-03-03
        08:30  V1  patient.checked_in    point=clinic
    """
    after = "09:20  V1  consultation.started\n 09:30  V1  consultation.ended"
    assert split(f"{booked}\n {after}") == {"early": 30, "consult": 20, "service": 10}
    before = "08:45  V1  consultation.started\n 08:50  V1  consultation.ended"
    assert split(f"{booked}\n {before}") == {"early": 15, "service": 5}
    moved = "12:00  V1  appointment.rescheduled  day=2025-03-02 appointment_id=A1 new_slot_start=2025-03-03T08:00"
    assert split(f"{booked}\n {moved}\n {after}") == {"consult": 50, "service": 10}


def test_a_missed_call_is_the_patients_time_until_recalled_requeued_or_busy_elsewhere() -> None:
    ticket = "ticket_id=T1 service_point_type=clinic"
    for back, patient in (
        (f"queue.recalled {ticket}", 5),
        (f"queue.requeued {ticket}", 5),
        ("bill.paid bill_id=B9", 5),
        (f"queue.called {ticket}", 10),  # called again and not yet there
    ):
        told = f"""
            {REGISTERED}
            08:30  V1  patient.checked_in    point=clinic
            08:30  V1  queue.joined          {ticket}
            08:50  V1  queue.missed          {ticket}
            08:55  V1  {back}
            09:00  V1  consultation.started
            09:10  V1  consultation.ended
        """
        assert split(told) == {"consult": 30 - patient, "patient": patient, "service": 10}, back


def test_blood_and_a_scan_at_once_count_once_and_a_queue_before_what_is_under_way_elsewhere() -> None:
    told = f"""
        {SEEN}
        09:15  V1  specimen.collected    order_id=O1 specimen_id=S1
        09:20  -   queue.joined          ticket_id=T1 service_point_type=imaging ref_ids=O2
        09:10  V1  order.placed          order_id=O2 category=imaging
        09:40  V1  exam.started          order_id=O2 modality=CT
        10:00  V1  report.issued         order_id=O1 report_id=R1 status=final version=1
        10:20  V1  report.issued         order_id=O2 report_id=R2 status=final version=1
        10:30  V1  queue.requeued        ticket_id=T2 service_point_type=clinic
        10:40  V1  consultation.started  consultation_seq=2
        10:45  V1  consultation.ended    consultation_seq=2
    """
    assert split(told) == {
        "consult": 40, "exam_wait": 20, "exam_report": 40, "lab_report": 5, "service": 15, "walking": 15,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("back", "parts"),
    [
        # ten minutes for the way, the rest is the patient's
        (
            "10:40  V1  queue.requeued  ticket_id=T1 service_point_type=clinic",
            {"consult": 20, "walking": 10, "patient": 20},
        ),
        ("10:15  V1  patient.checked_in  point=clinic order_id=O7", {"consult": 45, "walking": 5}),
        (
            "10:50  V1  queue.joined  ticket_id=T3 service_point_type=clinic",
            {"consult": 10, "walking": 10, "patient": 30},
        ),
        ("", {"consult": 50}),  # nobody says when: it waits from the report on
    ],
    ids=("requeued", "checked in again", "a new ticket", "untold"),
)  # fmt: skip
def test_who_comes_back_late_with_results_is_late(back: str, parts: dict[str, float]) -> None:
    told = f"""
        {SEEN}
        09:10  V1  specimen.collected    order_id=O1 specimen_id=S1
        10:10  V1  report.issued         order_id=O1 report_id=R1 status=final version=1
        {back}
        11:00  V1  consultation.started  consultation_seq=2
        11:05  V1  consultation.ended    consultation_seq=2
    """
    first = {"lab_report": 60, "service": 15}
    assert split(told) == first | parts | {"consult": 30 + parts["consult"]}


def test_windows_payment_and_drugs() -> None:
    told = f"""
        {SEEN}
        09:10  V1  bill.created          bill_id=B1 item_class=drug amount=9
        09:14  V1  queue.joined          ticket_id=T1 service_point_type=cashier
        09:20  V1  queue.served          ticket_id=T1 service_point_type=cashier serve_seq=1
        09:21  V1  bill.paid             bill_id=B1 payment_id=P1 amount=9 full_settlement=true
        09:31  V1  queue.joined          ticket_id=T2 service_point_type=pharmacy
        09:40  V1  queue.served          ticket_id=T2 service_point_type=pharmacy serve_seq=1
        09:42  V1  dispensing.dispensed  prescription_id=X1
        09:50  V1  queue.joined          ticket_id=T3 service_point_type=service_desk
        09:53  V1  queue.left            ticket_id=T3 service_point_type=service_desk
        09:55  V1  bill.created          bill_id=B2 item_class=lab amount=9
        09:56  V1  bill.paid             bill_id=B2 payment_id=P2 amount=9 full_settlement=true
    """
    assert split(told) == {
        "consult": 30, "service": 13, "payment": 11, "pharmacy": 19, "desk": 3, "walking": 10,
    }  # fmt: skip


def test_a_night_belongs_to_the_day_on_which_it_began() -> None:
    told = f"""
        {REGISTERED}
        23:50  V1  patient.checked_in    point=clinic
        24:10  V1  consultation.started
        24:20  V1  consultation.ended
        26:30  V1  bill.paid             bill_id=B1   # too late to be part of the day
    """
    assert split(told) == {"consult": 20, "service": 10}


def test_an_open_visit_says_what_it_is_in_and_since_when() -> None:
    arrived = f"{REGISTERED}\n 08:30  V1  patient.checked_in point=clinic"
    assert now(arrived) == ["08:30→open until 19:30 {CARD consult}"]
    assert now(f"{arrived}\n 08:40  V1  registration.refunded amount=9") == []
    assert now(f"{arrived}\n 09:00  V1  consultation.started") == ["09:00→open until 19:30 {CARD service}"]
    assert now(SEEN) == []  # nothing more is known to go on
    taken = f"{SEEN}\n 09:20  V1  specimen.collected order_id=O1 specimen_id=S1"
    assert now(f"{taken}\n 09:25  V1  specimen.collected order_id=O2 specimen_id=S2") == [
        "09:20→open until 19:30 {CARD lab_report}"
    ]
    early = """
        08:00  -   appointment.booked    day=2025-03-01 appointment_id=A1 slot_start=2025-03-03T09:00
        07:00  V1  registration.created  visit_class=outpatient dept_code=CARD appointment_id=A1 planned_date=2025-03-03
        08:30  V1  patient.checked_in    point=clinic
    """
    assert now(early) == ["09:00→open until 19:30 {CARD consult}"]


def test_nothing_is_split_that_was_no_visit_or_whose_length_does_not_count() -> None:
    for gone in ("09:20  V1  visit.cancelled", "09:20  V1  ed.arrived arrival_mode=foot"):
        assert [row for row in fold_in_memory(timeline(f"{SEEN}\n {gone}"), HOUSE) if row.stage == "visit_time"] == []
    long = f"{SEEN}\n 20:40  V1  bill.paid bill_id=B1"
    assert [row.series for row in fold_in_memory(timeline(long), HOUSE) if row.stage == "visit_time"] == []


@pytest.mark.parametrize("seeds", [range(n, n + 40) for n in range(0, 160, 40)], ids=lambda seeds: f"from {seeds[0]}")
def test_the_parts_always_add_up_and_no_order_changes_them(seeds: range) -> None:
    """Shuffled, repeated, corrected and retracted; folded one telling at a time, and all at once."""
    summed = 0
    for seed in seeds:
        events = passage(seed)
        rows = _rows(events)
        for row in rows:
            if not row.series:
                summed += 1
                assert sum(parts_of(row).values()) == row.millis
        dice = random.Random(seed)
        again = [*events, *dice.choices(events, k=5)]
        dice.shuffle(again)
        assert _rows(again) == rows
        corrected = [
            retold(event, 900_000, occurred_at=event.occurred_at + 60_000) for event in dice.choices(events, k=2)
        ]
        assert _rows([*corrected, *events]) == _rows([*events, *corrected])
    assert summed > 5


def _rows(events: list[Event]) -> list[StageRow]:
    """Of the visit alone, refolded after every telling; the same as worked out from nothing."""
    state = ScopeState("visit", "V")
    for event in events:
        if observe(state, Placement(visit_id="V", event=event)):
            refold(state, HOUSE)
    assert state.rows == rows_of(state, HOUSE) == rows_of(ScopeState("visit", "V", state.tellings), HOUSE)
    lengths = {row.day: row.millis for row in state.rows if row.stage == "visit_los" and not row.excluded}
    found = [row for row in state.rows if row.stage == "visit_time"]
    assert [row.millis for row in found if not row.series] == [n for n in lengths.values() if n]
    return found
