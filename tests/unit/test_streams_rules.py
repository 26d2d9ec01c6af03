"""The readings of the specification's section 3.0, one short timeline each."""

from __future__ import annotations

import pytest

from streams.house import HouseRules
from streams.memory import fold_in_memory
from streams.stages.stage import StageRow
from tests.timeline import at, timeline

HOUSE = HouseRules(
    facility_id="H001", session_ends={"ED": 1440}, source_priority=("HIS^DEMO", "QUEUE^DEMO"), ceilings_s={}
)


def rows(stage: str, text: str, house: HouseRules = HOUSE) -> list[StageRow]:
    return [row for row in fold_in_memory(timeline(text), house) if row.stage == stage]


def one(stage: str, text: str, house: HouseRules = HOUSE) -> StageRow:
    (row,) = rows(stage, text, house)
    return row


def minutes(row: StageRow) -> float | None:
    return None if row.millis is None else row.millis / 60_000


CARD = "08:00 V1 registration.created visit_class=outpatient dept_code=CARD planned_date=2025-03-03"


# Guards (7), (8)


@pytest.mark.parametrize(
    ("seen", "millis", "excluded", "flags"),
    [
        ("08:59", 0, "", ("skew_adjusted",)),
        ("08:58", 0, "", ("skew_adjusted",)),  # two minutes, inclusive
        ("08:57:59", -121_000, "negative", ()),
        ("21:00", 12 * 3_600_000, "", ()),  # the ceiling itself counts
        ("21:00:01", 12 * 3_600_000 + 1_000, "ceiling", ()),
    ],
)
def test_clocks_differ_and_waits_end(seen: str, millis: int, excluded: str, flags: tuple[str, ...]) -> None:
    row = one(
        "consult_wait",
        f"""
        {CARD}
        09:00   V1  patient.checked_in    point=clinic
        {seen}  V1  consultation.started  consultation_seq=1
    """,
    )
    assert (row.millis, row.excluded, row.flags) == (millis, excluded, flags)


def test_a_time_of_day_precision_ends_nothing() -> None:
    row = one(
        "consult_wait",
        f"""
        {CARD}
        09:00  V1  patient.checked_in    point=clinic
        00:00  V1  consultation.started  consultation_seq=1 precision=day
    """,
    )
    assert (row.excluded, row.ended_at) == ("missing_end", None)


# Which day (1), which class (4)


def test_a_visit_that_crosses_midnight_belongs_to_the_day_of_its_check_in() -> None:
    row = one(
        "consult_wait",
        f"""
        {CARD}
        23:50  V1  patient.checked_in    point=clinic
        24:20  V1  consultation.started  consultation_seq=1
    """,
    )
    assert (row.day, row.at) == ("2025-03-03", at("24:20"))


def test_a_ticket_belongs_to_the_local_day_of_its_end() -> None:
    row = one(
        "window_wait",
        """
        23:50  -  queue.joined  ticket_id=T1 service_point_type=pharmacy
        24:20  -  queue.served  ticket_id=T1 service_point_type=pharmacy
    """,
    )
    assert row.day == "2025-03-04"


@pytest.mark.parametrize(
    ("said", "counted"),
    [
        ("09:00 V1 patient.checked_in point=clinic", [("?", "outpatient")]),
        ("09:00 V1 patient.checked_in point=exam order_id=O1", []),
        ("09:00 V1 ed.arrived arrival_mode=foot", [("?", "emergency")]),
        ("09:00 V1 inpatient.discharged ward=W1", [("W1", "inpatient")]),
        ("09:00 V1 registration.created visit_class=health_check", []),
    ],
)
def test_a_visit_without_a_registration_is_classed_by_what_happened(said: str, counted: list[tuple[str, str]]) -> None:
    assert [row.dims for row in rows("visit_counted", f"{said}\n09:30 V1 consultation.started")] == counted


