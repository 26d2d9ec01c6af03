"""Inpatients, and who is followed up."""

# ruff: noqa: E501 - a line is a fact

from __future__ import annotations

from infra.reference.stories.story import WorkedStory, queried

STAY = WorkedStory(
    code="stay",
    kpis=(
        "discharge_process_time", "discharge_same_day_settle_rate", "discharge_followup_rate", "three_visit_coverage",
        "bed_wait_time",
    ),
    zh="甲:入院当日探视,住院两天,开出院医嘱 90 分钟后结算,一周后随访到。乙:等床 12 小时入院,次日结算,随访过早。",
    en="The first is visited on the day of admission, settles 90 minutes after the order to discharge and is reached a "
    "week later. The second waits twelve hours for a bed, settles the next day and is called too early.",
    text="""
        2025-03-01T09:00  YI1  inpatient.admitted           ward=YW1 dept=YCARD
        2025-03-01T10:00  YI1  followup.scheduled           followup_id=YU1 kind=inpatient_day0 due_date=2025-03-01
        2025-03-01T15:00  YI1  followup.completed           followup_id=YU1 outcome=reached medium=visit
        09:00             YI1  inpatient.discharge_ordered
        10:30             YI1  inpatient.settled            settlement_id=YST1 settle_place=bedside
        11:00             YI1  inpatient.discharged         ward=YW1 disposition=home
        11:00             YI1  followup.scheduled           followup_id=YU2 kind=post_discharge due_date=2025-03-10
        2025-03-10T10:00  YI1  followup.completed           followup_id=YU2 outcome=reached medium=phone
        2025-03-02T20:00  -    admission.requested          request_id=YRQ target_dept=YCARD
        08:00             YI2  inpatient.admitted           ward=YW1 dept=YCARD request_id=YRQ
        09:00             YI2  inpatient.discharge_ordered
        11:00             YI2  inpatient.discharged         ward=YW1 disposition=home
        11:00             YI2  followup.scheduled           followup_id=YU3 kind=post_discharge due_date=2025-03-10
        2025-03-04T09:00  YI2  inpatient.settled            settlement_id=YST2 settle_place=window
        2025-03-05T10:00  YI2  followup.completed           followup_id=YU3 outcome=reached medium=phone
        """,
    as_of="2025-03-15T08:00",
    queried=(
        queried("discharge_followup", "YI1", "YCARD phone ?", instant="11:00", num=True),
        queried("discharge_followup", "YI2", "YCARD ? ?", instant="11:00", num=False),
        queried("three_visits", "YI1", "YW1", instant="11:00", num=True),
        queried("three_visits", "YI2", "YW1", instant="11:00", num=False),
        queried("bed_wait", "YRQ", "YW1 YCARD ?", start="2025-03-02T20:00", end="08:00"),
    ),
)  # fmt: skip
CALL = WorkedStory(
    code="call",
    kpis=("nurse_call_response",),
    zh="两次呼叫:45 秒和 75 秒后有人应答。",
    en="Two calls, answered after 45 and 75 seconds.",
    text="""
        09:00:00  -  nursecall.raised    call_id=YN1 ward=YW7 bed=12
        09:00:45  -  nursecall.answered  call_id=YN1
        09:20:00  -  nursecall.raised    call_id=YN2 ward=YW7 bed=3
        09:21:15  -  nursecall.answered  call_id=YN2
        """,
    as_of="12:00",
)
CHRONIC = WorkedStory(
    code="chronic",
    kpis=("chronic_followup_on_time_rate",),
    zh="两次慢病随访都应在3月3日:一次两天后随访到,一次到期七天仍未随访到。",
    en="Two follow-ups of chronic patients are due on 3 March: one is reached two days later, the other not within seven.",
    text="""
        2025-02-20T09:00  -  followup.scheduled  followup_id=YU4 kind=chronic due_date=2025-03-03 programme=HTN
        2025-03-05T09:00  -  followup.completed  followup_id=YU4 outcome=reached medium=phone
        2025-02-20T09:00  -  followup.scheduled  followup_id=YU5 kind=chronic due_date=2025-03-03 programme=HTN
        """,
    as_of="2025-03-12T08:00",
)
STORIES = (STAY, CALL, CHRONIC)
