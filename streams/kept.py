"""What of an event is kept: for every type that some rule reads, the fields that are read, and what they may hold.

An event whose type is not in `KEPT` is read by no rule.
"""

from __future__ import annotations

from typing import ClassVar

_TICKET = ("ticket_id", "queue_id", "service_point_type", "dept_code", "ref_ids")

# Event type → the fields that rules read. The order is the process rank.
# fmt: off
KEPT: dict[str, tuple[str, ...]] = {
    "appointment.booked": ("appointment_id", "slot_start", "dept_code", "doctor_id", "channel"),
    "appointment.rescheduled": ("appointment_id", "new_slot_start"),
    "registration.created": (
        "visit_class", "appointment_id", "dept_code", "doctor_id", "visit_kind", "channel", "amount",
        "planned_date", "age_band", "patient_group",
    ),
    "ed.arrived": ("arrival_mode", "age_band", "patient_group"),
    "inpatient.admitted": ("dept", "age_band", "patient_group"),
    "patient.checked_in": ("point", "dept_code", "appointment_id", "order_id"),
    "queue.joined": _TICKET,
    "queue.requeued": _TICKET,
    "queue.called": (*_TICKET, "window_id", "staff_id"),
    "queue.recalled": _TICKET,
    "queue.missed": _TICKET,
    "queue.served": (*_TICKET, "window_id", "staff_id", "serve_seq"),
    "registration.refunded": ("amount", "reason_code"),
    "triage.completed": ("acuity", "dept_code"),
    "ed.resus_entered": ("kind", "location_id"),
    "ed.seen": ("doctor_id",),
    "consultation.started": ("consultation_seq", "doctor_id", "dept_code"),
    "order.placed": ("order_id", "category", "item_code", "priority", "dept_code", "modality"),
    "order.cancelled": ("order_id",),
    "exam.booked": ("order_id", "scheduled_start", "modality", "by_patient_choice"),
    "bill.created": ("bill_id", "item_class", "amount", "ref_ids", "dept_code"),
    "bill.paid": ("bill_id", "payment_id", "amount", "terminal_type", "channel", "full_settlement"),
    "specimen.collected": ("specimen_id", "point", "order_id"),
    "specimen.received": ("specimen_id", "rejected"),
    "exam.started": ("order_id", "modality", "device_id"),
    "report.issued": ("order_id", "status", "category", "doctor_id"),
    "critical_value.raised": ("critical_id", "specimen_id", "item_code"),
    "critical_value.acknowledged": ("critical_id",),
    "prescription.submitted": ("prescription_id", "dept_code", "rx_type", "decoction", "bill_id"),
    "prescription.reviewed": ("mode",),
    "prescription.cancelled": ("prescription_id",),
    "dispensing.prepared": ("prescription_id", "pharmacy_id", "window_id"),
    "dispensing.dispensed": ("prescription_id", "pharmacy_id", "window_id", "delivery"),
    "consultation.ended": ("consultation_seq", "outcome", "end_imputed"),
    "bill.refund_requested": ("refund_id", "reason_code", "steps_required"),
    "bill.refunded": ("bill_id", "refund_id", "payment_id", "amount"),
    "queue.completed": (*_TICKET, "window_id", "serve_seq", "closed_by"),
    "queue.left": _TICKET,
    "ed.resus_left": ("kind", "location_id", "died"),
    "ed.disposition_decided": ("decision", "target_ward"),
    "ed.green_channel_milestone": ("pathway", "kind"),
    "ed.departed": ("disposition",),
    "inpatient.transferred": (),
    "inpatient.discharge_ordered": (),
    "inpatient.settled": ("settle_place",),
    "inpatient.discharged": ("ward", "disposition"),
    "visit.cancelled": (),
    "nursecall.raised": ("ward",),
    "nursecall.answered": (),
    "complaint.received": ("dept_code", "channel", "category", "severity", "due_at"),
    "complaint.assigned": (),
    "complaint.responded": (),
    "complaint.resolved": ("told_complainant",),
    "complaint.closed": ("paused_minutes",),
    "complaint.reopened": (),
    "inquiry.received": ("channel",),
    "inquiry.responded": ("by",),
    "suggestion.received": ("dept_code", "topic", "source"),
    "suggestion.resolved": ("outcome", "rectified_at"),
    "schedule.session_published": ("dept_code", "doctor_id", "session_date", "session_start"),
    "schedule.session_suspended": ("affected_appointments",),
    "followup.scheduled": ("kind", "due_date", "programme"),
    "followup.completed": ("outcome", "medium"),
    "survey.sent": ("channel",),
    "survey.submitted": ("survey_id", "survey_type", "complete_share", "satisfied"),
}
# fmt: on

# Where a fact's field has another name in the event, or is read from a richer value.
NAMED: dict[tuple[str, str], str] = {
    ("registration.created", "amount"): "fee_amount",
    ("bill.paid", "channel"): "parts",
    ("triage.completed", "dept_code"): "assigned_dept",
    ("order.placed", "dept_code"): "ordering_dept",
    ("report.issued", "doctor_id"): "reporter_id",
    ("survey.submitted", "satisfied"): "answers",
}
RANK = {event_type: rank for rank, event_type in enumerate(KEPT)}


class Says:
    """What facts may say beside when and what; each says what `KEPT` names for its type, and of the rest None."""

    __slots__ = ()

    type: ClassVar[str]
    ticket_id: str | None
    queue_id: str | None
    service_point_type: str | None
    dept_code: str | None
    ref_ids: tuple[str, ...]
    window_id: str | None
    staff_id: str | None
    serve_seq: int | None
    closed_by: str | None
    visit_class: str | None
    appointment_id: str | None
    order_id: str | None
    slot_start: int | None
    new_slot_start: int | None
    doctor_id: str | None
    visit_kind: str | None
    channel: str | None
    amount: str | None
    planned_date: str | None
    age_band: str | None
    patient_group: str | None
    arrival_mode: str | None
    dept: str | None
    point: str | None
    reason_code: str | None
    acuity: str | None
    kind: str | None
    consultation_seq: int | None
    category: str | None
    item_code: str | None
    priority: str | None
    modality: str | None
    bill_id: str | None
    item_class: str | None
    payment_id: str | None
    refund_id: str | None
    terminal_type: str | None
    full_settlement: bool | None
    specimen_id: str | None
    rejected: bool | None
    device_id: str | None
    status: str | None
    prescription_id: str | None
    rx_type: str | None
    decoction: bool | None
    mode: str | None
    pharmacy_id: str | None
    delivery: str | None
    outcome: str | None
    end_imputed: bool | None
    disposition: str | None
    ward: str | None
    decision: str | None
    target_ward: str | None
    pathway: str | None
    scheduled_start: int | None
    critical_id: str | None
    by: str | None
    by_patient_choice: bool | None
    severity: str | None
    due_at: int | None
    told_complainant: bool | None
    paused_minutes: int | None
    topic: str | None
    source: str | None
    rectified_at: int | None
    survey_id: str | None
    survey_type: str | None
    complete_share: float | None
    satisfied: int | None  # billionths
    session_date: str | None
    session_start: int | None
    affected_appointments: int | None
    due_date: str | None
    programme: str | None
    medium: str | None
    location_id: str | None
    died: bool | None
    settle_place: str | None
    steps_required: int | None