@pytest.mark.parametrize(
    "end", ["10:00 V1 visit.cancelled", f"{CARD} op=retract sent=10:00", f"{CARD} op=retract sent=10:00 patient=P1"]
)
def test_a_cancelled_or_retracted_visit_leaves_every_visit_measure(end: str) -> None:
    told = fold_in_memory(
        timeline(f"""
        {CARD}
        09:00  V1  patient.checked_in    point=clinic
        09:30  V1  consultation.started  consultation_seq=1
        {end}
    """),
        HOUSE,
    )
    assert told == []


# Tickets (12)


def test_a_ticket_open_at_the_end_of_its_session_is_open_two_hours_more() -> None:
    row = one("ticket_open", "09:00 - queue.joined ticket_id=T1 service_point_type=cashier dept_code=CARD")
    assert (row.started_at, row.ended_at, row.open_until) == (at("09:00"), None, at("19:30"))
    night = one("ticket_open", "20:00 - queue.joined ticket_id=T1 service_point_type=cashier dept_code=CARD")
    assert night.open_until == at("26:00")  # after the session: the end of the day
    emergency = one("ticket_open", "20:00 - queue.joined ticket_id=T1 service_point_type=cashier dept_code=ED")
    assert emergency.open_until == at("26:00")


def test_who_is_queued_again_waits_since_then() -> None:
    missed = """
        09:00  -  queue.joined    ticket_id=T1 service_point_type=cashier
        09:10  -  queue.called    ticket_id=T1 service_point_type=cashier call_seq=1
        09:12  -  queue.missed    ticket_id=T1 service_point_type=cashier call_seq=1
        09:20  -  queue.requeued  ticket_id=T1 service_point_type=cashier call_log_id=1 reason=missed_return
    """
    assert one("ticket_open", missed).started_at == at("09:20")
    served = f"{missed}\n09:30 - queue.served ticket_id=T1 service_point_type=cashier serve_seq=1"
    assert one("ticket_open", served).ended_at == at("09:30")
    assert minutes(one("window_wait", served)) == 30
    back = f"{served}\n09:50 - queue.requeued ticket_id=T1 call_log_id=2"
    again = one("ticket_open", back)
    assert (again.started_at, again.ended_at) == (at("09:50"), None)


def test_joining_never_reopens_a_ticket_whose_clocks_differ() -> None:
    row = one(
        "ticket_open",
        """
        09:00:00  -  queue.served  ticket_id=T1 service_point_type=cashier serve_seq=1
        09:00:30  -  queue.joined  ticket_id=T1 service_point_type=cashier
    """,
    )
    assert row.ended_at == at("09:00")


@pytest.mark.parametrize(
    ("point", "act"),
    [
        ("registration", "registration.created"),
        ("cashier", "bill.paid bill_id=B1 payment_id=P1 terminal_type=window"),
        ("pharmacy", "dispensing.dispensed prescription_id=RX1 dispense_seq=1"),
        ("phlebotomy", "specimen.collected order_id=O1 specimen_id=S1"),
        ("ultrasound", "exam.started order_id=O1"),
        ("imaging", "exam.started order_id=O1"),
    ],
)
def test_a_ticket_nobody_marks_as_served_is_closed_by_its_act(point: str, act: str) -> None:
    text = f"""
        09:00  V1  queue.joined  ticket_id=T1 service_point_type={point}
        08:59  V1  patient.checked_in point=clinic
        09:12  V1  {act}
    """
    wait, state = one("window_wait", text), one("ticket_open", text)
    assert (wait.excluded, minutes(wait), wait.flags) == ("served_imputed", 12, ("served_imputed",))
    assert (state.ended_at, state.flags) == (at("09:12"), ("served_imputed",))


def test_an_act_before_joining_or_of_another_kind_closes_nothing() -> None:
    text = """
        09:00  V1  queue.joined  ticket_id=T1 service_point_type=cashier
        08:50  V1  bill.paid     bill_id=B1 payment_id=P1 terminal_type=window
        09:10  V1  bill.paid     bill_id=B2 payment_id=P2 terminal_type=mobile
        09:20  V1  dispensing.dispensed prescription_id=RX1 dispense_seq=1
    """
    assert one("ticket_open", text).ended_at is None


