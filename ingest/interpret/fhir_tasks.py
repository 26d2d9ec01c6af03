"""Tasks: a ticket in a queue, and the steps of other work. The task's code says which it is.

A ticket's task has as code the service point (`cashier`, `pharmacy`, …), as location the queue, as owner who calls,
as focus what the ticket is for; inputs named `ticket_no`, `window` and `call_seq` say the rest. Other codes are
`refund`, `prescription-review`, `critical-value`, `complaint`, `nurse-call`; the site maps its own under
[codes.task] and [codes.service_point_type].
"""

from __future__ import annotations

from typing import Any

from ingest.errors import Malformed
from ingest.events.billing import BillRefundRequested
from ingest.events.envelope import Event
from ingest.events.experience import ComplaintAssigned, ComplaintReceived, ComplaintReopened, ComplaintResolved
from ingest.events.inpatient import NursecallAnswered, NursecallRaised
from ingest.events.orders import CriticalValueAcknowledged
from ingest.events.pharmacy import PrescriptionReviewed
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
from ingest.interpret.fhir_bundle import items, text
from ingest.interpret.fhir_resource import Resource, When
from ingest.interpret.queue import REFERS_TO

_CALLS: dict[str, type[Event]] = {
    "called": QueueCalled,
    "recalled": QueueRecalled,
    "missed": QueueMissed,
    "requeued": QueueRequeued,
}


def task(res: Resource) -> None:
    """A task by its code."""
    raw = res.concept(res.told.get("code"))
    tell = _OTHERS.get(res.source.codes.get("task", {}).get(raw, raw))
    if tell:
        tell(res)
    elif raw and res.code(QueueJoined, "service_point_type", raw)[0]:
        _ticket(res, raw)


def _ticket(res: Resource, point: str) -> None:
    """Where a ticket stands: each version of the task tells its step, with the times of the earlier ones."""
    joined = res.at("authoredOn")
    modified = _modified(res)
    ticket = _ticket_of(res, point, joined.ms if joined else modified[0].ms)
    res.fact(QueueJoined, joined, **ticket, priority=_priority(res))
    window = _input(res, "window") or res.place_by(res.referred(res.told.get("owner"), "Location", "HealthcareService"))
    call_seq = _number(res, "call_seq")
    step = _CALLS.get(res.concept(res.told.get("businessStatus")))
    if step in (QueueCalled, QueueRecalled, QueueMissed):
        told: dict[str, Any] = {"window_id": window, "call_seq": call_seq}
        if step is QueueCalled:
            told["staff_id"] = res.staff_by(res.told.get("owner"))
        res.fact(step, modified, **ticket, **told)
    elif step is QueueRequeued:
        coded = {**ticket.pop("coded"), "reason": res.concept(res.told.get("statusReason"))}
        res.fact(step, modified, **ticket, coded=coded)
        ticket["coded"] = coded
    if res.status in ("in-progress", "completed", "entered-in-error"):
        staff = res.staff_by(res.told.get("owner"))
        res.fact(QueueServed, res.at("executionPeriod", "start"), **ticket, window_id=window, staff_id=staff)
    if res.status in ("completed", "entered-in-error"):
        closed_by = "auto" if res.concept(res.told.get("statusReason")).lower() == "auto" else "staff"
        res.fact(QueueCompleted, res.at("executionPeriod", "end"), **ticket, window_id=window, closed_by=closed_by)
    if res.status in ("cancelled", "failed", "rejected"):
        res.fact(QueueLeft, modified, **ticket, basis="source")


def _ticket_of(res: Resource, point: str, at_ms: int) -> dict[str, Any]:
    queue = res.place_by(res.told.get("location"))
    numbers = [each for each in items(res.told.get("identifier")) if text(each.get("value"))]
    number, authority = (text(numbers[0].get("value")), text(numbers[0].get("system"))) if numbers else ("", "")
    when = res.updated()[0]._replace(ms=at_ms)
    ours, _ = res.code(QueueJoined, "service_point_type", point)
    kind = REFERS_TO.get(ours or "", "order")
    about = [*items(res.told.get("focus")), *items(res.told.get("basedOn"))]
    references = (res.number_by(kind, each) if kind != "prescription" else _prescription(res, each) for each in about)
    return {
        "coded": {"service_point_type": point},
        "ticket_id": res.ticket(number or text(res.told.get("id")), queue, when, authority),
        "ticket_no": _input(res, "ticket_no"),
        "queue_id": queue,
        "dept_code": res.visit_dept(),
        "ref_ids": tuple(found for found in references if found),
    }


