"""What the feeds have a place for: the fields of each kind of fact that a message, row or record of it can tell."""

from __future__ import annotations

from typing import Any

from infra.rehearsal.facts import Fact, Told

_TICKET = ("ticket_id", "ticket_no", "queue_id", "service_point_type", "dept_code", "ref_ids")
TELLS: dict[str, tuple[str, ...]] = {
    "appointment.booked": ("appointment_id", "slot_start", "slot_end", "dept_code", "visit_kind", "channel", "object"),
    "appointment.cancelled": ("appointment_id", "initiator"),
    "registration.created": ("visit_class", "appointment_id", "dept_code", "visit_kind", "channel", "planned_date",
                             "age_band", "sex", "patient_group"),
    "registration.refunded": ("amount",),
    "patient.checked_in": ("appointment_id", "order_id", "point", "dept_code", "method"),
    "triage.completed": ("acuity", "assigned_dept", "nurse_id"),
    "queue.joined": (*_TICKET, "priority"),
    "queue.called": (*_TICKET, "window_id", "staff_id", "call_seq"),
    "queue.recalled": (*_TICKET, "window_id", "call_seq"),
    "queue.missed": (*_TICKET, "window_id", "call_seq"),
    "queue.requeued": (*_TICKET, "reason"),
    "queue.served": (*_TICKET, "window_id", "staff_id"),
    "queue.completed": (*_TICKET, "window_id", "closed_by"),
    "queue.left": (*_TICKET, "basis"),
    "consultation.started": ("consultation_seq", "doctor_id", "dept_code", "room_id", "mode"),
    "consultation.ended": ("consultation_seq", "outcome"),
    "order.placed": ("order_id", "category", "modality", "item_code", "priority", "ordering_dept", "doctor_id"),
    "exam.started": ("order_id", "modality", "device_id", "operator_id"),
    "exam.completed": ("order_id",),
    "specimen.collected": ("order_id", "specimen_id", "collector_id"),
    "specimen.received": ("order_id", "specimen_id", "rejected", "reject_reason"),
    "report.issued": ("report_id", "order_id", "status", "version", "category", "reporter_id"),
    "bill.created": ("bill_id", "item_class", "amount", "ref_ids", "dept_code"),
    "bill.paid": ("payment_id", "bill_id", "amount", "parts", "terminal_type", "terminal_id", "cashier_id",
                  "full_settlement"),
    "bill.refunded": ("refund_id", "payment_id", "bill_id", "amount", "parts"),
    "prescription.submitted": ("prescription_id", "doctor_id", "dept_code", "rx_type", "items"),
    "prescription.reviewed": ("prescription_id", "result", "mode", "reviewer_id"),
    "dispensing.prepared": ("prescription_id", "pharmacy_id", "window_id", "robot"),
    "dispensing.dispensed": ("prescription_id", "dispense_seq", "pharmacy_id", "window_id", "dispenser_id", "delivery"),
    "ed.arrived": ("arrival_mode",),
    "ed.seen": (),
    "ed.disposition_decided": ("decision",),
    "ed.departed": ("disposition",),
    "ed.resus_entered": ("kind", "location_id"),
    "ed.resus_left": ("kind", "location_id"),
    "ed.green_channel_milestone": ("pathway", "kind"),
    "exam.booked": ("order_id", "modality", "scheduled_start"),
    "critical_value.raised": ("order_id", "critical_id", "item_code", "flag"),
    "critical_value.acknowledged": ("order_id", "critical_id", "staff_id", "action_code"),
    "admission.requested": ("request_id", "from_visit_id", "target_dept"),
    "inpatient.admitted": ("request_id", "ward", "dept", "admit_source", "age_band", "sex", "patient_group"),
    "inpatient.transferred": ("from_location", "to_location"),
    "inpatient.discharge_ordered": (),
    "inpatient.settled": ("settlement_id", "settle_place"),
    "inpatient.discharged": ("disposition", "ward"),
    "nursecall.raised": ("call_id", "ward", "bed"),
    "nursecall.answered": ("call_id", "nurse_id"),
    "complaint.received": ("complaint_id", "channel", "category", "dept_code", "multi_dept"),
    "complaint.assigned": ("complaint_id",),
    "complaint.responded": ("complaint_id",),
    "complaint.resolved": ("complaint_id", "outcome"),
    "inquiry.received": ("inquiry_id", "channel", "topic"),
    "inquiry.responded": ("inquiry_id", "by"),
    "schedule.session_published": ("session_id", "dept_code", "session_date", "session_start", "session_end", "slots"),
    "schedule.session_suspended": ("session_id", "reason_code", "affected_appointments"),
    "chronic.enrolled": ("patient_id", "programme_id", "disease"),
    "patient.merged": ("surviving_patient_id", "prior_patient_id", "scope"),
}  # fmt: skip
_OF_A_WARD = {"inpatient.admitted": ("ward", "dept"), "inpatient.discharged": ("disposition", "ward")}


def told_of(fact: Fact) -> dict[str, Any]:
    """The fields that the messages of this kind have a place for."""
    return {name: value for name, value in fact.fields.items() if name in TELLS[fact.kind]}


def told_by_a_ward(told: Told) -> dict[str, Any]:
    """The fields that the ward's own row has a place for, of what the HIS tells too."""
    return {name: told.fields[name] for name in _OF_A_WARD[told.kind] if name in told.fields}


def without_secrets(told: Told) -> dict[str, Any]:
    """Some fields only decide who errs; no message has a place for them."""
    return {name: value for name, value in told.fields.items() if told.kind != "patient.checked_in" or name != "method"}
