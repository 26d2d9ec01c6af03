"""Rows of the queue: one row a step of a ticket, or one row a ticket that is overwritten at each step."""

from __future__ import annotations

from typing import Any, NamedTuple

from ingest.errors import Malformed
from ingest.events.envelope import Instant
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
    ticket = _ticket(row, occurred)
    row.tell(
        kind,
        occurred,
        op=row.op,
        coded=ticket.coded | _coded_by_step(row, kind),
        **ticket.told,
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


def v_queue_ticket(row: Row) -> None:
    """A ticket whose row is overwritten at each step: of its calls only the latest can be seen."""
    times = [row.at(column) for column in ("joined_at", "called_at", "served_at", "completed_at", "left_at")]
    first = next((at for at in times if at), None)
    if first is None:
        raise Malformed("missing time: v_queue_ticket.joined_at")
    ticket = _ticket(row, first)
    joins = {**ticket.coded, "priority": row.text("priority")}
    row.fact(QueueJoined, "joined_at", coded=joins, position=row.whole("sort_no"), **ticket.told)
    row.fact(QueueLeft, "left_at", coded=ticket.coded, basis="source", **ticket.told)
    window, staff = {"window_id": row.text("window_id"), **ticket.told}, row.staff(row.text("staff_id"))
    row.fact(QueueServed, "served_at", coded=ticket.coded, staff_id=staff, **window)
    closes = {**ticket.coded, "closed_by": row.text("closed_by") or "staff"}
    row.fact(QueueCompleted, "completed_at", coded=closes, **window)
    _latest_call(row, ticket, row.whole("call_count") or 1)


def _latest_call(row: Row, ticket: _Ticket, calls: int) -> None:
    told = {"window_id": row.text("window_id"), "call_seq": calls, **ticket.told}
    if calls == 1:
        row.fact(QueueCalled, "called_at", coded=ticket.coded, staff_id=row.staff(row.text("staff_id")), **told)
    else:  # nobody has seen the first one, unless this row was looked at before
        unseen = () if row.before("called_at") else ("first_call_unknown",)
        row.fact(QueueRecalled, "called_at", flags=unseen, coded=ticket.coded, **told)
    row.fact(QueueMissed, "missed_at", coded=ticket.coded, **told)
    if row.before("missed_at") and not row.text("missed_at"):
        heard, flags = row.heard()
        row.tell(
            QueueRequeued,
            heard,
            op=row.op,
            flags=flags,
            coded={**ticket.coded, "reason": row.text("reason") or "missed_return"},
            new_position=row.whole("sort_no"),
            call_log_id=row.identify("call", f"{row.text('ticket_id')}:{calls}", on=row.local_day(heard)),
            **ticket.told,
        )


class _Ticket(NamedTuple):
    """What all steps of a ticket say."""

    told: dict[str, Any]
    coded: dict[str, str]


def _ticket(row: Row, at: Instant) -> _Ticket:
    point, _ = row.code(QueueJoined, "service_point_type", row.text("service_point_type"))
    told = row.text("ref_ids").strip("{}[]").split(",")
    references = (
        row.identify(REFERS_TO.get(point or "", "order"), number.strip(), on=row.local_day(at)) for number in told
    )
    return _Ticket(
        {
            "ticket_id": row.ticket(row.text("ticket_id"), row.text("queue_id"), at),
            "ticket_no": row.text("ticket_no"),
            "queue_id": row.text("queue_id"),
            "ref_ids": tuple(reference for reference in references if reference),
        },
        {"service_point_type": row.text("service_point_type")},
    )


VIEWS = {"v_queue_call": v_queue_call, "v_queue_ticket": v_queue_ticket}
