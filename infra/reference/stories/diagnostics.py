"""The laboratory and examinations."""

# ruff: noqa: E501 - a line is a fact

from __future__ import annotations

from infra.reference.stories.story import WorkedStory

LABORATORY = WorkedStory(
    code="laboratory",
    kpis=("lab_preanalytic_tat", "lab_intra_tat"),
    zh="血钾急查:第一管拒收,第二管 6 分钟送到,40 分钟出终报告;之后更正,不改时间。",
    en="An urgent potassium: the first tube is rejected, the second takes six minutes to arrive, the final report forty; "
    "a later correction moves nothing.",
    text="""
        08:00  -  order.placed        order_id=YO2 category=lab item_code=K priority=stat
        08:10  -  specimen.collected  order_id=YO2 specimen_id=YX1 point=ED
        08:15  -  specimen.received   order_id=YO2 specimen_id=YX1 rejected=true
        08:20  -  specimen.collected  order_id=YO2 specimen_id=YX2 point=ED
        08:26  -  specimen.received   order_id=YO2 specimen_id=YX2
        08:50  -  report.issued       order_id=YO2 report_id=YR2 status=preliminary version=1
        09:06  -  report.issued       order_id=YO2 report_id=YR2 status=final version=2
        11:00  -  report.issued       order_id=YO2 report_id=YR2 status=corrected version=3
        """,
    as_of="12:00",
)
EXAMINATIONS = WorkedStory(
    code="examinations",
    kpis=("exam_booking_wait", "exam_wait_on_site", "exam_report_tat", "exam_order_to_report"),
    zh="超声约在10点,患者9:40到,10:12开始;CT未预约,10:20到,10:50开始,11:15出报告;另一人还在等。",
    en="An ultrasound booked for ten: the patient comes at 9:40, it begins at 10:12. A CT without a booking: there at "
    "10:20, begun at 10:50, reported at 11:15. Another waits for an X-ray.",
    text="""
        08:00  YX9  order.placed        order_id=YO3 category=ultrasound modality=US ordering_dept=YCARD
        08:05  YX9  exam.booked         order_id=YO3 scheduled_start=10:00 modality=US
        09:40  YX9  queue.joined        ticket_id=YQ5 service_point_type=ultrasound ref_ids=YO3
        10:12  YX9  exam.started        order_id=YO3 device_id=YUS3
        10:30  YX9  report.issued       order_id=YO3 report_id=YR3 status=final version=1 reporter_id=YD7
        08:30  YX9  order.placed        order_id=YO4 category=imaging modality=CT ordering_dept=YCARD
        10:20  YX9  patient.checked_in  point=exam order_id=YO4 dept_code=YRAD
        10:50  YX9  exam.started        order_id=YO4 modality=CT device_id=YCT2
        11:15  YX9  report.issued       order_id=YO4 report_id=YR4 status=final version=1 reporter_id=YD7
        11:00  YX9  order.placed        order_id=YO5 category=imaging modality=DX ordering_dept=YCARD
        11:20  YX9  patient.checked_in  point=exam order_id=YO5 dept_code=YRAD
        """,
    as_of="11:45",
)
CRITICAL = WorkedStory(
    code="critical",
    kpis=("critical_value_timely_rate",),
    zh="血钾危急值 15 分钟内确认;血红蛋白危急值 20 分钟仍无人确认;同一标本同一项目重复报出的只计一次。",
    en="A critical potassium is acknowledged after ten minutes, told twice it counts once; a haemoglobin is still "
    "unacknowledged after twenty.",
    text="""
        09:00  -  order.placed                 order_id=YO6 category=lab ordering_dept=YCARD
        10:00  -  critical_value.raised        order_id=YO6 critical_id=YK1 specimen_id=YX6 item_code=K
        10:05  -  critical_value.raised        order_id=YO6 critical_id=YK2 specimen_id=YX6 item_code=K
        10:10  -  critical_value.acknowledged  order_id=YO6 critical_id=YK2 staff_id=YN1
        11:10  -  critical_value.raised        order_id=YO6 critical_id=YK3 specimen_id=YX6 item_code=HGB
        """,
    as_of="11:30",
)
STORIES = (LABORATORY, EXAMINATIONS, CRITICAL)
