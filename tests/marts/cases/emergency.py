"""Stays in the emergency department."""

from __future__ import annotations

CASES: dict[str, tuple[str, list[str]]] = {
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
            "ed_resus_stay VE1/1: 02:01→open until 03-06 02:01 {1}",
            "triaged VE1: at 02:20 num {? ?}",
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
}  # fmt: skip
