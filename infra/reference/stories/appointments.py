"""Appointments and the places of sessions."""

# ruff: noqa: E501 - a line is a fact

from __future__ import annotations

from infra.reference.stories.story import WorkedStory, queried

AFTERNOON = WorkedStory(
    code="afternoon",
    kpis=("appt_lead_time", "appt_no_show_rate", "appt_cancel_rate", "slot_fill_rate"),
    zh="下午三个号:甲三天前约,到诊;乙约了没来;丙当天上午退约。",
    en="An afternoon of three places: the first booked three days ago and comes, the second booked and does not, the "
    "third gives it up that morning.",
    text="""
        2025-02-24T08:00  -    schedule.session_published  session_id=YS1 dept_code=YOPH doctor_id=YDB visit_kind=first session_date=2025-03-03 session_start=13:30 session_end=17:00 slots=YL1@13:30*2+YL2@14:00*1
        2025-02-28T13:30  -    appointment.booked     appointment_id=YB1 slot_id=YL1 slot_start=2025-03-03T13:30 dept_code=YOPH doctor_id=YDB visit_kind=first channel=app object=consultation
        09:00             YB9  registration.created   visit_class=outpatient appointment_id=YB1 dept_code=YOPH planned_date=2025-03-03 channel=app
        13:20             YB9  patient.checked_in     point=clinic dept_code=YOPH
        2025-03-02T10:00  -    appointment.booked     appointment_id=YB2 slot_id=YL2 slot_start=2025-03-03T14:00 dept_code=YOPH doctor_id=YDB visit_kind=first channel=phone object=consultation
        2025-03-01T10:00  -    appointment.booked     appointment_id=YB3 slot_id=YL1 slot_start=2025-03-03T13:30 dept_code=YOPH doctor_id=YDB visit_kind=first channel=app object=consultation
        11:00             -    appointment.cancelled  appointment_id=YB3 initiator=patient
        """,
    as_of="2025-03-04T08:00",
    queried=(
        queried("appt_lead", "YB1", "YOPH YDB app first", start="2025-02-28T13:30", end="13:30"),
        queried("appt_due", "YB1", "YOPH YDB app 13 ?", start="13:30", num=False),
        queried("appt_due", "YB2", "YOPH YDB phone 14 ?", start="14:00", until="24:00"),
        queried("appt_due", "YB3", "YOPH YDB app 13 ?", start="13:30", excluded="cancelled"),
        queried("appt_cancelled", "YB1", "YOPH app 3-6d", instant="13:30", num=False),
        queried("appt_cancelled", "YB2", "YOPH phone 1-2d", instant="14:00", num=False),
        queried("appt_cancelled", "YB3", "YOPH app 1-2d", instant="13:30", num=True),
        queried("appt_cancelled", "YB1", "YOPH app 3-6d", series="<24h", instant="13:30", num=False),
        queried("appt_cancelled", "YB2", "YOPH phone 1-2d", series="<24h", instant="14:00", num=False),
        queried("appt_cancelled", "YB3", "YOPH app 1-2d", series="<24h", instant="13:30", num=True),
        queried("session_places", "YS1", "YOPH YDB pm", instant="13:30", num=False, amount="3"),
        queried("place_taken", "YB1", "YOPH YDB pm", instant="13:30", num=True),
        queried("place_taken", "YB2", "YOPH YDB pm", instant="14:00", num=True),
    ),
)
FREE = WorkedStory(
    code="free",
    kpis=("tnaa_days",),
    zh="上午10点看:后天有四个号,已约一个,第三个可约号在后天。",
    en="Seen at ten: the day after tomorrow has four places, one is taken; the third that is free lies two days ahead.",
    text="""
        2025-02-24T08:00  -  schedule.session_published  session_id=YS2 dept_code=YSTO doctor_id=YDC visit_kind=first session_date=2025-03-05 session_start=2025-03-05T08:00 session_end=2025-03-05T12:00 slots=YL3@2025-03-05T08:00*4
        2025-03-02T09:00  -  appointment.booked          appointment_id=YB4 slot_id=YL3 slot_start=2025-03-05T08:00 dept_code=YSTO doctor_id=YDC visit_kind=first channel=app object=consultation
        """,
    as_of="12:00",
    queried=(queried("third_next", "YSTO|YDC|first", "YSTO YDC first", start="10:00", end="10:00", score=172_800_000),),
)
CHANNELS = WorkedStory(
    code="channels",
    kpis=("appt_channel_share",),
    zh="今天三笔预约:两笔手机应用,一笔电话。",
    en="Three bookings today: two in the application, one by telephone.",
    text="""
        09:00  -  appointment.booked  appointment_id=YB5 slot_start=2025-03-10T09:00 dept_code=YPED channel=app object=consultation
        09:30  -  appointment.booked  appointment_id=YB6 slot_start=2025-03-10T09:15 dept_code=YPED channel=app object=consultation
        10:00  -  appointment.booked  appointment_id=YB7 slot_start=2025-03-11T09:00 dept_code=YPED channel=phone object=consultation
        """,
    as_of="12:00",
    queried=(
        queried("appt_booked", "YB5", "app YPED", instant="09:00", num=True),
        queried("appt_booked", "YB6", "app YPED", instant="09:30", num=True),
        queried("appt_booked", "YB7", "phone YPED", instant="10:00", num=True),
    ),
)
SUSPENDED = WorkedStory(
    code="suspended",
    kpis=("session_suspension_rate",),
    zh="今天三个诊次:一个照常,一个停诊(已有三人预约),一个停诊时尚无人预约。",
    en="Three sessions: one takes place, one is suspended with three appointments, one before anybody had booked.",
    text="""
        2025-02-24T09:00  -  schedule.session_published  session_id=YS3 dept_code=YCARD doctor_id=YD1 session_date=2025-03-03 session_start=08:00
        2025-02-24T09:00  -  schedule.session_published  session_id=YS4 dept_code=YCARD doctor_id=YD3 session_date=2025-03-03 session_start=08:00
        2025-03-02T09:00  -  schedule.session_suspended  session_id=YS4 affected_appointments=3
        2025-02-24T09:00  -  schedule.session_published  session_id=YS5 dept_code=YCARD doctor_id=YD4 session_date=2025-03-03 session_start=13:30
        2025-02-25T09:00  -  schedule.session_suspended  session_id=YS5 affected_appointments=0
        """,
    as_of="12:00",
)
STORIES = (AFTERNOON, FREE, CHANNELS, SUSPENDED)
