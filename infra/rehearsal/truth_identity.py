"""What makes two tellings the same fact (specification 5.15), in the fields that this hospital's feeds tell."""

from __future__ import annotations

from infra.rehearsal.facts import Told

# "at" = its own time; kinds that are not here are known by their visit alone.
_IDENTITY: dict[str, tuple[str, ...]] = {
    "appointment.booked": ("appointment_id",),
    "appointment.cancelled": ("appointment_id",),
    "patient.checked_in": ("visit", "point", "dept_code", "appointment_id", "order_id"),
    "triage.completed": ("visit", "at"),
    "queue.joined": ("ticket_id",),
    "queue.left": ("ticket_id",),
    "queue.called": ("ticket_id", "call_seq"),
    "queue.recalled": ("ticket_id", "call_seq"),
    "queue.missed": ("ticket_id", "call_seq"),
    "queue.requeued": ("ticket_id", "at"),
    "queue.served": ("ticket_id", "at"),
    "queue.completed": ("ticket_id", "at"),
    "consultation.started": ("visit", "consultation_seq"),
    "consultation.ended": ("visit", "consultation_seq"),
    "order.placed": ("order_id",),
    "exam.started": ("order_id",),
    "exam.completed": ("order_id",),
    "specimen.collected": ("order_id", "specimen_id"),
    "specimen.received": ("order_id", "specimen_id"),
    "report.issued": ("report_id", "version", "status"),
    "bill.created": ("bill_id",),
    "bill.paid": ("payment_id", "bill_id"),
    "bill.refunded": ("refund_id", "bill_id"),
    "prescription.submitted": ("prescription_id",),
    "prescription.reviewed": ("prescription_id", "at"),
    "dispensing.prepared": ("prescription_id",),
    "dispensing.dispensed": ("prescription_id", "dispense_seq"),
    "exam.booked": ("order_id",),
    "critical_value.raised": ("critical_id",),
    "critical_value.acknowledged": ("critical_id",),
    "ed.resus_entered": ("visit", "kind", "at"),
    "ed.resus_left": ("visit", "kind", "at"),
    "ed.green_channel_milestone": ("visit", "pathway", "kind"),
    "admission.requested": ("request_id",),
    "inpatient.transferred": ("visit", "at"),
    "inpatient.settled": ("settlement_id",),
    "nursecall.raised": ("call_id",),
    "nursecall.answered": ("call_id",),
    "complaint.received": ("complaint_id",),
    "complaint.assigned": ("complaint_id", "at"),
    "complaint.responded": ("complaint_id", "at"),
    "complaint.resolved": ("complaint_id", "at"),
    "inquiry.received": ("inquiry_id",),
    "inquiry.responded": ("inquiry_id", "by", "at"),
    "schedule.session_published": ("session_id",),
    "schedule.session_suspended": ("session_id",),
    "chronic.enrolled": ("programme_id", "patient_id"),
    "patient.merged": ("prior_patient_id", "surviving_patient_id"),
}


def identity(told: Told) -> tuple[str, ...]:
    """Equal for two tellings of the same fact."""
    terms = _IDENTITY.get(told.kind, ("visit",))
    own = {"visit": told.visit, "at": told.at}
    return (told.kind, *(str(own[name] if name in own else told.fields.get(name)) for name in terms))
