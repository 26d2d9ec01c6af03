"""Appointments and sessions: bookings, moves, no-shows, places; triage put right; chronic patients and those who return."""

# ruff: noqa: E501 - a line is a fact

from __future__ import annotations

CASES: dict[str, tuple[str, list[str]]] = {
    "SP1": (  # an afternoon: three places, two of them taken; in the evening one more
        """
        2025-02-24T08:00  -    schedule.session_published  session_id=SP1 dept_code=GYN doctor_id=DR9 visit_kind=first session_date=2025-03-03 session_start=13:30 session_end=17:00 slots=SL1@13:30*2+SL2@14:00*1
        2025-02-24T08:00  -    schedule.session_published  session_id=SP2 dept_code=GYN doctor_id=DR9 visit_kind=first session_date=2025-03-05 session_start=2025-03-05T08:00 session_end=2025-03-05T12:00 slots=SL3@2025-03-05T08:00*4
        """,
        ["session_places SP1: at 13:30 amount 3 {GYN DR9 pm}", "session_suspended SP1: at 13:30 {GYN DR9}"],
    ),
    "AP1": (  # booked by the slot's number, attended
        """
        2025-02-28T13:30  -    appointment.booked    appointment_id=AP1 slot_id=SL1 slot_start=2025-03-03T13:30 dept_code=GYN doctor_id=DR9 visit_kind=first channel=app object=consultation
        09:00             VAP1  registration.created  visit_class=outpatient appointment_id=AP1 dept_code=GYN planned_date=2025-03-03 channel=app patient_group=elderly fee_amount=1 patient=PP1
        10:00             VAP1  patient.checked_in    point=clinic dept_code=GYN patient=PP1
        """,
        [
            "appt_cancelled AP1: at 13:30 {GYN app 3-6d}",
            "appt_cancelled AP1 <24h: at 13:30 {GYN app 3-6d}",
            "appt_due AP1: 13:30→ {GYN DR9 app 13 elderly}",
            "appt_lead AP1: 02-28 13:30→13:30 4320 {GYN DR9 app first}",
            "place_taken AP1: at 13:30 num {GYN DR9 pm}",
        ],
    ),
    "AP2": (  # moved to today's session from another day, by its time; nobody came yet
        """
        2025-03-02T10:00  -  appointment.booked       appointment_id=AP2 slot_id=SL8 slot_start=2025-03-06T09:00 dept_code=GYN doctor_id=DR9 channel=phone object=consultation
        08:00             -  appointment.rescheduled  appointment_id=AP2 new_slot_start=14:00 initiator=patient
        """,
        [
            "appt_cancelled AP2: at 14:00 {GYN phone 1-2d}",
            "appt_cancelled AP2 <24h: at 14:00 {GYN phone 1-2d}",
            "appt_due AP2: 14:00→open until 03-04 00:00 {GYN DR9 phone 14 ?}",
            "place_taken AP2: at 14:00 num {GYN DR9 pm}",
        ],
    ),
    "AP3": (  # given up on the day: no place, no no-show
        """
        07:00  -  appointment.booked     appointment_id=AP3 slot_start=2025-03-03T13:30 slot_end=2025-03-03T14:00 dept_code=GYN doctor_id=DR9 channel=app object=consultation
        11:00  -  appointment.cancelled  appointment_id=AP3 initiator=patient
        """,
        [
            "appt_booked AP3: at 07:00 num {app GYN}",
            "appt_cancelled AP3: at 13:30 num {GYN app <1d}",
            "appt_cancelled AP3 <24h: at 13:30 num {GYN app <1d}",
            "appt_due AP3: 13:30→ (cancelled) {GYN DR9 app 13 ?}",
        ],
    ),
    "AP4": (  # cancelled by the hospital
        """
        2025-03-01T07:00  -  appointment.booked     appointment_id=AP4 slot_start=2025-03-03T08:00 dept_code=GYN doctor_id=DR7 channel=web object=consultation
        06:00             -  appointment.cancelled  appointment_id=AP4 initiator=hospital
        """,
        [
            "appt_cancelled AP4: at 08:00 (by_hospital) {GYN web 1-2d}",
            "appt_cancelled AP4 <24h: at 08:00 (by_hospital) {GYN web 1-2d}",
            "appt_due AP4: 08:00→ (cancelled_by_hospital) {GYN DR7 web 08 ?}",
        ],
    ),
    "AP5": (  # the source says that nobody came; and of another that it was too late
        """
        2025-03-01T07:00  -  appointment.booked   appointment_id=AP5 slot_start=2025-03-03T08:00 slot_end=2025-03-03T08:30 dept_code=GYN channel=web
        09:00             -  appointment.no_show  appointment_id=AP5 slot_start=2025-03-03T08:00 basis=source
        2025-03-01T07:00  -  appointment.booked   appointment_id=AP6 slot_start=2025-03-03T08:00 slot_end=2025-03-03T08:30 dept_code=GYN channel=web
        09:00             -  appointment.no_show  appointment_id=AP6 slot_start=2025-03-03T08:00 basis=source arrived_late=true
        """,
        [
            "appt_cancelled AP5: at 08:00 {GYN web 1-2d}",
            "appt_cancelled AP5 <24h: at 08:00 {GYN web 1-2d}",
            "appt_due AP5: 08:00→ num {GYN ? web 08 ?}",
        ],
    ),
    "GYN|DR9|first": (  # at ten: one place at 13:30 and none at 14:00 are free, four on Wednesday
        "",
        ["third_next GYN|DR9|first: 10:00→10:00 2880 {GYN DR9 first}"],
    ),
    "VT1": (  # triaged, and the department corrected before the consultation
        """
        08:00  VT1  registration.created  visit_class=outpatient dept_code=ENT planned_date=2025-03-03 fee_amount=1
        08:10  VT1  triage.completed      assigned_dept=ENT nurse_id=NU1 acuity=3
        08:15  VT1  record.corrected      corrected_event_id=x corrected_revision=1 corrected_subject=VT1 changed=dept_code:ENT:EYE
        """,
        ["refund_registration VT1: at 08:00 amount 1 {registration ENT ?}", "triaged VT1: at 08:10 {ENT NU1}"],
    ),
    "VC1": (  # a diabetic, three weeks after the last time
        """
        2025-01-05T09:00  -    chronic.enrolled      programme_id=PRD disease=diabetes patient=PC1
        2025-02-10T09:00  VC0  consultation.started  consultation_seq=1 dept_code=ENDO patient=PC1
        08:00             VC1  registration.created  visit_class=outpatient dept_code=ENDO planned_date=2025-03-03 fee_amount=1 patient=PC1
        08:30             VC1  consultation.started  consultation_seq=1 dept_code=ENDO patient=PC1
        """,
        [
            "chronic_revisit VC1/PRD: 02-10 09:00→08:30 30240 {diabetes ENDO}",
            "consult_duration VC1/1: 08:30→open until 19:30 {ENDO ? ?}",
            "consult_wait VC1: →08:30 (missing_start) {ENDO ? walk_in ?}",
            "opd_booked VC1: at 08:30 {ENDO ? ? ?}",
            "refund_registration VC1: at 08:00 amount 1 {registration ENDO ?}",
            "returned VC1: 08:30→open until 03-04 00:00 {ENDO ?}",
            "visit_counted VC1: at 08:30 {ENDO outpatient}",
            "visit_los VC1: →08:30 (missing_start) {ENDO consult ?}",
            "visit_stops VC1: 08:30→08:30 0.02 {ENDO consult}",
        ],
    ),
}