@pytest.mark.parametrize(("left", "reason"), [("09:00:05", "voided"), ("09:00:06", "left")])
def test_a_ticket_that_left(left: str, reason: str) -> None:
    text = f"""
        09:00   -  queue.joined  ticket_id=T1 service_point_type=cashier
        {left}  -  queue.left    ticket_id=T1 service_point_type=cashier basis=source
    """
    assert one("window_wait", text).excluded == reason
    assert one("ticket_open", text).ended_at == at(left)


def test_service_that_the_system_closed_is_nobodys_handling_time() -> None:
    row = one(
        "window_service",
        """
        09:00  -  queue.served     ticket_id=T1 service_point_type=cashier serve_seq=1 window_id=W1 staff_id=S1
        17:30  -  queue.completed  ticket_id=T1 service_point_type=cashier serve_seq=1 closed_by=auto
    """,
    )
    assert (row.excluded, row.dims) == ("auto_close", ("cashier", "?", "W1", "?", "S1"))


# Consultation and visit (13)–(16)


def test_the_second_consultation_waits_from_the_last_requeue_else_from_the_report() -> None:
    first = f"""
        {CARD}
        08:30  V1  patient.checked_in    point=clinic
        09:00  V1  consultation.started  consultation_seq=1
        09:30  V1  report.issued         order_id=O1 report_id=R1 status=preliminary version=1
        10:00  V1  report.issued         order_id=O1 report_id=R1 status=final version=2
        10:20  V1  consultation.started  consultation_seq=2
    """
    (again,) = [row for row in rows("consult_wait", first) if row.series]
    assert (again.series, again.part, minutes(again)) == ("seq≥2", "2", 20)
    requeued = f"""{first}
        10:05  V1  queue.requeued  ticket_id=T1 service_point_type=clinic call_log_id=1 reason=return_with_results"""
    (again,) = [row for row in rows("consult_wait", requeued) if row.series]
    assert minutes(again) == 15


def test_the_second_consultation_of_unknown_cause_has_no_start() -> None:
    text = f"""
        {CARD}
        08:30  V1  patient.checked_in    point=clinic
        08:50  V1  queue.requeued        ticket_id=T1 service_point_type=clinic call_log_id=1 reason=missed_return
        09:00  V1  consultation.started  consultation_seq=1
        10:20  V1  consultation.started  consultation_seq=2
    """
    (again,) = [row for row in rows("consult_wait", text) if row.series]
    assert again.excluded == "missing_start"  # the requeue was before the first consultation


@pytest.mark.parametrize(
    ("arrived", "seen", "length", "excluded"),
    [
        ("08:40", "09:14", 14, ""),
        ("08:40", "08:55", 0, ""),  # seen before the booked time
        ("09:10", "09:14", 4, ""),
        ("09:10", "09:09", 0, ""),  # a difference of clocks
        ("09:10", "09:00", -10, "negative"),  # before the check-in
        ("08:40", "08:30", -10, "negative"),
    ],
)
def test_the_official_wait(arrived: str, seen: str, length: float, excluded: str) -> None:
    row = one(
        "appt_wait",
        f"""
        12:00      -   appointment.booked    day=2025-03-01 appointment_id=A1 slot_start=2025-03-03T09:00 channel=app
        {CARD} appointment_id=A1
        {arrived}  V1  patient.checked_in    point=clinic
        {seen}     V1  consultation.started  consultation_seq=1
    """,
    )
    assert (minutes(row), row.excluded, row.dims[2:]) == (length, excluded, ("app", "09"))


def test_the_last_rescheduling_moves_the_slot() -> None:
    row = one(
        "appt_wait",
        f"""
        12:00  -   appointment.booked       day=2025-03-01 appointment_id=A1 slot_start=2025-03-03T09:00
        13:00  -   appointment.rescheduled  day=2025-03-01 appointment_id=A1 new_slot_start=2025-03-03T10:00
        14:00  -   appointment.rescheduled  day=2025-03-01 appointment_id=A1 new_slot_start=2025-03-03T09:30
        {CARD} appointment_id=A1
        09:00  V1  patient.checked_in       point=clinic
        09:45  V1  consultation.started     consultation_seq=1
    """,
    )
    assert minutes(row) == 15


