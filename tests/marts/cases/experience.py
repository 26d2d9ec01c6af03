"""Complaints as they end, suggestions, questionnaires, sessions and follow-ups."""

# ruff: noqa: E501 - a line is a fact

from __future__ import annotations

CASES: dict[str, tuple[str, list[str]]] = {
    "CX1": (  # reopened: in time by the first resolution, ended by the last; handed on, so not at once
        """
        09:00             -  complaint.received  complaint_id=CX1 dept_code=CARD category=food channel=phone severity=2 due_at=11:00
        09:30             -  complaint.assigned  complaint_id=CX1 to_unit=KITCHEN hop=1
        10:00             -  complaint.resolved  complaint_id=CX1 told_complainant=true
        10:30             -  complaint.reopened  complaint_id=CX1
        2025-03-04T09:00  -  complaint.resolved  complaint_id=CX1 told_complainant=true
        2025-03-04T10:00  -  complaint.closed    complaint_id=CX1 paused_minutes=60
        """,
        [
            "complaint_counted CX1: at 09:00 {CARD food phone 2}",
            "complaint_due CX1: 09:00→10:00 60 num {CARD food phone}",
            "complaint_first_contact CX1: at 10:00 {CARD phone}",
            "complaint_response CX1: 09:00→open until 03-17 09:00 {CARD phone}",
        ],
    ),
    "CX2": (  # over a weekend
        """
        2025-02-28T12:00  -  complaint.received  complaint_id=CX2 dept_code=CARD
        10:00             -  complaint.resolved  complaint_id=CX2
        """,
        [
            "complaint_first_contact CX2: at 10:00 num {CARD ?}",
            "complaint_resolution CX2: 02-28 12:00→10:00 1320 {CARD ?}",
        ],
    ),
    "SG1": (
        """
        09:00  -  suggestion.received  suggestion_id=SG1 dept_code=CARD topic=food
        10:00  -  suggestion.resolved  suggestion_id=SG1 outcome=adopted rectified_at=11:00
        """,
        [
            "suggestion_adopted SG1: at 09:00 num {CARD food ?}",
            "suggestion_rectified SG1: 09:00→11:00 120 {CARD food}",
        ],
    ),
    "SG2": (
        """
        09:00  -  suggestion.received  suggestion_id=SG2 dept_code=CARD topic=food
        10:00  -  suggestion.resolved  suggestion_id=SG2 outcome=duplicate
        """,
        [
            "suggestion_adopted SG2: at 09:00 (duplicate) {CARD food ?}",
            "suggestion_rectified SG2: 09:00→ (not_adopted) {CARD food}",
        ],
    ),
    "SV1": (  # two of three items have four fifths of their scale
        """
        08:00  -  survey.sent       survey_id=SV1 survey_type=ed channel=sms
        09:00  -  survey.submitted  survey_id=SV1 survey_type=ed complete_share=1 answers=4/5+3/5+80/100
        """,
        [
            "satisfaction_alone SV1: →09:00 11111.1 {ed ?}",
            "survey_answered SV1: 08:00→09:00 60 num {sms ?}",
        ],
    ),
    "VS1": (  # the second form of a kind is a duplicate, an incomplete one none at all
        """
        08:00  VS1  registration.created  visit_class=emergency dept_code=ED
        09:00  VS1  survey.submitted      survey_id=SV2 survey_type=ed complete_share=0.5 answers=1/5
        10:00  VS1  survey.submitted      survey_id=SV3 survey_type=ed complete_share=0.6 answers=5/5
        11:00  VS1  survey.submitted      survey_id=SV4 survey_type=ed complete_share=1 answers=1/5
        """,
        [
            "refund_registration VS1: at 08:00 {registration ED ?}",
            "satisfaction VS1/SV2: →09:00 (incomplete) {ed ED}",
            "satisfaction VS1/SV3: →10:00 16666.7 {ed ED}",
            "satisfaction VS1/SV4: →11:00 (duplicate) {ed ED}",
        ],
    ),
    "SE1": (
        """
        2025-03-01T09:00  -  schedule.session_published  session_id=SE1 dept_code=CARD doctor_id=DR1 session_date=2025-03-03 session_start=08:00
        2025-03-02T09:00  -  schedule.session_suspended  session_id=SE1 affected_appointments=3
        """,
        [
            "session_places SE1: at 08:00 (suspended) amount 0 {CARD DR1 am}",
            "session_suspended SE1: at 08:00 num {CARD DR1}",
        ],
    ),
    "FU1": (
        """
        2025-02-20T09:00  -  followup.scheduled  followup_id=FU1 kind=chronic due_date=2025-03-03 programme=HTN
        2025-03-05T09:00  -  followup.completed  followup_id=FU1 outcome=reached medium=phone
        """,
        [
            "followup_due FU1: 00:00→03-05 09:00 3420 num {HTN phone}",
        ],
    ),
}  # fmt: skip
