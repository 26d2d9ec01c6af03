"""Rows of the visit: schedule, appointment, registration, queue calls, consultations, emergency, inpatient."""

from __future__ import annotations

from typing import Any

from ingest.errors import Malformed
from ingest.events.consultation import ConsultationEnded, ConsultationStarted
from ingest.events.emergency import EdArrived, EdDeparted, EdDispositionDecided, EdResusEntered, EdResusLeft, EdSeen
from ingest.events.inpatient import (
    AdmissionRequested,
    InpatientAdmitted,
    InpatientDischarged,
    InpatientDischargeOrdered,
    InpatientSettled,
    InpatientTransferred,
)
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
from ingest.events.registration import (
    PatientCheckedIn,
    RegistrationCreated,
    RegistrationRefunded,
    TriageCompleted,
    VisitCancelled,
)
from ingest.events.scheduling import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentNoShow,
    AppointmentRescheduled,
    ScheduleSessionPublished,
    ScheduleSessionSuspended,
    Slot,
)
from ingest.interpret.person import age_band
from ingest.interpret.queue import REFERS_TO, STEPS
from ingest.interpret.row import Row

_CANCELLED = ("cancelled", "void", "作废")


def v_schedule(row: Row) -> None:
    """A session; the view does not say when it was published."""
    session_id = row.number_of("session", "session_id")
    occurred, flags = row.heard()
    slot = Slot(slot_id=session_id, start=row.ms("start_at"), end=row.ms("end_at"), capacity=row.whole("capacity"))
    day = row.day("session_date")
    row.tell(
        ScheduleSessionPublished,
        occurred,
        op=row.op,
        flags=flags,
        session_id=session_id,
        dept_code=row.dept(row.text("dept_code")),
        doctor_id=row.staff(row.text("doctor_id")),
        session_date=day.isoformat() if day else None,
        session_start=slot.start,
        session_end=slot.end,
        slots=(slot,) if slot.capacity is not None else (),
    )
    row.fact(ScheduleSessionSuspended, "suspended_at", session_id=session_id)


def v_appointment(row: Row) -> None:
    """An appointment from booking to its end."""
    appointment_id = row.number_of("appointment", "appointment_id")
    slot_start, status = row.ms("slot_start"), row.text("status").lower()
    row.fact(
        AppointmentBooked,
        "booked_at",
        coded={"channel": row.text("channel"), "object": row.text("object")},
        appointment_id=appointment_id,
        slot_start=slot_start,
        slot_end=row.ms("slot_end"),
        dept_code=row.dept(row.text("dept_code")),
        doctor_id=row.staff(row.text("doctor_id")),
    )
    if status in ("rescheduled", "changed") or row.text("old_appointment_id"):
        row.fact(AppointmentRescheduled, "changed_at", appointment_id=appointment_id, new_slot_start=slot_start)
    row.fact(
        AppointmentCancelled, "cancelled_at", coded={"initiator": row.text("cancel_by")}, appointment_id=appointment_id
    )
    if status in ("noshow", "no_show", "爽约"):
        over = "slot_end" if row.at("slot_end") else "slot_start"
        row.fact(AppointmentNoShow, over, appointment_id=appointment_id, slot_start=slot_start, basis="source")


