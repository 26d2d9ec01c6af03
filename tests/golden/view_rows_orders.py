"""A row of each view of orders, money and drugs, and the story it tells."""

from __future__ import annotations

from typing import Any

ORDERS: dict[str, tuple[dict[str, Any], list[str]]] = {
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
}
