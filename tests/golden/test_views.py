"""Rows of the canonical views: row in, events out; every view tells its story."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ingest.errors import Ignored, Malformed
from ingest.events.envelope import Event
from ingest.interpret.row import row_version
from ingest.interpret.views import VIEWS, interpret_row
from tests.golden.speech import SOURCE, fields, lines, number

ROWS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "v_schedule": (
        {
            "session_id": "S1",
            "dept_code": "0301",
            "session_date": "2025-03-03",
            "start_at": "2025-03-03 08:00",
            "end_at": "2025-03-03 12:00",
            "capacity": 40,
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
        },
        [
            "09:00 complaint.received",
            "10:00 complaint.assigned",
            "11:00 complaint.responded",
            "09:00 complaint.resolved",
            "09:00 complaint.closed",
        ],
    ),
}
HEARD_AT = 1_741_132_380_000  # 2025-03-05 07:53


def told(view: str, **columns: Any) -> list[Event]:
    row = {"src_pk": "7", "row_ver": "100", "is_deleted": False, **columns}
    return interpret_row(msgspec.json.encode({"view": view, "row": row}), SOURCE, HEARD_AT)


@pytest.mark.parametrize("view", sorted(VIEWS))
def test_every_view_tells_its_story(view: str) -> None:
    columns, story = ROWS[view]
    events = told(view, **columns)
    assert lines(events) == story
    assert all(event.revision.startswith("00000000000000000100-") for event in events)
    assert not any(flag.startswith("unmapped") for event in events for flag in event.quality_flags)


@pytest.mark.parametrize("view", sorted(VIEWS))
def test_a_deleted_row_takes_back_all_that_it_said(view: str) -> None:
    columns, _ = ROWS[view]
    said, unsaid = told(view, **columns), told(view, **columns, is_deleted=True, row_ver="101")
    assert [e.event_id for e in said] == [e.event_id for e in unsaid]
    assert {e.op for e in unsaid} == {"retract"} and all(
        a.revision < b.revision for a, b in zip(said, unsaid, strict=True)
    )


def test_a_row_and_a_message_tell_the_same_fact() -> None:
    from tests.golden.speech import message
    from tests.golden.speech import told as heard

    (row,) = told("v_ed", visit_id="V2", seen_at="2025-03-03T10:06:00+08:00")
    zcn = "ZCN|1|START|20250303100600|R1|D01|1"
    (spoken,) = heard(message("ADT^A08", "EVN|A08", "PV1|1|E|ED||||||||||||||||V2", zcn))
    assert row.event_id == spoken.event_id


def test_a_mirror_row_is_a_refund() -> None:
    (refund,) = told(
        "v_payment", payment_id="P2", bill_id="B1", amount=-80.5, reversed_of="P1", paid_at="2025-03-03 12:00"
    )
    assert fields(refund, "refund_id", "payment_id") == (number("payment", "P2"), number("payment", "P1"))
    assert str(refund.amount) == "80.5"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("early", "late"),
    [("9", "10"), ("16/B374D848", "17/0"), ("2025-03-03T08:40:00.123456+08:00", "2025-03-03T00:40:00.123457Z")],
)
def test_versions_are_ordered_as_the_source_orders_them(early: str, late: str) -> None:
    assert row_version(early).zfill(20) < row_version(late).zfill(20)


def test_rows_that_cannot_be_told() -> None:
    with pytest.raises(Ignored, match="view:v_gossip"):
        told("v_gossip")
    with pytest.raises(Ignored, match="row without a time:v_visit"):
        told("v_visit", visit_id="V1")
    with pytest.raises(Malformed, match=r"missing subject: v_visit.visit_id"):
        told("v_visit", started_at="2025-03-03 09:14")
    with pytest.raises(Malformed, match=r"unreadable time: v_visit.started_at"):
        told("v_visit", visit_id="V1", started_at="上午")
    with pytest.raises(Malformed, match=r"missing: v_visit.row_ver"):
        told("v_visit", visit_id="V1", row_ver=None)
