"""The worked example of the domain specification, section 10: visits on 2025-03-03, and the values that must follow.

`events()` gives all events of the day in the order of the table. `correction()`, `retraction_of_miss()` and `merge()`
are the three variants: append one to the events. `EXPECTED` maps each KPI to its values over the whole day as of
`AS_OF` (late that night), in the KPI's unit, and `EXPECTED_AFTER` to those that a variant changes. A key is (KPI,
series, where): where filters dimensions, as sorted pairs.
"""

from __future__ import annotations

from typing import Any

from ingest.events.envelope import Event, kind_of
from tests.timeline import DAY, at, retold, retraction, timeline

AS_OF = at("26:30", DAY)  # half past two in the night: everything has closed

TEXT = """
    # V1: booked 09:00–09:30 in cardiology, comes early, misses a call, has blood drawn, returns with the result
    14:00     -   appointment.booked      day=2025-02-28 patient=P1 appointment_id=A1 slot_start=2025-03-03T09:00 slot_end=2025-03-03T09:30 dept_code=CARD doctor_id=DR1 channel=wechat object=consultation
    20:00     V1  registration.created    day=2025-03-02 patient=P1 visit_class=outpatient appointment_id=A1 dept_code=CARD doctor_id=DR1 visit_kind=first channel=wechat planned_date=2025-03-03 age_band=14-59 patient_group=normal
    08:40     V1  patient.checked_in      patient=P1 point=clinic dept_code=CARD appointment_id=A1
    08:40     V1  queue.joined            ticket_id=T1 ticket_no=A001 queue_id=Q-CARD service_point_type=clinic dept_code=CARD source=QUEUE^DEMO
    09:05     V1  queue.called            ticket_id=T1 ticket_no=A001 queue_id=Q-CARD service_point_type=clinic dept_code=CARD window_id=R1 call_seq=1 source=QUEUE^DEMO
    09:07     V1  queue.missed            ticket_id=T1 ticket_no=A001 queue_id=Q-CARD service_point_type=clinic dept_code=CARD window_id=R1 call_seq=1 source=QUEUE^DEMO
    09:12     V1  queue.recalled          ticket_id=T1 ticket_no=A001 queue_id=Q-CARD service_point_type=clinic dept_code=CARD window_id=R1 call_seq=2 source=QUEUE^DEMO
    09:14     V1  consultation.started    patient=P1 consultation_seq=1 doctor_id=DR1 dept_code=CARD room_id=R1 mode=onsite
    09:20     V1  order.placed            patient=P1 order_id=O1 category=lab item_code=CBC priority=routine ordering_dept=CARD doctor_id=DR1
    09:21     V1  bill.created            bill_id=B1 item_class=lab amount=25.00 lines=1 ref_ids=O1 dept_code=CARD
    09:22     V1  consultation.ended      patient=P1 consultation_seq=1 outcome=ordered_tests
    09:24     V1  bill.paid               bill_id=B1 payment_id=PAY1 amount=25.00 parts=wechat:25.00 terminal_type=mobile full_settlement=true
    09:40     V1  specimen.collected      order_id=O1 specimen_id=S1 point=LAB source=LIS^DEMO
    09:52     V1  specimen.received       order_id=O1 specimen_id=S1 rejected=false source=LIS^DEMO
    10:37     V1  report.issued           order_id=O1 report_id=RP1 status=final version=1 category=lab reporter_id=LT1 source=LIS^DEMO
    10:50     V1  consultation.started    patient=P1 consultation_seq=2 doctor_id=DR1 dept_code=CARD room_id=R1 mode=onsite
    10:54     V1  prescription.submitted  prescription_id=RX1 doctor_id=DR1 dept_code=CARD rx_type=western items=2
    10:55     V1  consultation.ended      patient=P1 consultation_seq=2 outcome=done
    10:55     V1  bill.created            bill_id=B2 item_class=drug amount=60.00 lines=2 ref_ids=RX1 dept_code=CARD
    10:55:30  V1  queue.joined            ticket_id=T2 ticket_no=C017 queue_id=Q-CASH service_point_type=cashier ref_ids=B2 source=QUEUE^DEMO
    10:56     V1  prescription.reviewed   prescription_id=RX1 review_seq=1 result=pass mode=pharmacist reviewer_id=PH1
    10:57:30  V1  queue.served            ticket_id=T2 ticket_no=C017 queue_id=Q-CASH service_point_type=cashier window_id=W3 staff_id=CA1 serve_seq=1 source=QUEUE^DEMO
    10:58     V1  bill.paid               bill_id=B2 payment_id=PAY2 amount=60.00 parts=cash:60.00 terminal_type=window full_settlement=true
    10:59     V1  queue.joined            ticket_id=T3 ticket_no=P042 queue_id=Q-PH service_point_type=pharmacy ref_ids=RX1 source=QUEUE^DEMO
    11:06     V1  dispensing.prepared     prescription_id=RX1 pharmacy_id=PHA window_id=PW1
    11:10     V1  dispensing.dispensed    prescription_id=RX1 dispense_seq=1 pharmacy_id=PHA window_id=PW1 partial=false delivery=window

    # V2: walks in, dermatology; the registration window's ticket knows no visit; nobody tells when the consultation ended
    09:18     -   queue.joined            ticket_id=T4 ticket_no=G003 queue_id=Q-REG service_point_type=registration source=QUEUE^DEMO
    09:28     -   queue.served            ticket_id=T4 ticket_no=G003 queue_id=Q-REG service_point_type=registration window_id=W1 staff_id=CL1 serve_seq=1 source=QUEUE^DEMO
    09:30     -   queue.completed         ticket_id=T4 ticket_no=G003 queue_id=Q-REG service_point_type=registration window_id=W1 serve_seq=1 closed_by=staff source=QUEUE^DEMO
    09:30     V2  registration.created    patient=P2 visit_class=outpatient dept_code=DERM doctor_id=DR2 visit_kind=first channel=window planned_date=2025-03-03 age_band=14-59 patient_group=normal
    09:31     V2  patient.checked_in      patient=P2 point=clinic dept_code=DERM
    10:41     V2  consultation.started    patient=P2 consultation_seq=1 doctor_id=DR2 dept_code=DERM room_id=R7 mode=onsite

    # V3: booked, never came
    14:05     -   appointment.booked      day=2025-02-28 patient=P3 appointment_id=A3 slot_start=2025-03-03T10:00 dept_code=CARD doctor_id=DR1 channel=wechat object=consultation

    # V4: booked, checked in, gave up
    14:10     -   appointment.booked      day=2025-02-28 patient=P4 appointment_id=A4 slot_start=2025-03-03T10:00 slot_end=2025-03-03T10:30 dept_code=CARD doctor_id=DR1 channel=wechat object=consultation
    20:10     V4  registration.created    day=2025-03-02 patient=P4 visit_class=outpatient appointment_id=A4 dept_code=CARD doctor_id=DR1 visit_kind=first channel=wechat planned_date=2025-03-03 age_band=14-59 patient_group=normal
    10:05     V4  patient.checked_in      patient=P4 point=clinic dept_code=CARD appointment_id=A4
    10:40     V4  registration.refunded   patient=P4 amount=20.00 initiator=patient before_check_in=false

    # V5: the next patient in V2's room, a health check
    10:30     V5  registration.created    patient=P5 visit_class=health_check dept_code=DERM doctor_id=DR2 channel=window planned_date=2025-03-03
    10:35     V5  patient.checked_in      patient=P5 point=clinic dept_code=DERM
    10:52     V5  consultation.started    patient=P5 consultation_seq=1 doctor_id=DR2 dept_code=DERM room_id=R7 mode=onsite
    11:00     V5  consultation.ended      patient=P5 consultation_seq=1 outcome=done
"""  # noqa: E501 - a line is a fact

