"""Rows of care after the visit: follow-ups, complaints and questionnaires."""

from __future__ import annotations

from ingest.events.experience import (
    Answer,
    ComplaintAssigned,
    ComplaintClosed,
    ComplaintReceived,
    ComplaintReopened,
    ComplaintResolved,
    ComplaintResponded,
    SurveySent,
    SurveySubmitted,
)
from ingest.events.followup import FollowupCompleted, FollowupScheduled
from ingest.interpret.codes import plain
from ingest.interpret.row import Row


def v_followup(row: Row) -> None:
    """A follow-up, due and done; the view does not say when it was planned."""
    followup_id = row.needed("followup", "followup_id")
    due = row.day("due_date")
    occurred, flags = row.heard()
    row.tell(
        FollowupScheduled,
        occurred,
        op=row.op,
        flags=flags,
        coded={"kind": row.text("kind")},
        followup_id=followup_id,
        due_date=due.isoformat() if due else None,
    )
    row.fact(
        FollowupCompleted,
        "done_at",
        coded={"outcome": row.text("outcome"), "medium": row.text("medium")},
        followup_id=followup_id,
    )


def v_complaint(row: Row) -> None:
    """A complaint from its receipt to the file; never its text."""
    complaint_id = row.needed("complaint", "complaint_id")
    row.fact(
        ComplaintReceived,
        "received_at",
        coded={"channel": row.text("channel")},
        complaint_id=complaint_id,
        category=row.text("category"),
        dept_code=row.dept(row.text("dept_code")),
        multi_dept=row.flag("multi_dept"),
    )
    row.fact(ComplaintAssigned, "assigned_at", complaint_id=complaint_id)
    row.fact(ComplaintResponded, "responded_at", complaint_id=complaint_id)
    row.fact(ComplaintResolved, "resolved_at", coded={"outcome": row.text("outcome")}, complaint_id=complaint_id)
    row.fact(ComplaintClosed, "closed_at", complaint_id=complaint_id)
    if row.text("reopened_of"):
        row.fact(ComplaintReopened, "received_at", complaint_id=row.number_of("complaint", "reopened_of"))


def v_survey(row: Row) -> None:
    """A questionnaire, sent and answered: a row an item, and one that has no score was left out."""
    survey_id = row.needed("survey", "survey_id", "sent_at", "submitted_at")
    row.fact(SurveySent, "sent_at", survey_id=survey_id, survey_type=row.text("survey_type"))
    asked = [each for each in row.together if each.text("item_code")]
    answers = tuple(
        Answer(item_code=each.text("item_code"), score=score, scale=each.whole("scale"))
        for each in asked
        if (score := each.whole("score")) is not None and plain(each.text("item_code"))
    )
    row.fact(
        SurveySubmitted,
        "submitted_at",
        coded={"survey_type": row.text("survey_type")},
        survey_id=survey_id,
        answers=answers,
        complete_share=round(len(answers) / len(asked), 4) if asked else None,
    )


VIEWS = {"v_followup": v_followup, "v_complaint": v_complaint, "v_survey": v_survey}