def _prescription(res: Resource, reference: Any) -> str | None:
    found = res.bundle.resolve(reference, res.told)
    return res.grouped(found) if found else res.number_by("prescription", reference)


def _priority(res: Resource) -> str | None:
    """Routine is how everybody waits; what else counts as urgent."""
    raw = text(res.told.get("priority"))
    return {"routine": "normal", "urgent": "urgent", "asap": "urgent", "stat": "urgent"}.get(raw)


def _modified(res: Resource) -> When:
    modified = res.at("lastModified")
    return (modified, ()) if modified else res.updated()


def _input(res: Resource, name: str) -> str:
    for each in items(res.told.get("input")):
        if res.concept(each.get("type")) == name:
            return text(each.get("valueString")) or text(each.get("valueCode")) or text(each.get("valueInteger"))
    return ""


def _number(res: Resource, name: str) -> int | None:
    return res.number(_input(res, name), f"Task.input {name}")


# --- other work ----------------------------------------------------------------------------------------------------


def _refund(res: Resource) -> None:
    """Somebody asked for money back for the bills in focus."""
    for each in items(res.told.get("focus")):
        res.fact(
            BillRefundRequested,
            res.at("authoredOn"),
            bill_id=res.number_by("bill", each),
            refund_id=res.number_of("payment"),
            reason_code=res.concept(res.told.get("reasonCode")),
        )


def _review(res: Resource) -> None:
    """A prescription was passed, refused or overridden."""
    done = {"completed": "pass", "rejected": "reject", "failed": "reject"}.get(res.status)
    raw = res.concept(res.told.get("businessStatus"))
    result = res.code(PrescriptionReviewed, "result", raw)[0] if raw else done
    if done is None or result is None:
        return
    at = res.at("executionPeriod", "end")
    reviewer = res.staff_by(res.told.get("owner"))
    for each in items(res.told.get("focus")):
        res.fact(
            PrescriptionReviewed,
            (at, ()) if at else _modified(res),
            prescription_id=_prescription(res, each),
            result=result,
            mode="pharmacist" if reviewer else "auto",
            reviewer_id=reviewer,
        )


def _acknowledged(res: Resource) -> None:
    """Somebody took charge of the dangerous result in focus: its number is that of the laboratory's order."""
    if res.status not in ("completed", "entered-in-error"):
        return
    based = res.told.get("basedOn")
    at = res.at("executionPeriod", "end")
    critical = res.number_by("critical", based, types="filler") or res.number_by("critical", based or res.get("focus"))
    if critical is None:
        raise Malformed("missing subject: Task.basedOn")
    res.fact(
        CriticalValueAcknowledged,
        (at, ()) if at else _modified(res),
        critical_id=critical,
        order_id=res.number_by("order", based),
        staff_id=res.staff_by(res.told.get("owner")),
    )


def _complaint(res: Resource) -> None:
    """A complaint in hand: assigned, resolved, taken up again."""
    complaint_id = res.number_of("complaint")
    res.fact(ComplaintReceived, res.at("authoredOn"), complaint_id=complaint_id)
    owner = res.place_by(res.referred(res.told.get("owner"), "Organization"))
    if owner and res.status in ("accepted", "in-progress"):
        again = res.concept(res.told.get("businessStatus")) == "reopened"
        if again:
            res.fact(ComplaintReopened, _modified(res), complaint_id=complaint_id)
        else:
            res.fact(ComplaintAssigned, _modified(res), complaint_id=complaint_id, to_unit=owner)
    if res.status == "completed":
        coded = {"outcome": res.concept(res.told.get("businessStatus"))}
        res.fact(ComplaintResolved, _modified(res), coded=coded, complaint_id=complaint_id)


def _nurse_call(res: Resource) -> None:
    call_id = res.number_of("call")
    res.fact(
        NursecallRaised,
        res.at("authoredOn"),
        call_id=call_id,
        ward=res.place_by(res.told.get("location")),
        bed=_input(res, "bed"),
        kind=res.concept(res.told.get("reasonCode")),
    )
    if res.status == "completed":
        at = res.at("executionPeriod", "end")
        nurse = res.staff_by(res.told.get("owner"))
        res.fact(NursecallAnswered, (at, ()) if at else _modified(res), call_id=call_id, nurse_id=nurse)


_OTHERS = {
    "refund": _refund,
    "prescription-review": _review,
    "critical-value": _acknowledged,
    "complaint": _complaint,
    "nurse-call": _nurse_call,
}
TOLD_BY = {"Task": task}