Key = tuple[str, str, tuple[tuple[str, str], ...]]


def _of(kpi: str, series: str = "", **where: str) -> Key:
    return (kpi, series, tuple(sorted(where.items())))


EXPECTED: dict[Key, dict[str, Any]] = {
    _of("appt_wait_official"): {"n": 1, "value": 14.0, "mean": 14.0, "excluded": {"refunded": 1}},
    _of("consult_wait"): {"n": 2, "value": 52.0, "p50": 52.0, "p90": 66.4, "mean": 52.0, "shares": {"share≤1800": 0.0},
                          "excluded": {"refunded": 1}},
    _of("consult_wait", dept="CARD"): {"n": 1, "value": 34.0},
    _of("consult_wait", dept="DERM"): {"n": 1, "value": 70.0},
    _of("consult_wait", "seq≥2"): {"n": 1, "value": 13.0},
    _of("consult_duration"): {"n": 2, "value": 6.5, "p50": 6.5, "mean": 6.5, "p90": 7.7},
    _of("queue_missed_rate", service_point_type="clinic"): {"num": 1, "den": 1, "value": 100.0},
    _of("window_wait", service_point_type="registration"): {"n": 1, "value": 10.0, "shares": {"share≤600": 100.0}},
    _of("window_wait", service_point_type="cashier"): {"n": 1, "value": 2.0},
    _of("window_service_time", service_point_type="registration"): {"n": 1, "value": 2.0},
    _of("lab_preanalytic_tat"): {"n": 1, "value": 12.0},
    _of("lab_intra_tat"): {"n": 1, "value": 45.0},
    _of("rx_review_time"): {"n": 1, "value": 2.0},
    _of("pharm_prep_time"): {"n": 1, "value": 8.0},
    _of("pharm_pickup_wait"): {"n": 1, "value": 11.0},
    _of("bill_to_pay_time"): {"n": 2, "value": 3.0, "p50": 3.0, "mean": 3.0},
    _of("offwindow_payment_share"): {"num": 1, "den": 2, "value": 50.0, "amount_num": "25", "amount_den": "85"},
    _of("visit_los"): {"n": 1, "value": 150.0},
    _of("service_volume"): {"n": 2, "value": 2.0, "excluded": {}},
}  # fmt: skip

EXPECTED_AFTER: dict[str, dict[Key, dict[str, Any]]] = {
    "correction": {
        _of("consult_wait"): {"n": 2, "value": 42.0, "p50": 42.0, "mean": 42.0, "p90": 48.4},
        _of("consult_wait", dept="DERM"): {"n": 1, "value": 50.0},
    },
    "retraction_of_miss": {_of("queue_missed_rate", service_point_type="clinic"): {"num": 0, "den": 1, "value": 0.0}},
    "merge": {},
}


def events() -> list[Event]:
    """Everything that was told of the day."""
    return timeline(TEXT)


def correction() -> Event:
    """V2's consultation began at 10:21, not 10:41: a new revision of the same event."""
    wrong = next(e for e in events() if kind_of(e) == "consultation.started" and e.visit_id == "V2")
    return retold(wrong, occurred_at=at("10:21"))


def retraction_of_miss() -> Event:
    """V1 was not missed after all."""
    return retraction(next(e for e in events() if kind_of(e) == "queue.missed"))


def merge() -> Event:
    """V1's and V2's patients are one person."""
    (event,) = timeline("12:00 - patient.merged surviving_patient_id=P1 prior_patient_id=P2 scope=patient")
    return event
