"""Outpatient visits: waits, consultations, moves, nights."""

# ruff: noqa: E501 - a line is a fact

from __future__ import annotations

CASES: dict[str, tuple[str, list[str]]] = {
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
            "clinic_arrival VO1: at 08:50 amount 510 {CARD 08}",
            "consult_duration VO1/1: 09:20→09:30 10 {RESP D2 first}",
            "consult_duration VO1/2: 10:15→12:45 120 capped {RESP D2 first}",
            "consult_wait VO1: 08:50→09:20 30 {RESP D2 booked elderly}",
            "consult_wait VO1/2 seq≥2: 10:00→10:15 15 {RESP D2 booked elderly}",
            "opd_booked VO1: at 09:20 num {RESP D2 wechat first}",
            "opd_unseen VO1: 08:50→09:20 30 {RESP D2}",
            "refund_registration VO1: at 03-02 19:00 amount 12.5 {registration CARD ?}",
            "visit_counted VO1: at 09:20 {RESP outpatient}",
            "visit_los VO1: 08:50→12:45 235 {RESP consult+lab elderly}",
            "visit_stops VO1: 09:20→09:20 0.03 {RESP consult+lab}",
            "visit_time VO1: 08:50→12:45 235 {RESP early=600000;consult=2100000;service=9600000;walking=1800000}",
        ],
    ),
    "VO2": (  # registered, checked in, gave the number back, was never seen; the refund names no amount of its own
        """
        08:00    VO2  registration.created   visit_class=outpatient dept_code=DERM planned_date=2025-03-03 fee_amount=20
        08:10    VO2  patient.checked_in     point=clinic
        08:40    VO2  registration.refunded  amount=5.5 initiator=patient reason_code=LATE
        """,
        [
            "clinic_arrival VO2: at 08:10 amount 510 {DERM 08}",
            "consult_wait VO2: 08:10→ (refunded) {DERM ? walk_in ?}",
            "opd_unseen VO2: 08:10→open until 03-04 02:00 {DERM ?}",
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
            "clinic_arrival VO5: at 08:30 amount 510 {ORTH 08}",
            "consult_duration VO5/1: 08:45→08:50 5 {ORTH D9 ?}",
            "consult_wait VO5: 08:30→08:45 15 {ORTH D9 walk_in ?}",
            "opd_booked VO5: at 08:45 {ORTH D9 ? ?}",
            "opd_unseen VO5: 08:30→08:45 15 {ORTH D9}",
            "refund_registration VO5: at 08:00 {registration ORTH ?}",
            "visit_counted VO5: at 08:45 {ORTH outpatient}",
            "visit_los VO5: 08:30→08:50 20 {ORTH consult ?}",
            "visit_stops VO5: 08:45→08:45 0.02 {ORTH consult}",
            "visit_time VO5: 08:30→08:50 20 {ORTH consult=900000;service=300000}",
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
            "clinic_arrival VN1: at 23:55 amount 1440 {ED 23}",
            "consult_duration VN1/1: 03-04 00:20→03-04 00:30 10 {ED ? ?}",
            "consult_wait VN1: 23:55→03-04 00:20 25 {ED ? walk_in ?}",
            "opd_booked VN1: at 03-04 00:20 {ED ? ? ?}",
            "opd_unseen VN1: 23:55→03-04 00:20 25 {ED ?}",
            "refund_registration VN1: at 23:50 {registration ED ?}",
            "visit_counted VN1: at 03-04 00:20 {ED outpatient}",
            "visit_los VN1: 23:55→03-04 00:30 35 {ED consult ?}",
            "visit_stops VN1: 03-04 00:20→03-04 00:20 0.02 {ED consult}",
            "visit_time VN1: 23:55→03-04 00:30 35 {ED consult=1500000;service=600000}",
        ],
    ),
}  # fmt: skip