def v_register(row: Row) -> None:
    """A registration: registered, checked in, triaged, given back."""
    _need_visit(row)
    registered = row.at("registered_at")
    if registered:
        day = row.day("planned_date") or row.day("visit_date") or row.local_day(registered)
        row.fact(
            RegistrationCreated,
            "registered_at",
            coded={
                "visit_class": row.text("visit_class"),
                "patient_group": row.text("patient_group"),
                "sex": row.text("sex"),
                "channel": row.text("channel"),
                "visit_kind": row.text("visit_kind"),
            },
            age_band=age_band(row.text("birth_date"), row.local_day(registered)),
            appointment_id=row.number_of("appointment", "appointment_id"),
            dept_code=row.dept(row.text("dept_code")),
            doctor_id=row.staff(row.text("doctor_id")),
            is_add=row.flag("is_add"),
            fee_amount=row.money("fee"),
            planned_date=day.isoformat(),
        )
    row.fact(
        PatientCheckedIn,
        "checked_in_at",
        coded={"point": row.text("check_in_point") or "clinic"},
        appointment_id=row.number_of("appointment", "appointment_id"),
        dept_code=row.dept(row.text("dept_code")),
    )
    row.fact(
        TriageCompleted,
        "triaged_at",
        coded={"acuity": row.text("acuity")},
        assigned_dept=row.dept(row.text("assigned_dept") or row.text("dept_code")),
    )
    row.fact(RegistrationRefunded, "refunded_at", amount=row.money("fee"))
    if row.text("status").lower() in _CANCELLED and not row.at("refunded_at") and registered:
        row.tell(VisitCancelled, registered, op=row.op, flags=("occurred_from:registered_at",))


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
    references = (row.identify(refers_to, number.strip()) for number in row.text("ref_ids").strip("{}[]").split(","))
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


def v_visit(row: Row) -> None:
    """A consultation."""
    _need_visit(row)
    sequence = row.whole("consultation_seq")
    row.fact(
        ConsultationStarted,
        "started_at",
        coded={"mode": row.text("mode") or "onsite"},
        consultation_seq=sequence,
        doctor_id=row.staff(row.text("doctor_id")),
        dept_code=row.dept(row.text("dept_code")),
        room_id=row.text("room_id"),
    )
    row.fact(ConsultationEnded, "ended_at", coded={"outcome": row.text("outcome")}, consultation_seq=sequence)


def v_ed(row: Row) -> None:
    """An emergency visit, from the door to the departure; `location` counts when it is a resuscitation room."""
    _need_visit(row)
    row.fact(EdArrived, "arrived_at", coded={"arrival_mode": row.text("arrival_mode")})
    row.fact(TriageCompleted, "triaged_at", coded={"acuity": row.text("acuity")}, assigned_dept=row.dept("ED"))
    row.fact(EdSeen, "seen_at", doctor_id=row.staff(row.text("doctor_id")))
    location = row.text("location")
    kind = row.code(EdResusEntered, "kind", location)[0] if location else None
    if kind:
        row.fact(EdResusEntered, "location_from", kind=kind, location_id=location)
        row.fact(EdResusLeft, "location_to", kind=kind, location_id=location)
    row.fact(EdDispositionDecided, "decided_at", coded={"decision": row.text("decision")})
    row.fact(EdDeparted, "departed_at", coded={"disposition": row.text("disposition")})


def v_inpatient(row: Row) -> None:
    """A stay on a ward."""
    visit_id, ward = _need_visit(row), row.text("ward")
    row.fact(AdmissionRequested, "requested_at", request_id=visit_id, target_dept=row.dept(ward))
    row.fact(InpatientAdmitted, "admitted_at", ward=ward, dept=row.dept(ward))
    row.fact(InpatientTransferred, "transferred_at", to_location=ward)
    row.fact(InpatientDischargeOrdered, "discharge_ordered_at")
    row.fact(InpatientDischarged, "discharged_at", disposition=row.text("disposition"), ward=ward)
    row.fact(InpatientSettled, "settled_at", coded={"settle_place": row.text("settle_place")}, settlement_id=visit_id)


def _need_visit(row: Row) -> str:
    if row.visit_id is None:
        raise Malformed(f"missing subject: {row.view}.visit_id")
    return row.visit_id


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
VIEWS = {
    "v_schedule": v_schedule,
    "v_appointment": v_appointment,
    "v_register": v_register,
    "v_queue_call": v_queue_call,
    "v_visit": v_visit,
    "v_ed": v_ed,
    "v_inpatient": v_inpatient,
}
