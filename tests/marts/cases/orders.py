"""Orders: the laboratory, examinations, critical values."""

from __future__ import annotations

CASES: dict[str, tuple[str, list[str]]] = {
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
}  # fmt: skip
