"""Rows of care after the visit: follow-ups and complaints."""

from __future__ import annotations

from ingest.errors import Malformed
from ingest.events.experience import (
    ComplaintAssigned,
    ComplaintClosed,
    ComplaintReceived,
    ComplaintResolved,
    ComplaintResponded,
)
from ingest.events.followup import FollowupCompleted, FollowupScheduled
from ingest.interpret.row import Row


def v_followup(row: Row) -> None:
    """A follow-up, due and done; the view does not say when it was planned."""
    followup_id = row.number_of("followup", "followup_id")
    if followup_id is None:
        raise Malformed("missing subject: v_followup.followup_id")
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
    complaint_id = row.number_of("complaint", "complaint_id")
    if complaint_id is None:
        raise Malformed("missing subject: v_complaint.complaint_id")
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


VIEWS = {"v_followup": v_followup, "v_complaint": v_complaint}
