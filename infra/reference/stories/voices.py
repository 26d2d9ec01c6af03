"""What patients say: complaints, inquiries, questionnaires, suggestions."""

# ruff: noqa: E501 - a line is a fact

from __future__ import annotations

from infra.reference.stories.story import WorkedStory

COMPLAINTS = WorkedStory(
    code="complaints",
    kpis=(
        "complaint_first_response_time", "complaint_timely_rate", "complaint_resolution_time", "complaint_fcr_rate",
        "complaint_rate",
    ),
    zh="甲投诉:30 分钟首次回应,当天在期限内办结并告知;乙投诉:转给后勤,超过期限才办结。当天服务两人次。",
    en="The first complaint is answered after half an hour and resolved in time, the complainant told; the second is "
    "handed on and resolved after it was due. Two patients are seen that day.",
    text="""
        09:00  -    complaint.received    complaint_id=YZ1 dept_code=YCARD category=service channel=phone severity=1 due_at=11:00
        09:30  -    complaint.responded   complaint_id=YZ1
        10:30  -    complaint.resolved    complaint_id=YZ1 told_complainant=true
        09:10  -    complaint.received    complaint_id=YZ2 dept_code=YCARD category=food channel=phone severity=2 due_at=11:00
        09:20  -    complaint.assigned    complaint_id=YZ2 to_unit=KITCHEN hop=1
        10:00  -    complaint.responded   complaint_id=YZ2
        11:40  -    complaint.resolved    complaint_id=YZ2 told_complainant=true
        08:00  YZ8  registration.created  visit_class=outpatient dept_code=YCARD planned_date=2025-03-03
        08:40  YZ8  consultation.started  consultation_seq=1
        08:48  YZ8  consultation.ended    consultation_seq=1
        08:00  YZ9  registration.created  visit_class=outpatient dept_code=YCARD planned_date=2025-03-03
        08:50  YZ9  consultation.started  consultation_seq=1
        09:02  YZ9  consultation.ended    consultation_seq=1
        """,
    as_of="12:00",
)  # fmt: skip
INQUIRIES = WorkedStory(
    code="inquiries",
    kpis=("inquiry_response_time",),
    zh="一次咨询机器人先答、12 分钟后人工答复;另一次只有机器人答复,另列。",
    en="One inquiry is answered by the bot and twelve minutes later by somebody; another by the bot alone.",
    text="""
        09:00:00  -  inquiry.received   inquiry_id=YJ1 channel=online
        09:00:02  -  inquiry.responded  inquiry_id=YJ1 by=bot
        09:12:00  -  inquiry.responded  inquiry_id=YJ1 by=staff
        09:30:00  -  inquiry.received   inquiry_id=YJ2 channel=wechat
        09:30:03  -  inquiry.responded  inquiry_id=YJ2 by=bot
        """,
    as_of="12:00",
)
SURVEYS = WorkedStory(
    code="surveys",
    kpis=("satisfaction_rate", "survey_response_rate"),
    zh="发出两份问卷:一份三题中两题达到八成;另一份两周内没有交回。",
    en="Two questionnaires go out: in one, two of three items have four fifths of their scale; the other does not come "
    "back within two weeks.",
    text="""
        08:00  -  survey.sent       survey_id=YY1 survey_type=ed channel=sms
        09:00  -  survey.submitted  survey_id=YY1 survey_type=ed complete_share=1 answers=4/5+3/5+80/100
        08:00  -  survey.sent       survey_id=YY2 survey_type=ed channel=sms
        """,
    as_of="2025-03-18T08:00",
)
SUGGESTIONS = WorkedStory(
    code="suggestions",
    kpis=("suggestion_adoption_rate", "suggestion_rectify_time"),
    zh="两条建议:一条采纳,当天下午落实;一条未采纳。",
    en="Two suggestions: one is adopted and carried out in the afternoon, the other is not adopted.",
    text="""
        09:00             -  suggestion.received  suggestion_id=YG1 dept_code=YCARD topic=signs
        10:00             -  suggestion.resolved  suggestion_id=YG1 outcome=adopted rectified_at=15:00
        09:30             -  suggestion.received  suggestion_id=YG2 dept_code=YCARD topic=food
        11:00             -  suggestion.resolved  suggestion_id=YG2 outcome=rejected
        """,
    as_of="2025-03-06T08:00",
)
STORIES = (COMPLAINTS, INQUIRIES, SURVEYS, SUGGESTIONS)