def test_a_consultation_of_more_than_two_hours_counts_as_two() -> None:
    row = one(
        "consult_duration",
        f"""
        {CARD}
        09:00  V1  patient.checked_in    point=clinic
        09:00  V1  consultation.started  consultation_seq=1
        11:01  V1  consultation.ended    consultation_seq=1
    """,
    )
    assert (minutes(row), row.flags, row.excluded) == (120, ("capped",), "")


def test_unnumbered_consultations_pair_in_order_of_time() -> None:
    found = rows(
        "consult_duration",
        f"""
        {CARD}
        08:50  V1  patient.checked_in    point=clinic
        09:00  V1  consultation.started
        10:00  V1  consultation.started
        10:07  V1  consultation.ended
    """,
    )
    assert [(row.part, minutes(row), row.open_until) for row in found] == [("1", None, at("19:30")), ("2", 7, None)]


def test_the_whole_visit_ends_with_money_or_medicine_never_with_a_report() -> None:
    row = one(
        "visit_los",
        f"""
        {CARD}
        08:30  V1  patient.checked_in      point=clinic
        08:35  V1  bill.paid               bill_id=B0 payment_id=P0
        09:00  V1  consultation.started    consultation_seq=1
        09:05  V1  order.placed            order_id=O1 category=lab
        09:06  V1  prescription.submitted  prescription_id=RX1
        09:10  V1  consultation.ended      consultation_seq=1 outcome=ordered_tests
        09:20  V1  bill.paid               bill_id=B1 payment_id=P1
        15:00  V1  report.issued           order_id=O1 report_id=R1 status=final version=1
        26:00  V1  bill.paid               bill_id=B2 payment_id=P2
    """,
    )
    assert (minutes(row), row.at, row.dims) == (50, at("08:30"), ("CARD", "consult+lab+drug", "?"))


def test_a_visit_turned_into_an_admission_is_no_outpatient_visit() -> None:
    row = one(
        "visit_los",
        f"""
        {CARD}
        08:30  V1  patient.checked_in    point=clinic
        09:00  V1  consultation.started  consultation_seq=1
        09:10  V1  consultation.ended    consultation_seq=1 outcome=admitted
    """,
    )
    assert row.excluded == "converted"


# Orders (23)


def test_a_row_a_specimen_and_a_row_an_order() -> None:
    text = """
        08:00  V1  order.placed        order_id=O1 category=lab item_code=CBC priority=stat
        08:10  V1  specimen.collected  order_id=O1 specimen_id=S1
        08:12  V1  specimen.collected  order_id=O1 specimen_id=S2
        08:20  V1  specimen.received   order_id=O1 specimen_id=S1 rejected=true
        08:30  V1  specimen.received   order_id=O1 specimen_id=S2 rejected=false
        09:00  V1  report.issued       order_id=O1 report_id=R1 status=preliminary version=1
        09:30  V1  report.issued       order_id=O1 report_id=R1 status=final version=2
        10:30  V1  report.issued       order_id=O1 report_id=R1 status=corrected version=3
    """
    found = [(row.part, row.excluded, minutes(row)) for row in rows("lab_preanalytic", text)]
    assert found == [("S1", "rejected", None), ("S2", "", 18)]
    intra = one("lab_intra", text)
    assert (minutes(intra), intra.dims) == (60, ("CBC", "stat", "?"))


def test_an_order_cancelled_before_its_report() -> None:
    row = one(
        "exam_report",
        """
        08:00  V1  order.placed     order_id=O1 category=imaging modality=CT
        08:10  V1  exam.started     order_id=O1 device_id=CT1
        08:30  V1  order.cancelled  order_id=O1
    """,
    )
    assert (row.excluded, row.dims[:2]) == ("cancelled", ("CT", "CT1"))


# Money (24)


