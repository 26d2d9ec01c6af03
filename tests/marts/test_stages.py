"""Each stage's query, told as clinical timelines: events in, rows out, on the real engine.

All timelines are one day of one hospital and are built once; a case looks only at its own tickets, visits and orders.
A row is written `stage scope/part series: start→end minutes, reason, flags {dims}`.
"""

# ruff: noqa: E501 - a line is a fact

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest

from ingest.settings import load_site
from streams.stages import stages
from streams.stages.stage import StageRow
from tests.marts.rows import build
from tests.services_warehouse import EmbeddedProcess
from tests.timeline import DAY, at, timeline
from warehouse.client import connect

pytestmark = pytest.mark.services

# Scope id → its timeline and the rows that must follow, as text.
CASES: dict[str, tuple[str, list[str]]] = {
    "TK1": (  # a cashier's ticket, called, missed, back and served
        """
        09:00    -  queue.joined     ticket_id=TK1 service_point_type=cashier queue_id=Q1 dept_code=FIN
        09:05    -  queue.called     ticket_id=TK1 call_seq=1 window_id=W1 staff_id=S1
        09:06    -  queue.missed     ticket_id=TK1 call_seq=1
        09:08    -  queue.requeued   ticket_id=TK1 reason=missed_return
        09:12    -  queue.served     ticket_id=TK1 serve_seq=1 window_id=W2 staff_id=S2
        09:15    -  queue.completed  ticket_id=TK1 serve_seq=1 window_id=W2 closed_by=staff
        """,
        [
            "ticket_called TK1: at 09:05 num {cashier Q1 FIN S1}",
            "ticket_open TK1: 09:08→09:12 4 {cashier Q1 FIN}",
            "window_service TK1/1: 09:12→09:15 3 {cashier Q1 W2 FIN S2}",
            "window_wait TK1: 09:00→09:12 12 {cashier Q1 W2 FIN}",
        ],
    ),
    "TK2": (  # nobody pressed the button: the registration of its visit closes it
        """
        10:00    VR2  queue.joined          ticket_id=TK2 service_point_type=registration queue_id=Q1
        10:09    VR2  registration.created  visit_class=health_check dept_code=CARD planned_date=2025-03-03 fee_amount=10
        """,
        [
            "ticket_open TK2: 10:00→10:09 9 served_imputed {registration Q1 CARD}",
            "window_wait TK2: 10:00→10:09 9 (served_imputed) served_imputed {registration Q1 ? CARD}",
        ],
    ),
    "TK3": (  # taken by mistake
        """
        11:00:00 -  queue.joined  ticket_id=TK3 service_point_type=pharmacy
        11:00:05 -  queue.left    ticket_id=TK3
        """,
        [
            "ticket_open TK3: 11:00→11:00:05 0.08 {pharmacy ? ?}",
            "window_wait TK3: 11:00→11:00:05 (voided) {pharmacy ? ? ?}",
        ],
    ),
    "TK4": (  # still waiting: until two hours after the session's end
        "16:00 - queue.joined ticket_id=TK4 service_point_type=cashier queue_id=Q9",
        [
            "ticket_open TK4: 16:00→open until 19:30 {cashier Q9 ?}",
            "window_wait TK4: 16:00→open until 19:30 {cashier Q9 ? ?}",
        ],
    ),
    "TK5": (  # two clocks a minute apart, and an automatic close
        """
        12:01    -  queue.joined     ticket_id=TK5 service_point_type=imaging
        12:00    -  queue.served     ticket_id=TK5 serve_seq=1
        12:30    -  queue.completed  ticket_id=TK5 serve_seq=1 closed_by=auto
        """,
        [
            "ticket_open TK5: 12:01→12:30 29 {imaging ? ?}",
            "window_service TK5/1: 12:00→12:30 30 (auto_close) {imaging ? ? ? ?}",
            "window_wait TK5: 12:01→12:00 0 skew_adjusted {imaging ? ? ?}",
        ],
    ),
    "VO1": (  # an outpatient with an appointment, seen twice, with a laboratory report in between
        """
        08:00    -    appointment.booked    day=2025-02-27 appointment_id=AO1 slot_start=2025-03-03T09:00 channel=app
        19:00    VO1  registration.created  day=2025-03-02 visit_class=outpatient dept_code=CARD doctor_id=D1 visit_kind=first channel=wechat appointment_id=AO1 planned_date=2025-03-03 patient_group=elderly fee_amount=12.50
        08:50    VO1  patient.checked_in    point=clinic dept_code=CARD
        09:20    VO1  consultation.started  consultation_seq=1 doctor_id=D2 dept_code=RESP room_id=RM1
        09:30    VO1  consultation.ended    consultation_seq=1
        09:25    VO1  order.placed          order_id=OO1 category=lab item_code=CBC priority=routine
        10:00    -    report.issued         order_id=OO1 report_id=RO1 status=final version=1
        10:15    VO1  consultation.started  consultation_seq=2 doctor_id=D2 dept_code=RESP room_id=RM1
        12:45    VO1  consultation.ended    consultation_seq=2
        """,
        [
            "appt_wait VO1: 09:00→09:20 20 {RESP D2 app 09}",
            "consult_duration VO1/1: 09:20→09:30 10 {RESP D2 first}",
            "consult_duration VO1/2: 10:15→12:45 120 capped {RESP D2 first}",
            "consult_wait VO1: 08:50→09:20 30 {RESP D2 booked elderly}",
            "consult_wait VO1/2 seq≥2: 10:00→10:15 15 {RESP D2 booked elderly}",
            "refund_registration VO1: at 03-02 19:00 amount 12.5 {registration CARD ?}",
            "visit_counted VO1: at 09:20 {RESP outpatient}",
            "visit_los VO1: 08:50→12:45 235 {RESP consult+lab elderly}",
        ],
    ),
    "VO2": (  # registered, checked in, gave the number back, was never seen; the refund names no amount of its own
        """
        08:00    VO2  registration.created   visit_class=outpatient dept_code=DERM planned_date=2025-03-03 fee_amount=20
        08:10    VO2  patient.checked_in     point=clinic
        08:40    VO2  registration.refunded  amount=5.5 initiator=patient reason_code=LATE
        """,
        [
            "consult_wait VO2: 08:10→ (refunded) {DERM ? walk_in ?}",
            "refund_registration VO2: at 08:00 num amount 20 num 5.5 {registration DERM LATE}",
        ],
    ),
    "VO3": (  # registered by mistake: in no measure
        """
        08:00    VO3  registration.created   visit_class=outpatient dept_code=DERM planned_date=2025-03-03
        08:10    VO3  patient.checked_in     point=clinic
        08:20    VO3  consultation.started   consultation_seq=1
        08:30    VO3  visit.cancelled
        """,
        [],
    ),
    "VO5": (  # registered under a wrong number; everything counts under the right one
        """
        08:00    VO4  registration.created   visit_class=outpatient dept_code=ORTH planned_date=2025-03-03
        08:30    VO5  patient.checked_in     point=clinic
        08:45    VO4  consultation.started   consultation_seq=1 doctor_id=D9
        08:50    VO4  consultation.ended     consultation_seq=1
        08:55    VO5  visit.moved            prior_visit_id=VO4 to_patient_id=P5
        """,
        [
            "consult_duration VO5/1: 08:45→08:50 5 {ORTH D9 ?}",
            "consult_wait VO5: 08:30→08:45 15 {ORTH D9 walk_in ?}",
            "refund_registration VO5: at 08:00 {registration ORTH ?}",
            "visit_counted VO5: at 08:45 {ORTH outpatient}",
            "visit_los VO5: 08:30→08:50 20 {ORTH consult ?}",
        ],
    ),
    "VN1": (  # a night clinic: the visit belongs to the day on which it checked in
        """
        23:50    VN1  registration.created   visit_class=outpatient dept_code=ED planned_date=2025-03-03
        23:55    VN1  patient.checked_in     point=clinic
        24:20    VN1  consultation.started   consultation_seq=1
        24:30    VN1  consultation.ended     consultation_seq=1
        """,
        [
            "consult_duration VN1/1: 03-04 00:20→03-04 00:30 10 {ED ? ?}",
            "consult_wait VN1: 23:55→03-04 00:20 25 {ED ? walk_in ?}",
            "refund_registration VN1: at 23:50 {registration ED ?}",
            "visit_counted VN1: at 03-04 00:20 {ED outpatient}",
            "visit_los VN1: 23:55→03-04 00:30 35 {ED consult ?}",
        ],
    ),
    "VE1": (  # straight into resuscitation, seen, discharged
        """
        02:00    VE1  ed.arrived         arrival_mode=ambulance
        02:01    VE1  ed.resus_entered   kind=resus stay_seq=1
        02:20    VE1  triage.completed   acuity=1 triage_seq=1
        02:05    VE1  ed.seen            doctor_id=D3
        06:00    VE1  ed.departed        disposition=discharged
        """,
        [
            "ed_4h VE1: 02:00→06:00 240 num {1 ambulance}",
            "ed_door_to_doctor VE1: 02:00→02:05 5 {1 ambulance}",
            "ed_door_to_triage VE1: 02:00→02:01 0 resus {1 ambulance}",
            "ed_los_discharged VE1: 02:00→06:00 240 {1 ambulance}",
            "ed_lwbs VE1: 02:00→ {1 after}",
            "ed_lwbs VE1 after_seen: 02:00→ {1 after}",
            "visit_counted VE1: at 02:00 {? emergency}",
        ],
    ),
    "VE2": (  # left without being seen
        """
        03:00    VE2  ed.arrived         arrival_mode=foot
        04:30    VE2  ed.departed        disposition=lwbs
        """,
        [
            "ed_4h VE2: 03:00→04:30 90 {? foot}",
            "ed_door_to_doctor VE2: 03:00→ (left) {? foot}",
            "ed_door_to_triage VE2: 03:00→ (left) {? foot}",
            "ed_los_discharged VE2: 03:00→04:30 (not_discharged) {? foot}",
            "ed_lwbs VE2: 03:00→ num {? before}",
            "visit_counted VE2: at 03:00 {? emergency}",
        ],
    ),
    "VE3": (  # a heart attack: needle after half an hour, a bed in the ward after five
        """
        05:00    VE3  ed.arrived                  arrival_mode=ambulance
        05:30    VE3  ed.green_channel_milestone  pathway=chest_pain kind=needle
        05:40    VE3  ed.disposition_decided      decision=admit target_ward=CCU
        10:00    VE3  ed.departed                 disposition=admitted
        """,
        [
            "ed_4h VE3: 05:00→10:00 300 {? ambulance}",
            "ed_boarding VE3: 05:40→10:00 260 {CCU}",
            "ed_door_to_doctor VE3: 05:00→ (missing_end) {? ambulance}",
            "ed_door_to_triage VE3: 05:00→ (missing_end) {? ambulance}",
            "ed_green_channel VE3 chest_pain:needle: 05:00→05:30 30 {ambulance}",
            "ed_los_discharged VE3: 05:00→10:00 (not_discharged) {? ambulance}",
            "ed_lwbs VE3: 05:00→ {? before}",
            "visit_counted VE3: at 05:00 {? emergency}",
        ],
    ),
    "VE4": (  # here for less than four hours yet
        "09:00    VE4  ed.arrived  arrival_mode=foot",
        [
            "ed_4h VE4: 09:00→open until 13:00:01 {? foot}",
            "ed_door_to_doctor VE4: 09:00→open until 21:00 {? foot}",
            "ed_door_to_triage VE4: 09:00→open until 21:00 {? foot}",
            "ed_los_discharged VE4: 09:00→open until 03-06 09:00 {? foot}",
            "ed_lwbs VE4: 09:00→open until 21:00:01 {? before}",
            "visit_counted VE4: at 09:00 {? emergency}",
        ],
    ),
    "OL1": (  # one specimen rejected, one good; a correction does not move the report
        """
        08:00    -  order.placed        order_id=OL1 category=lab item_code=K priority=stat
        08:10    -  specimen.collected  order_id=OL1 specimen_id=S1 point=ED
        08:15    -  specimen.received   order_id=OL1 specimen_id=S1 rejected=true
        08:20    -  specimen.collected  order_id=OL1 specimen_id=S2 point=ED
        08:26    -  specimen.received   order_id=OL1 specimen_id=S2
        08:50    -  report.issued       order_id=OL1 report_id=RL1 status=preliminary version=1
        09:06    -  report.issued       order_id=OL1 report_id=RL1 status=final version=2
        11:00    -  report.issued       order_id=OL1 report_id=RL1 status=corrected version=3
        """,
        [
            "lab_intra OL1: 08:26→09:06 40 {K stat ?}",
            "lab_preanalytic OL1/S1: 08:10→08:15 (rejected) {K stat ? ED}",
            "lab_preanalytic OL1/S2: 08:20→08:26 6 {K stat ? ED}",
        ],
    ),
    "OX1": (  # an examination
        """
        09:00    -  order.placed   order_id=OX1 category=imaging modality=CT
        10:00    -  exam.started   order_id=OX1 device_id=CT2
        10:25    -  report.issued  order_id=OX1 report_id=RX9 status=final version=1 reporter_id=D7
        """,
        ["exam_order_report OX1: 09:00→10:25 85 {CT ?}", "exam_report OX1: 10:00→10:25 25 {CT CT2 ? D7}"],
    ),
    "VX1": (  # an ultrasound booked for later than the patient came, a CT without a booking, and one given up
        """
        08:00    VX1  exam.booked   order_id=OU1 scheduled_start=10:00 modality=US
        09:40    VX1  queue.joined  ticket_id=TU1 service_point_type=ultrasound ref_ids=OU1
        10:12    -    exam.started  order_id=OU1 device_id=US3
        08:30    VX1  order.placed  order_id=OU2 category=imaging modality=CT
        10:20    VX1  patient.checked_in  point=exam order_id=OU2 dept_code=RAD
        10:50    -    exam.started  order_id=OU2 modality=CT device_id=CT2
        08:30    VX1  order.placed  order_id=OU3 category=imaging modality=DX
        11:00    -    queue.joined  ticket_id=TU3 service_point_type=imaging ref_ids=OU3
        11:30    -    queue.left    ticket_id=TU3
        """,
        [
            "exam_wait VX1/OU1: 10:00→10:12 12 {US US3 ?}",
            "exam_wait VX1/OU2: 10:20→10:50 30 {CT CT2 ?}",
            "exam_wait VX1/OU3: 11:00→11:30 (left) {DX ? ?}",
        ],
    ),
    "NC1": (
        """
        09:00:00  -  nursecall.raised    call_id=NC1 ward=W7 bed=12
        09:00:45  -  nursecall.answered  call_id=NC1
        """,
        ["nurse_call NC1: 09:00→09:00:45 0.75 {W7}"],
    ),
    "CO1": (
        """
        09:00  -  complaint.received   complaint_id=CO1 dept_code=CARD channel=phone
        11:30  -  complaint.responded  complaint_id=CO1
        """,
        ["complaint_response CO1: 09:00→11:30 150 {CARD phone}"],
    ),
    "IN1": (  # the bot first, then somebody
        """
        09:00:00  -  inquiry.received   inquiry_id=IN1 channel=online
        09:00:02  -  inquiry.responded  inquiry_id=IN1 by=bot
        09:12:00  -  inquiry.responded  inquiry_id=IN1 by=staff
        """,
        ["inquiry_response IN1: 09:00→09:12 12 {online}"],
    ),
    "IN2": (
        """
        09:00:00  -  inquiry.received   inquiry_id=IN2 channel=wechat
        09:00:03  -  inquiry.responded  inquiry_id=IN2 by=bot
        """,
        ["inquiry_response IN2 bot: 09:00→09:00:03 0.05 {wechat}"],
    ),
    "OB1": (  # booked for the afternoon
        """
        08:00    -  order.placed  order_id=OB1 category=ultrasound modality=US ordering_dept=CARD
        08:05    -  exam.booked   order_id=OB1 scheduled_start=14:30
        """,
        ["exam_booking OB1: 08:00→14:30 390 {US ? CARD ?}"],
    ),
    "OC1": (  # a potassium raised twice, acknowledged in the end; a haemoglobin that nobody has answered yet
        """
        09:00    -  order.placed                 order_id=OC1 category=lab ordering_dept=CARD
        10:00    -  critical_value.raised        order_id=OC1 critical_id=CV1 specimen_id=S1 item_code=K
        10:05    -  critical_value.raised        order_id=OC1 critical_id=CV2 specimen_id=S1 item_code=K
        10:15    -  critical_value.acknowledged  order_id=OC1 critical_id=CV2 staff_id=N1
        11:50    -  critical_value.raised        order_id=OC1 critical_id=CV3 specimen_id=S1 item_code=HGB
        10:20    -  critical_value.acknowledged  order_id=OC1 critical_id=CV9 staff_id=N1
        """,
        [
            "critical_value OC1/CV1: 10:00→10:15 15 num {K CARD}",
            "critical_value OC1/CV2: 10:05→ (duplicate) {K CARD}",
            "critical_value OC1/CV3: 11:50→open until 12:05:01 {HGB CARD}",
            "critical_value OC1/CV9: →10:20 (missing_start) {? CARD}",
        ],
    ),
    "BL1": (  # paid in two halves, a part given back, for the reason that the request gave
        """
        09:00    -  bill.created   bill_id=BL1 item_class=exam amount=30.00 dept_code=RAD
        09:04    -  bill.paid      bill_id=BL1 payment_id=PM1 amount=10.00 parts=cash:10.00 terminal_type=window full_settlement=false
        09:06    -  bill.paid      bill_id=BL1 payment_id=PM2 amount=20.00 parts=wechat:15.00+cash:5.00 terminal_type=mobile full_settlement=true
        14:30    -  bill.refund_requested  bill_id=BL1 payment_id=PM2 refund_id=RF1 amount=7.50 reason_code=NOT_DONE
        15:00    -  bill.refunded  bill_id=BL1 payment_id=PM2 refund_id=RF1 amount=7.50
        """,
        [
            "bill_to_pay BL1: 09:00→09:06 6 {wechat RAD exam}",
            "payment BL1/PM1: at 09:04 distinct PM1 amount 10 {window cash RAD ?}",
            "payment BL1/PM2: at 09:06 num distinct PM2 amount 20 {mobile wechat RAD ?}",
            "refund BL1/PM1: at 09:04 distinct PM1 amount 10 {exam RAD ?}",
            "refund BL1/PM2: at 09:06 num distinct PM2 amount 20 num 7.5 {exam RAD NOT_DONE}",
        ],
    ),
    "BL2": (  # paid, and nobody says whether in full
        """
        09:00    -  bill.created   bill_id=BL2 item_class=drug amount=30.00
        09:04    -  bill.paid      bill_id=BL2 payment_id=PM4 amount=30.00 terminal_type=kiosk
        """,
        [
            "bill_to_pay BL2: 09:00→09:04 (missing_full_settlement) {? ? drug}",
            "payment BL2/PM4: at 09:04 num distinct PM4 amount 30 {kiosk ? ? ?}",
            "refund BL2/PM4: at 09:04 distinct PM4 amount 30 {drug ? ?}",
        ],
    ),
    "RV1": (  # the machine first, then a pharmacist
        """
        09:00    -  prescription.submitted  prescription_id=RV1 dept_code=CARD
        09:00:02 -  prescription.reviewed   prescription_id=RV1 review_seq=1 mode=auto
        09:03    -  prescription.reviewed   prescription_id=RV1 review_seq=2 mode=pharmacist
        """,
        ["rx_review RV1: 09:00→09:03 3 {pharmacist CARD}"],
    ),
    "RV2": (
        """
        09:00    -  prescription.submitted  prescription_id=RV2
        09:00:06 -  prescription.reviewed   prescription_id=RV2 review_seq=1 mode=auto
        """,
        ["rx_review RV2 auto: 09:00→09:00:06 0.1 {auto ?}"],
    ),
    "VP1": (  # two prescriptions, one ticket that names the second; missed once
        """
        09:00    VP1  prescription.submitted  prescription_id=PP1 rx_type=western
        09:00    VP1  prescription.submitted  prescription_id=PP2 rx_type=herbal decoction=true
        09:01    VP1  bill.created            bill_id=BP1 item_class=drug ref_ids=PP1,PP2 amount=9
        09:05    -    bill.paid               bill_id=BP1 payment_id=PMP terminal_type=kiosk full_settlement=true amount=9
        09:06    -    queue.joined            ticket_id=TP1 service_point_type=pharmacy ref_ids=PP2
        09:08    -    queue.missed            ticket_id=TP1 call_seq=1
        09:10    -    dispensing.prepared     prescription_id=PP1 pharmacy_id=PH1 window_id=W1
        09:20    -    dispensing.prepared     prescription_id=PP2 pharmacy_id=PH1 window_id=W2
        09:25    -    dispensing.dispensed    prescription_id=PP2 dispense_seq=1 pharmacy_id=PH1 window_id=W2
        09:45    -    dispensing.dispensed    prescription_id=PP1 dispense_seq=1 pharmacy_id=PH1 window_id=W1
        """,
        [
            "pharm_pickup VP1/TP1 missed: 09:06→09:25 19 {PH1 W2 herbal}",
            "pharm_prep VP1/PP1: 09:05→09:10 5 {PH1 W1 western}",
            "pharm_prep VP1/PP2 decoction: 09:05→09:20 15 {PH1 W2 herbal}",
        ],
    ),
    "VP2": (  # no ticket: from the payment
        """
        10:00    VP2  prescription.submitted  prescription_id=PP3 rx_type=western
        10:01    VP2  bill.created            bill_id=BP2 item_class=drug amount=9
        10:02    VP2  bill.paid               bill_id=BP2 payment_id=PM3 terminal_type=kiosk full_settlement=true amount=9
        10:14    VP2  dispensing.dispensed    prescription_id=PP3 dispense_seq=1 pharmacy_id=PH2
        """,
        [
            "pharm_pickup VP2/PP3 no_ticket: 10:02→10:14 12 no_ticket {PH2 ? western}",
            "pharm_prep VP2/PP3: 10:02→ (missing_end) {PH2 ? western}",
        ],
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def rows(embedded: EmbeddedProcess) -> Iterator[list[StageRow]]:
    connection = connect(embedded.database(f"t_{secrets.token_hex(4)}"))
    events = [event for text, _ in CASES.values() for event in timeline(text)]
    yield build(connection, load_site("demo"), events, DAY, at("12:00"))
    connection.close()


@pytest.mark.parametrize("scope", CASES)
def test_rows_of(rows: list[StageRow], scope: str) -> None:
    assert [said(row) for row in rows if row.scope_id == scope] == CASES[scope][1]


def test_every_stage_is_told(rows: list[StageRow]) -> None:
    assert {row.stage for row in rows} == set(stages())


def said(row: StageRow) -> str:
    """A row as the cases write it."""
    scope = row.scope_id + (f"/{row.part}" if row.part else "")
    head = f"{row.stage} {scope} {row.series}".strip()
    words = [f"at {clock(row.at)}"] if row.started_at is None and row.ended_at is None else [_ends(row)]
    if row.millis is not None:
        words.append(f"{round(row.millis / 60_000, 2):g}")
    words += [f"({row.excluded})"] if row.excluded else []
    words += ["num"] if row.num else []
    words += [f"distinct {row.distinct}"] if row.distinct else []
    words += [f"amount {row.amount}"] if row.amount else []
    words += [f"num {row.amount_num}"] if row.amount_num else []
    return " ".join([f"{head}:", *words, *row.flags, "{" + " ".join(row.dims) + "}"])


def _ends(row: StageRow) -> str:
    start, end = ("" if instant is None else clock(instant) for instant in (row.started_at, row.ended_at))
    return f"{start}→" + (f"open until {clock(row.open_until)}" if row.open_until is not None else end)


def clock(ms: int) -> str:
    """Local time; with its date where that is another."""
    local = datetime.fromtimestamp(ms / 1000, UTC).astimezone(timezone(timedelta(hours=8)))
    day = "" if local.date().isoformat() == DAY else f"{local:%m-%d} "
    return day + (f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}")
