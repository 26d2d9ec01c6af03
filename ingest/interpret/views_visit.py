"""Rows of the visit: schedule, appointment, registration, consultation."""

from __future__ import annotations

import msgspec

from ingest.events.consultation import ConsultationEnded, ConsultationStarted
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
from ingest.interpret.row import Row

_CANCELLED = ("cancelled", "void", "作废")


def v_schedule(row: Row) -> None:
    """A session; the view does not say when it was published."""
    session_id = row.number_of("session", "session_id")
    occurred, flags = row.heard()
    pool, _ = row.code(Slot, "pool", row.text("pool")) if row.text("pool") else (None, True)
    told = {"start": row.ms("start_at"), "end": row.ms("end_at"), "capacity": row.whole("capacity"), "pool": pool}
    slot = msgspec.convert({"slot_id": session_id, **told}, Slot)
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
    row.need_visit()
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
        coded={"point": row.text("check_in_point") or _reports_at(row)},
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


def _reports_at(row: Row) -> str:
    """Where a patient of this class reports, as messages say it: the point is part of what makes the fact the same."""
    visit_class = row.text("visit_class")
    found = row.code(RegistrationCreated, "visit_class", visit_class)[0] if visit_class else None
    return {"emergency": "ed", "inpatient": "ward"}.get(found or "", "clinic")


def v_visit(row: Row) -> None:
    """A consultation."""
    row.need_visit()
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


VIEWS = {
    "v_schedule": v_schedule,
    "v_appointment": v_appointment,
    "v_register": v_register,
    "v_visit": v_visit,
}
