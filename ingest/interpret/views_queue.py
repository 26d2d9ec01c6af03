"""Rows of the queue: one row a step of a ticket."""

from __future__ import annotations

from typing import Any

from ingest.errors import Malformed
from ingest.events.queue import (
    QueueCalled,
    QueueCompleted,
    QueueJoined,
    QueueLeft,
    QueueMissed,
    QueueRecalled,
    QueueRequeued,
    QueueServed,
)
from ingest.interpret.queue import REFERS_TO, STEPS
from ingest.interpret.row import Row


def v_queue_call(row: Row) -> None:
    """One step of a ticket; the action is ZQU's code, or the event's own name."""
    action = row.text("action")
    kind = STEPS.get(action.upper()) or _NAMED.get(action.lower().removeprefix("queue."))
    if kind is None:
        raise Malformed("illegal code: v_queue_call.action")
    occurred = row.at("action_at")
    if occurred is None:
        raise Malformed("missing time: v_queue_call.action_at")
    point, _ = row.code(kind, "service_point_type", row.text("service_point_type"))
    refers_to = REFERS_TO.get(point or "", "order")
    on = row.local_day(occurred)
    told = row.text("ref_ids").strip("{}[]").split(",")
    references = (row.identify(refers_to, number.strip(), on=on) for number in told)
    coded = {"service_point_type": row.text("service_point_type")}
    row.tell(
        kind,
        occurred,
        op=row.op,
        coded=coded | _coded_by_step(row, kind),
        ticket_id=row.ticket(row.text("ticket_id"), row.text("queue_id"), occurred),
        ticket_no=row.text("ticket_no"),
        queue_id=row.text("queue_id"),
        ref_ids=tuple(reference for reference in references if reference),
        **_told_by_step(row, kind),
    )


def _coded_by_step(row: Row, kind: type) -> dict[str, str]:
    if kind is QueueJoined:
        return {"priority": row.text("priority")}
    if kind is QueueRequeued:
        return {"reason": row.text("reason")}
    return {"closed_by": row.text("closed_by") or "staff"} if kind is QueueCompleted else {}


def _told_by_step(row: Row, kind: type) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if kind in (QueueCalled, QueueRecalled, QueueMissed):
        told["call_seq"] = row.whole("call_seq")
    if kind in (QueueCalled, QueueRecalled, QueueMissed, QueueServed, QueueCompleted):
        told["window_id"] = row.text("window_id")
    if kind in (QueueCalled, QueueServed):
        told["staff_id"] = row.staff(row.text("staff_id"))
    if kind is QueueJoined:
        told["position"] = row.whole("sort_no")
    if kind is QueueRequeued:
        told |= {"new_position": row.whole("sort_no"), "call_log_id": row.number_of("call", "call_log_id")}
    if kind is QueueLeft:
        told["basis"] = "source"
    return told


_NAMED: dict[str, type] = {
    "joined": QueueJoined,
    "called": QueueCalled,
    "recalled": QueueRecalled,
    "missed": QueueMissed,
    "requeued": QueueRequeued,
    "served": QueueServed,
    "completed": QueueCompleted,
    "left": QueueLeft,
}
VIEWS = {"v_queue_call": v_queue_call}
