"""A morning of outpatients, triage put right, and who comes again."""

# ruff: noqa: E501 - a line is a fact

from __future__ import annotations

from infra.reference.stories.story import WorkedStory, queried

MORNING = WorkedStory(
    code="morning",
    kpis=(
        "appt_wait_official", "consult_wait", "consult_duration", "visit_los", "service_volume", "opd_appointment_rate",
        "opd_unseen_rate", "visit_service_stops", "arrival_peak_ratio",
    ),
    zh="心内科上午:甲预约9点,早到,看两次(中间等检验报告);乙未预约;丙预约10点,10点半仍在等。",
    en="A morning in cardiology: the first is booked for nine, comes early and is seen twice, with a laboratory report "
    "in between; the second has no appointment; the third is booked for ten and still waits at half past.",
    text="""
        08:00  -    appointment.booked    day=2025-02-27 appointment_id=YA1 slot_start=2025-03-03T09:00 channel=app
        07:00  YV1  registration.created  visit_class=outpatient dept_code=YCARD doctor_id=YD1 visit_kind=first channel=wechat appointment_id=YA1 planned_date=2025-03-03
        08:50  YV1  patient.checked_in    point=clinic dept_code=YCARD
        09:20  YV1  consultation.started  consultation_seq=1 doctor_id=YD1 dept_code=YCARD
        09:25  YV1  order.placed          order_id=YO1 category=lab item_code=CBC priority=routine
        09:30  YV1  consultation.ended    consultation_seq=1
        10:00  -    report.issued         order_id=YO1 report_id=YR1 status=final version=1
        10:12  YV1  consultation.started  consultation_seq=2 doctor_id=YD1 dept_code=YCARD
        10:18  YV1  consultation.ended    consultation_seq=2
        09:00  YV2  registration.created  visit_class=outpatient dept_code=YCARD doctor_id=YD1 visit_kind=return channel=window planned_date=2025-03-03
        09:05  YV2  patient.checked_in    point=clinic dept_code=YCARD
        09:31  YV2  consultation.started  consultation_seq=1 doctor_id=YD1 dept_code=YCARD
        09:43  YV2  consultation.ended    consultation_seq=1
        08:00  -    appointment.booked    day=2025-02-28 appointment_id=YA3 slot_start=2025-03-03T10:00 channel=app
        07:30  YV3  registration.created  visit_class=outpatient dept_code=YCARD doctor_id=YD1 visit_kind=first channel=app appointment_id=YA3 planned_date=2025-03-03
        09:55  YV3  patient.checked_in    point=clinic dept_code=YCARD
        """,
    as_of="10:30",
    queried=(
        queried("opd_booked", "YV1", "YCARD YD1 wechat first", instant="09:20", num=True),
        queried("opd_booked", "YV2", "YCARD YD1 window return", instant="09:31", num=False),
        queried("opd_unseen", "YV1", "YCARD YD1", start="08:50", end="09:20", num=False),
        queried("opd_unseen", "YV2", "YCARD YD1", start="09:05", end="09:31", num=False),
        queried("opd_unseen", "YV3", "YCARD YD1", start="09:55", until="26:00"),
        queried("visit_stops", "YV1", "YCARD consult+lab", start="09:20", end="09:20", score=2_000),
        queried("visit_stops", "YV2", "YCARD consult", start="09:31", end="09:31", score=1_000),
        queried("clinic_arrival", "YV1", "YCARD 08", instant="08:50", amount="510"),
        queried("clinic_arrival", "YV2", "YCARD 09", instant="09:05", amount="510"),
        queried("clinic_arrival", "YV3", "YCARD 09", instant="09:55", amount="510"),
    ),
)  # fmt: skip
BASELINE = WorkedStory(
    code="baseline",
    kpis=("visit_flow_reduction",),
    zh="基期(2月24日)全程 60 分;今天同一路径 36 分。",
    en="In the baseline (24 February) a visit took an hour; today one on the same path takes 36 minutes.",
    text="""
        08:00  YW1  registration.created  day=2025-02-24 visit_class=outpatient dept_code=YORTH planned_date=2025-02-24
        08:00  YW1  patient.checked_in    day=2025-02-24 point=clinic dept_code=YORTH
        08:50  YW1  consultation.started  day=2025-02-24 consultation_seq=1 doctor_id=YD2
        09:00  YW1  consultation.ended    day=2025-02-24 consultation_seq=1
        08:00  YW2  registration.created  visit_class=outpatient dept_code=YORTH planned_date=2025-03-03
        08:10  YW2  patient.checked_in    point=clinic dept_code=YORTH
        08:36  YW2  consultation.started  consultation_seq=1 doctor_id=YD2
        08:46  YW2  consultation.ended    consultation_seq=1
        """,
    as_of="12:00",
)
TRIAGE = WorkedStory(
    code="triage",
    kpis=("triage_accuracy",),
    zh="两人分诊到耳鼻喉科,其中一人就诊前改到眼科。",
    en="Two are sent to ear, nose and throat; one of them is put right to the eye clinic before being seen.",
    text="""
        08:00  YT1  registration.created  visit_class=outpatient dept_code=YENT planned_date=2025-03-03
        08:10  YT1  triage.completed      assigned_dept=YENT nurse_id=YN1 acuity=3
        08:15  YT1  record.corrected      corrected_event_id=x corrected_revision=1 corrected_subject=YT1 changed=dept_code:YENT:YEYE
        08:05  YT2  registration.created  visit_class=outpatient dept_code=YENT planned_date=2025-03-03
        08:20  YT2  triage.completed      assigned_dept=YENT nurse_id=YN1 acuity=3
        08:50  YT2  consultation.started  consultation_seq=1 dept_code=YENT
        08:58  YT2  consultation.ended    consultation_seq=1
        """,
    as_of="12:00",
    queried=(
        queried("triaged", "YT1", "YENT YN1", instant="08:10", num=False),
        queried("triaged", "YT2", "YENT YN1", instant="08:20", num=True),
    ),
)
AGAIN = WorkedStory(
    code="again",
    kpis=("chronic_revisit_interval", "patient_return_rate"),
    zh="糖尿病专病管理中的患者三周后复诊;一年之后再看,另一名患者没有再来。",
    en="A patient in the diabetes programme comes again after three weeks, and once more in May; another never does. "
    "Who returns is known a year later.",
    text="""
        2025-01-05T09:00  -    chronic.enrolled      programme_id=YPR disease=diabetes patient=YP1
        2025-02-10T09:00  YC0  consultation.started  consultation_seq=1 dept_code=YENDO patient=YP1
        08:00             YC1  registration.created  visit_class=outpatient dept_code=YENDO planned_date=2025-03-03 patient=YP1
        08:30             YC1  consultation.started  consultation_seq=1 dept_code=YENDO patient=YP1
        08:40             YC1  consultation.ended    consultation_seq=1
        08:00             YC2  registration.created  visit_class=outpatient dept_code=YENDO planned_date=2025-03-03 patient=YP2
        08:45             YC2  consultation.started  consultation_seq=1 dept_code=YENDO patient=YP2
        08:55             YC2  consultation.ended    consultation_seq=1
        2025-05-12T09:00  YC3  registration.created  visit_class=outpatient dept_code=YENDO planned_date=2025-05-12 patient=YP1
        2025-05-12T09:30  YC3  consultation.started  consultation_seq=1 dept_code=YENDO patient=YP1
        """,
    as_of="2026-03-05T08:00",
    queried=(
        queried(
            "chronic_revisit", "YC1", "diabetes YENDO", part="YPR", start="2025-02-10T09:00", end="08:30",
            score=21 * 86_400_000,
        ),
        queried("returned", "YC1", "YENDO ?", start="08:30", num=True),
        queried("returned", "YC2", "YENDO ?", start="08:45", num=False),
    ),
)  # fmt: skip
STORIES = (MORNING, BASELINE, TRIAGE, AGAIN)
