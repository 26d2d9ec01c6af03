"""Consultations and whole visits, as section 3.0 (13) to (16) reads them, one short timeline each."""

from __future__ import annotations

import pytest

from tests.timeline import at
from tests.told_rows import CARD, minutes, one, rows


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
