"""A row of each canonical view, and the story it tells."""

from __future__ import annotations

from typing import Any

import msgspec

from ingest.events.envelope import Event
from ingest.interpret.views import interpret_row
from tests.golden.speech import SOURCE

ROWS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "v_schedule": (
        {
            "session_id": "S1",
            "dept_code": "0301",
            "session_date": "2025-03-03",
            "start_at": "2025-03-03 08:00",
            "end_at": "2025-03-03 12:00",
            "capacity": 40,
            "pool": "open",
            "suspended_at": "2025-03-02T18:00:00+08:00",
        },
        ["07:53 schedule.session_published", "18:00 schedule.session_suspended"],
    ),
    "v_appointment": (
        {
            "appointment_id": "A1",
            "patient_key": "P1",
            "slot_start": "2025-03-03T09:00:00+08:00",
            "status": "noshow",
            "slot_end": "2025-03-03T09:30:00+08:00",
            "object": "consultation",
            "channel": "wechat",
            "booked_at": "2025-02-28T10:00:00+08:00",
            "changed_at": "2025-03-01T10:00:00+08:00",
            "old_appointment_id": "A0",
            "cancelled_at": "2025-03-02T10:05:00+08:00",
            "cancel_by": "patient",
        },
        [
            "10:00 appointment.booked",
            "10:00 appointment.rescheduled",
            "10:05 appointment.cancelled",
            "09:30 appointment.no_show",
        ],
    ),
    "v_register": (
        {
            "visit_id": "V1",
            "patient_key": "P1",
            "birth_date": "1950-01-01",
            "sex": "2",
            "visit_class": "O",
            "channel": "WX",
            "dept_code": "0301",
            "registered_at": "2025-03-03 08:00",
            "checked_in_at": "2025-03-03 08:40",
            "triaged_at": "2025-03-03 08:45",
            "acuity": 3,
            "refunded_at": "2025-03-03 10:40",
            "fee": -12.5,
        },
        [
            "08:00 registration.created",
            "08:40 patient.checked_in",
            "08:45 triage.completed",
            "10:40 registration.refunded",
        ],
    ),
    "v_queue_call": (
        {
            "ticket_id": "T1",
            "ticket_no": "A1",
            "queue_id": "PHM",
            "service_point_type": "pharmacy",
            "action": "CALL",
            "ref_ids": "{RX1,RX2}",
            "action_at": "2025-03-03T09:05:00.250+08:00",
            "call_seq": 1,
            "window_id": "W3",
        },
        ["09:05 queue.called"],
    ),
    "v_visit": (
        {
            "visit_id": "V1",
            "consultation_seq": 1,
            "dept_code": "0301",
            "started_at": "2025-03-03 09:14",
            "ended_at": "2025-03-03 09:22",
            "outcome": "done",
        },
        ["09:14 consultation.started", "09:22 consultation.ended"],
    ),
    "v_order": (
        {
            "order_id": "O1",
            "visit_id": "V1",
            "category": "lab",
            "priority": "S",
            "ordered_at": "2025-03-03 09:20",
            "cancelled_at": "2025-03-03 09:30",
        },
        ["09:20 order.placed", "09:30 order.cancelled"],
    ),
    "v_exam": (
        {
            "order_id": "O2",
            "visit_id": "V1",
            "report_id": "R2",
            "report_version": 1,
            "modality": "CT",
            "scheduled_at": "2025-03-03 10:00",
            "arrived_at": "2025-03-03 09:50",
            "started_at": "2025-03-03 10:05",
            "ended_at": "2025-03-03 10:15",
            "reported_at": "2025-03-03 10:40",
            "verified_at": "2025-03-03 10:45",
            "report_status": "F",
        },
        [
            "07:53 exam.booked",
            "09:50 patient.checked_in",
            "10:05 exam.started",
            "10:15 exam.completed",
            "10:45 report.issued",
        ],
    ),
    "v_lab": (
        {
            "order_id": "O1",
            "visit_id": "V1",
            "specimen_id": "S1",
            "report_id": "R1",
            "item_code": "K",
            "critical_id": "C1",
            "collected_at": "2025-03-03 09:40",
            "received_at": "2025-03-03 09:52",
            "reported_at": "2025-03-03 10:37",
            "report_status": "final",
            "critical_flag": "HH",
            "critical_at": "2025-03-03 10:36",
            "critical_ack_at": "2025-03-03 10:50",
        },
        [
            "09:40 specimen.collected",
            "09:52 specimen.received",
            "10:37 report.issued",
            "10:36 critical_value.raised",
            "10:50 critical_value.acknowledged",
        ],
    ),
    "v_bill": (
        {
            "bill_id": "B1",
            "visit_id": "V1",
            "item_class": "drug",
            "order_id": "RX1",
            "amount": 80.5,
            "created_at": "2025-03-03 10:55",
        },
        ["10:55 bill.created"],
    ),
    "v_payment": (
        {
            "payment_id": "P1",
            "bill_id": "B1",
            "visit_id": "V1",
            "channel": "1",
            "amount": 80.5,
            "terminal_type": "mobile",
            "paid_at": "2025-03-03 10:58",
            "full_settlement": True,
            "refund_requested_at": "2025-03-03 11:30",
        },
        ["10:58 bill.paid", "11:30 bill.refund_requested"],
    ),
    "v_prescription": (
        {
            "prescription_id": "RX1",
            "visit_id": "V1",
            "rx_type": "western",
            "bill_id": "B1",
            "items": 3,
            "submitted_at": "2025-03-03 10:54",
            "reviewed_at": "2025-03-03 10:56",
            "review_result": "PASS",
            "review_mode": "MANUAL",
            "cancelled_at": "2025-03-03 12:00",
        },
        ["10:54 prescription.submitted", "10:56 prescription.reviewed", "12:00 prescription.cancelled"],
    ),
    "v_dispense": (
        {
            "prescription_id": "RX1",
            "visit_id": "V1",
            "pharmacy_id": "PHM",
            "window_id": "W2",
            "robot": "Y",
            "prepared_at": "2025-03-03 11:06",
            "dispensed_at": "2025-03-03 11:10",
            "returned_at": "2025-03-03 15:00",
        },
        ["11:06 dispensing.prepared", "11:10 dispensing.dispensed", "15:00 dispensing.returned"],
    ),
    "v_ed": (
        {
            "visit_id": "V2",
            "arrived_at": "2025-03-03 10:00",
            "arrival_mode": "A",
            "triaged_at": "2025-03-03 10:04",
            "acuity": "1",
            "seen_at": "2025-03-03 10:06",
            "location": "RESUS",
            "location_from": "2025-03-03 10:05",
            "location_to": "2025-03-03 11:00",
            "decided_at": "2025-03-03 11:30",
            "decision": "admit",
            "departed_at": "2025-03-03 12:00",
            "disposition": "admitted",
        },
        [
            "10:00 ed.arrived",
            "10:04 triage.completed",
            "10:06 ed.seen",
            "10:05 ed.resus_entered",
            "11:00 ed.resus_left",
            "11:30 ed.disposition_decided",
            "12:00 ed.departed",
        ],
    ),
    "v_inpatient": (
        {
            "visit_id": "V3",
            "requested_at": "2025-03-03 11:30",
            "admitted_at": "2025-03-03 14:00",
            "ward": "W3",
            "transferred_at": "2025-03-04 09:00",
            "discharge_ordered_at": "2025-03-06 09:00",
            "discharged_at": "2025-03-06 11:00",
            "settled_at": "2025-03-06 11:30",
            "settle_place": "bedside",
        },
        [
            "11:30 admission.requested",
            "14:00 inpatient.admitted",
            "09:00 inpatient.transferred",
            "09:00 inpatient.discharge_ordered",
            "11:00 inpatient.discharged",
            "11:30 inpatient.settled",
        ],
    ),
    "v_followup": (
        {
            "followup_id": "F1",
            "patient_key": "P1",
            "kind": "post_discharge",
            "due_date": "2025-03-10",
            "done_at": "2025-03-10 10:00",
            "outcome": "reached",
            "medium": "phone",
        },
        ["07:53 followup.scheduled", "10:00 followup.completed"],
    ),
    "v_complaint": (
        {
            "complaint_id": "C1",
            "received_at": "2025-03-03 09:00",
            "channel": "12345",
            "assigned_at": "2025-03-03 10:00",
            "responded_at": "2025-03-03 11:00",
            "resolved_at": "2025-03-04 09:00",
            "outcome": "partly",
            "closed_at": "2025-03-05 09:00",
            "reopened_of": "C0",
        },
        [
            "09:00 complaint.received",
            "10:00 complaint.assigned",
            "11:00 complaint.responded",
            "09:00 complaint.resolved",
            "09:00 complaint.closed",
            "09:00 complaint.reopened",
        ],
    ),
    "v_survey": (
        {
            "survey_id": "Q1",
            "survey_type": "outpatient",
            "visit_id": "V1",
            "sent_at": "2025-03-03 12:00",
            "submitted_at": "2025-03-03 15:00",
            "item_code": "q1",
            "score": 4,
            "scale": 5,
        },
        ["12:00 survey.sent", "15:00 survey.submitted"],
    ),
}
HEARD_AT = 1_741_132_380_000  # 2025-03-05 07:53


def told(view: str, *, beside: tuple[dict[str, Any], ...] = (), **columns: Any) -> list[Event]:
    """The events of a row, of key 7 and version 100 unless it says others; `beside` are rows of the same fact."""
    rows = [{"src_pk": "7", "row_ver": "100", "is_deleted": False, **each} for each in (columns, *beside)]
    return interpret_row(msgspec.json.encode({"view": view, "row": rows[0], "beside": rows[1:]}), SOURCE, HEARD_AT)