def test_bills_that_are_no_wait_at_the_cashier() -> None:
    text = """
        09:00  V1  bill.created  bill_id=B1 amount=0 item_class=lab
        09:00  V1  bill.created  bill_id=B2 amount=10 item_class=lab
        08:00  V1  bill.paid     day=2025-03-04 bill_id=B2 payment_id=P2 amount=10 full_settlement=true
        09:00  V1  bill.created  bill_id=B3 amount=10 item_class=lab
        09:30  V1  bill.paid     bill_id=B3 payment_id=P3 amount=4 full_settlement=false
        09:40  V1  bill.paid     bill_id=B3 payment_id=P4 amount=6 full_settlement=true parts=wechat:2+cash:4
        09:00  V1  bill.created  bill_id=B4 amount=10 item_class=lab
        09:00  V1  bill.created  bill_id=B5 amount=10 item_class=lab
        09:20  V1  bill.paid     bill_id=B5 payment_id=P5 amount=10
    """
    found = {row.scope_id: row for row in rows("bill_to_pay", text)}
    assert [found[b].excluded for b in ("B1", "B2", "B3", "B4")] == ["zero", "later_day", "", ""]
    assert (found["B5"].excluded, found["B5"].millis) == ("missing_full_settlement", None)
    assert (minutes(found["B3"]), found["B3"].dims) == (40, ("cash", "?", "lab"))
    assert found["B4"].open_until == at("26:00")


def test_one_payment_of_two_bills_is_distinct_by_its_id() -> None:
    text = """
        09:00  V1  bill.paid  bill_id=B1 payment_id=P1 amount=10 terminal_type=mobile
        09:00  V1  bill.paid  bill_id=B2 payment_id=P1 amount=2.50 terminal_type=mobile
    """
    assert [(row.distinct, row.num, row.amount) for row in rows("payment", text)] == [
        ("P1", True, "10"),
        ("P1", True, "2.5"),
    ]


@pytest.mark.parametrize(("refunded", "excluded"), [("09:05", "voided"), ("09:05:01", "")])
def test_a_refund_within_five_minutes_is_a_correction(refunded: str, excluded: str) -> None:
    row = one(
        "refund",
        f"""
        09:00       V1  bill.paid              bill_id=B1 payment_id=P1 amount=10
        09:01       V1  bill.refund_requested  bill_id=B1 refund_id=R1 reason_code=WRONG
        {refunded}  V1  bill.refunded          bill_id=B1 payment_id=P1 refund_id=R1 amount=4
    """,
    )
    assert (row.excluded, row.num, row.amount, row.amount_num, row.dims[2]) == (excluded, True, "10", "4", "WRONG")
    assert row.at == at("09:00")


def test_the_bill_of_a_refunded_registration_is_not_counted_twice() -> None:
    text = f"""
        {CARD} fee_amount=20
        08:00  V1  bill.created           bill_id=B1 item_class=registration amount=20
        08:01  V1  bill.paid              bill_id=B1 payment_id=P1 amount=20
        09:00  V1  bill.refunded          bill_id=B1 payment_id=P1 refund_id=R1 amount=20
        09:00  V1  registration.refunded  amount=20
    """
    assert one("refund", text).num is False
    registration = one("refund_registration", text)
    assert (registration.num, registration.amount, registration.amount_num) == (True, "20", "20")


# Pharmacy (25)


PAID = """
    09:00  V1  prescription.submitted  prescription_id=RX1 dept_code=CARD rx_type=western
    09:01  V1  bill.created            bill_id=B1 item_class=drug amount=5 ref_ids=RX1
    09:05  V1  bill.paid               bill_id=B1 payment_id=P1 amount=5 full_settlement=true
"""


def test_a_prescription_without_a_ticket_waits_from_its_payment() -> None:
    row = one("pharm_pickup", f"{PAID}\n09:20 V1 dispensing.dispensed prescription_id=RX1 dispense_seq=1 window_id=W1")
    assert (row.series, row.flags, row.part, minutes(row)) == ("no_ticket", ("no_ticket",), "RX1", 15)


def test_a_bill_that_names_no_prescription_is_the_first_drug_bill_after_it() -> None:
    unnamed = PAID.replace("ref_ids=RX1", "")
    assert minutes(one("pharm_prep", f"{unnamed}\n09:12 V1 dispensing.prepared prescription_id=RX1")) == 7
    before = unnamed.replace("09:01", "08:59")
    prepared = one("pharm_prep", f"{before}\n09:12 V1 dispensing.prepared prescription_id=RX1")
    assert prepared.excluded == "missing_start"


