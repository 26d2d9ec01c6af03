"""Inpatients: the wait for a bed, the way home, and who is followed up; stays in observation."""

# ruff: noqa: E501 - a line is a fact

from __future__ import annotations

CASES: dict[str, tuple[str, list[str]]] = {
    "VI1": (  # visited when admitted, stayed less than a week, called a week after
        """
        2025-03-01T09:00  VI1  inpatient.admitted           ward=W1 dept=CARD
        2025-03-01T10:00  VI1  followup.scheduled           followup_id=FV1 kind=inpatient_day0 due_date=2025-03-01
        2025-03-01T15:00  VI1  followup.completed           followup_id=FV1 outcome=reached medium=visit
        09:00             VI1  inpatient.discharge_ordered
        10:30             VI1  inpatient.settled            settlement_id=ST1 settle_place=bedside
        11:00             VI1  inpatient.discharged         ward=W1 disposition=home
        11:00             VI1  followup.scheduled           followup_id=FV2 kind=post_discharge due_date=2025-03-10
        2025-03-07T10:00  VI1  followup.completed           followup_id=FV2 outcome=reached medium=phone
        """,
        [
            "discharge_followup VI1: at 11:00 num {CARD phone ?}",
            "discharge_process VI1: 09:00→10:30 90 {W1 bedside}",
            "discharge_settled VI1: at 11:00 num {W1 bedside}",
            "three_visits VI1: at 11:00 num {W1}",
            "visit_counted VI1: at 11:00 {CARD inpatient}",
        ],
    ),
    "VI2": (  # called too early, and settled the next day
        """
        08:00             VI2  inpatient.admitted           ward=W1 dept=CARD request_id=RQ1
        09:00             VI2  inpatient.discharge_ordered
        11:00             VI2  inpatient.discharged         ward=W1 disposition=home
        11:00             VI2  followup.scheduled           followup_id=FV3 kind=post_discharge due_date=2025-03-10
        2025-03-06T23:59  VI2  followup.completed           followup_id=FV3 outcome=reached medium=phone
        2025-03-04T09:00  VI2  inpatient.settled            settlement_id=ST2 settle_place=window
        """,
        [
            "discharge_followup VI2: at 11:00 {CARD ? ?}",
            "discharge_process VI2: 09:00→03-04 09:00 1440 {W1 window}",
            "discharge_settled VI2: at 11:00 {W1 window}",
            "three_visits VI2: at 11:00 {W1}",
            "visit_counted VI2: at 11:00 {CARD inpatient}",
        ],
    ),
    "RQ1": ("2025-03-02T20:00 - admission.requested request_id=RQ1 target_dept=DERM", ["bed_wait RQ1: 03-02 20:00→08:00 720 {W1 DERM ?}"]),
    "RQ2": ("09:00 - admission.requested request_id=RQ2 target_dept=CARD wanted_date=2025-03-07", ["bed_wait RQ2: 09:00→ (planned) {? CARD ?}"]),
    "VE9": (
        """
        01:00  VE9  ed.arrived        arrival_mode=foot
        01:05  VE9  triage.completed  acuity=3 triage_seq=1
        02:00  VE9  ed.resus_entered  kind=observation stay_seq=1 location_id=OBS
        08:00  VE9  ed.resus_left     kind=observation stay_seq=1 location_id=OBS
        """,
        [
            "ed_4h VE9: 01:00→open until 05:00:01 {3 foot}",
            "ed_door_to_doctor VE9: 01:00→open until 13:00 {3 foot}",
            "ed_door_to_triage VE9: 01:00→01:05 5 {3 foot}",
            "ed_los_discharged VE9: 01:00→open until 03-06 01:00 {3 foot}",
            "ed_lwbs VE9: 01:00→open until 13:00:01 {3 after}",
            "ed_observation_stay VE9/1: 02:00→08:00 360 {3}",
            "triaged VE9: at 01:05 num {? ?}",
            "visit_counted VE9: at 01:00 {? emergency}",
        ],
    ),
}  # fmt: skip
