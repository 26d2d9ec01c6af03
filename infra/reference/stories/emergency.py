"""A night in the emergency department."""

# ruff: noqa: E501 - a line is a fact

from __future__ import annotations

from infra.reference.stories.story import WorkedStory

NIGHT = WorkedStory(
    code="night",
    kpis=(
        "ed_door_to_triage", "ed_door_to_doctor", "ed_los_discharged", "ed_4h_rate", "ed_lwbs_rate", "ed_boarding_time",
        "ed_green_channel_time",
    ),
    zh="凌晨四人:甲看完离院;乙未就诊离开;丙胸痛,30 分钟溶栓,等床五小时才入院;丁刚到。",
    en="Four in the night: the first is seen and goes home; the second leaves unseen; the third has chest pain, gets the "
    "needle after 30 minutes and a bed after five hours; the fourth has just come.",
    text="""
        02:00  YE1  ed.arrived                  arrival_mode=ambulance
        02:06  YE1  triage.completed            acuity=2 triage_seq=1
        02:20  YE1  ed.seen                     doctor_id=YD3
        04:30  YE1  ed.departed                 disposition=discharged
        03:00  YE2  ed.arrived                  arrival_mode=foot
        03:12  YE2  triage.completed            acuity=4 triage_seq=1
        04:30  YE2  ed.departed                 disposition=lwbs
        05:00  YE3  ed.arrived                  arrival_mode=ambulance
        05:02  YE3  triage.completed            acuity=1 triage_seq=1
        05:05  YE3  ed.seen                     doctor_id=YD3
        05:30  YE3  ed.green_channel_milestone  pathway=chest_pain kind=needle
        05:40  YE3  ed.disposition_decided      decision=admit target_ward=YCCU
        10:00  YE3  ed.departed                 disposition=admitted
        09:40  YE4  ed.arrived                  arrival_mode=foot
        """,
    as_of="10:00",
)  # fmt: skip
ROOMS = WorkedStory(
    code="rooms",
    kpis=("ed_resus_los_median", "ed_observation_los_mean"),
    zh="抢救室 1 小时后转入留观,留观 6 小时。",
    en="An hour in the resuscitation room, then six hours of observation.",
    text="""
        01:00  YE5  ed.arrived        arrival_mode=ambulance
        01:05  YE5  triage.completed  acuity=1 triage_seq=1
        01:05  YE5  ed.resus_entered  kind=resus stay_seq=1 location_id=YRES
        02:05  YE5  ed.resus_left     kind=resus stay_seq=1 location_id=YRES
        02:10  YE5  ed.resus_entered  kind=observation stay_seq=2 location_id=YOBS
        08:10  YE5  ed.resus_left     kind=observation stay_seq=2 location_id=YOBS
        """,
    as_of="12:00",
)
STORIES = (NIGHT, ROOMS)