@pytest.mark.parametrize(
    ("said", "series", "excluded"),
    [
        ("delivery=window", "", ""),
        ("delivery=home", "", "home_delivery"),
        ("delivery=window\n09:15 V1 queue.missed ticket_id=T1 call_seq=1", "missed", ""),
    ],
)
def test_a_pharmacy_ticket_ends_with_the_last_dispensing_it_names(said: str, series: str, excluded: str) -> None:
    row = one(
        "pharm_pickup",
        f"""{PAID}
        09:06  V1  queue.joined          ticket_id=T1 service_point_type=pharmacy ref_ids=RX1
        09:20  V1  dispensing.dispensed  prescription_id=RX1 dispense_seq=1 partial=true
        09:50  V1  dispensing.dispensed  prescription_id=RX2 dispense_seq=1
        09:30  V1  dispensing.dispensed  prescription_id=RX1 dispense_seq=2 {said}
    """,
    )
    assert (row.part, row.series, row.excluded, minutes(row)) == ("T1", series, excluded, 24)


def test_only_automatic_reviews_are_a_series_apart() -> None:
    auto = """
        09:00     V1  prescription.submitted  prescription_id=RX1
        09:00:01  V1  prescription.reviewed   prescription_id=RX1 review_seq=1 mode=auto result=pass
    """
    assert one("rx_review", auto).series == "auto"
    both = f"{auto}\n09:04 V1 prescription.reviewed prescription_id=RX1 review_seq=2 mode=pharmacist result=reject"
    assert (one("rx_review", both).series, minutes(one("rx_review", both))) == ("", 4)


# Emergency (26)


def test_straight_to_resuscitation_counts_nothing() -> None:
    row = one(
        "ed_door_to_triage",
        """
        09:00  V1  ed.arrived          arrival_mode=ambulance
        09:02  V1  ed.resus_entered    kind=resus stay_seq=1
        09:30  V1  triage.completed    acuity=1 triage_seq=1
    """,
    )
    assert (row.millis, row.flags, row.ended_at, row.dims) == (0, ("resus",), at("09:02"), ("1", "ambulance"))


def test_who_leaves_unseen_has_no_wait_for_a_doctor() -> None:
    text = """
        09:00  V1  ed.arrived        arrival_mode=foot
        09:10  V1  triage.completed  acuity=4 triage_seq=1
        11:00  V1  ed.departed       disposition=lwbs
    """
    assert one("ed_door_to_doctor", text).excluded == "left"
    assert one("ed_los_discharged", text).excluded == "not_discharged"
    assert minutes(one("ed_door_to_triage", text)) == 10


def test_who_still_waits_in_the_emergency_department() -> None:
    row = one("ed_door_to_doctor", "23:00 V1 ed.arrived arrival_mode=foot")
    assert (row.day, row.open_until) == ("2025-03-03", at("35:00"))


# Winners (5.1)


def test_the_sites_first_source_is_believed_whatever_came_last() -> None:
    row = one(
        "consult_wait",
        f"""
        {CARD}
        08:40  V1  patient.checked_in    point=clinic
        09:00  V1  consultation.started  consultation_seq=1 source=HIS^DEMO
        09:30  V1  consultation.started  consultation_seq=1 source=QUEUE^DEMO sent=23:00
    """,
    )
    assert minutes(row) == 20


def test_a_retraction_by_the_first_source_takes_the_fact_away() -> None:
    row = one(
        "consult_wait",
        f"""
        {CARD}
        08:40  V1  patient.checked_in    point=clinic
        09:00  V1  consultation.started  consultation_seq=1 op=retract sent=09:10
        09:00  V1  consultation.started  consultation_seq=1
        09:30  V1  consultation.started  consultation_seq=1 source=QUEUE^DEMO
    """,
    )
    assert (row.ended_at, row.open_until) == (None, at("19:30"))
