"""One morning's facts in the four notations that HL7 v2 and FHIR are held against: pushed, in a file, in a view's row,
in a change of a table. Each fact stands here once, as a record of the REST interface; a file's line is made of it."""

from __future__ import annotations

from typing import Any

Record = dict[str, Any]
DAY, NEXT = "2025-03-03", "2025-03-04"


def _at(event_type: str, clock: str, day: str = DAY, **fields: Any) -> Record:
    return {"event_type": event_type, "occurred_at": f"{day}T{clock}:00+08:00", **fields}


_TICKET = {"ticket_id": "T1", "queue_id": "CASH", "service_point_type": "cashier"}
_CRITICAL = {"order_id": "O1", "critical_id": "F1"}
RECORDS: list[Record] = [
    _at("appointment.booked", "10:00", "2025-02-28", appointment_id="A77"),
    _at("appointment.cancelled", "11:00", "2025-02-28", appointment_id="A77"),
    _at("appointment.no_show", "11:30", appointment_id="A77"),
    _at("registration.created", "08:41", visit_id="V1", visit_class="outpatient", dept_code="0301"),
    _at("patient.checked_in", "08:50", visit_id="V1", appointment_id="A77", point="clinic", dept_code="0301"),
    _at("consultation.started", "09:14", visit_id="V1", consultation_seq=1),
    _at("consultation.ended", "09:22", visit_id="V1", consultation_seq=1),
    _at("registration.created", "10:00", visit_id="V2", visit_class="emergency"),
    _at("patient.checked_in", "10:00", visit_id="V2", point="ed", dept_code="ED"),
    _at("ed.arrived", "10:00", visit_id="V2"),
    _at("triage.completed", "10:04", visit_id="V2", acuity="1"),
    _at("ed.resus_entered", "10:05", visit_id="V2", kind="resus", location_id="RESUS"),
    _at("ed.seen", "10:06", visit_id="V2"),
    _at("ed.resus_left", "11:00", visit_id="V2", kind="resus", location_id="RESUS"),
    _at("ed.departed", "12:00", visit_id="V2"),
    _at("inpatient.admitted", "14:00", visit_id="V3"),
    _at("inpatient.transferred", "09:00", NEXT, visit_id="V3"),
    _at("inpatient.discharged", "11:00", NEXT, visit_id="V3"),
    _at("order.placed", "09:20", visit_id="V1", order_id="O1", category="lab"),
    _at("order.cancelled", "09:30", order_id="O1"),
    _at("specimen.collected", "09:40", order_id="O1", specimen_id="S1"),
    _at("specimen.received", "09:52", order_id="O1", specimen_id="S1"),
    _at("report.issued", "10:37", order_id="O1", report_id="F1", version=1, status="final"),
    _at("critical_value.raised", "10:36", **_CRITICAL),
    _at("critical_value.acknowledged", "10:50", **_CRITICAL),
    _at("exam.started", "10:05", order_id="O1"),
    _at("exam.completed", "10:15", order_id="O1"),
    _at("queue.joined", "08:40", **_TICKET),
    _at("queue.called", "09:05", call_seq=1, **_TICKET),
    _at("queue.served", "09:06", **_TICKET),
    _at("queue.completed", "09:09", **_TICKET),
    _at("bill.created", "10:55", bill_id="B1", item_class="drug"),
    _at("bill.paid", "10:58", bill_id="B1", payment_id="P1"),
    _at("prescription.submitted", "10:54", prescription_id="RX1"),
    _at("prescription.cancelled", "12:00", prescription_id="RX1"),
    _at("dispensing.prepared", "11:06", prescription_id="RX1"),
    _at("dispensing.dispensed", "11:10", prescription_id="RX1"),
    _at("patient.merged", "10:00", NEXT, prior_patient_id="10000", surviving_patient_id="10001", scope="patient"),
]


def _row(**columns: Any) -> dict[str, Any]:
    """A row's columns; its times are clock times of the day."""
    return {n: f"{DAY} {v}" if n.endswith(("_at", "_from", "_to")) and len(v) == 5 else v for n, v in columns.items()}


_BOOKED = {"appointment_id": "A77", "slot_start": f"{DAY} 11:00", "slot_end": f"{DAY} 11:30", "booked_at": "2025-02-28"}
VIEW_ROWS: list[tuple[str, dict[str, Any]]] = [
    ("v_appointment", {**_BOOKED, "status": "cancelled", "cancelled_at": "2025-02-28 11:00"}),
    ("v_appointment", {**_BOOKED, "status": "noshow"}),
    (
        "v_register",
        _row(visit_id="V1", appointment_id="A77", visit_class="O", dept_code="0301", registered_at="08:41",
             checked_in_at="08:50"),
    ),
    ("v_register", _row(visit_id="V2", visit_class="E", dept_code="ED", registered_at="10:00", checked_in_at="10:00")),
    ("v_visit", _row(visit_id="V1", consultation_seq=1, started_at="09:14", ended_at="09:22")),
    (
        "v_ed",
        _row(visit_id="V2", arrived_at="10:00", triaged_at="10:04", acuity="1", seen_at="10:06", location="RESUS",
             location_from="10:05", location_to="11:00", departed_at="12:00"),
    ),
    (
        "v_inpatient",
        _row(visit_id="V3", admitted_at="14:00", transferred_at=f"{NEXT} 09:00", discharged_at=f"{NEXT} 11:00"),
    ),
    ("v_order", _row(order_id="O1", visit_id="V1", category="lab", ordered_at="09:20", cancelled_at="09:30")),
    (
        "v_lab",
        _row(order_id="O1", visit_id="V1", specimen_id="S1", report_id="F1", item_code="K", critical_id="F1",
             collected_at="09:40", received_at="09:52", reported_at="10:37", report_status="final",
             critical_flag="HH", critical_at="10:36", critical_ack_at="10:50"),
    ),
    ("v_exam", _row(order_id="O1", visit_id="V1", modality="CT", started_at="10:05", ended_at="10:15")),
    (
        "v_queue_ticket",
        _row(**_TICKET, joined_at="08:40", called_at="09:05", call_count=1, served_at="09:06", completed_at="09:09"),
    ),
    ("v_bill", _row(bill_id="B1", visit_id="V1", item_class="drug", amount=80.5, created_at="10:55")),
    ("v_payment", _row(payment_id="P1", bill_id="B1", channel="wechat", amount=80.5, paid_at="10:58")),
    ("v_prescription", _row(prescription_id="RX1", visit_id="V1", submitted_at="10:54", cancelled_at="12:00")),
    ("v_dispense", _row(prescription_id="RX1", visit_id="V1", prepared_at="11:06", dispensed_at="11:10")),
]  # fmt: skip

# What a notation has no place for, and why.
NOT_CARRIED: dict[tuple[str, str], str] = {
    ("view", "patient.merged"): "specification 7.2 has no view of merges: they come as messages",
    ("change", "patient.merged"): "changes of tables fill the columns of the views",
}
