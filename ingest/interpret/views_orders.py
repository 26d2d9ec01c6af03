"""Rows of orders: what was ordered, examined, taken and reported."""

from __future__ import annotations

from ingest.events.orders import (
    CriticalValueAcknowledged,
    CriticalValueRaised,
    ExamBooked,
    ExamCompleted,
    ExamStarted,
    OrderCancelled,
    OrderPlaced,
    ReportIssued,
    SpecimenCollected,
    SpecimenReceived,
)
from ingest.events.registration import PatientCheckedIn
from ingest.interpret.codes import report_version
from ingest.interpret.row import Row


def v_order(row: Row) -> None:
    """An order, placed and perhaps withdrawn."""
    order_id = row.needed("order", "order_id", "ordered_at")
    row.fact(
        OrderPlaced,
        "ordered_at",
        coded={"category": row.text("category"), "priority": row.text("priority")},
        order_id=order_id,
        filler_id=row.number_of("order", "filler_id", "ordered_at"),
        item_code=row.text("item_code"),
        ordering_dept=row.dept(row.text("ordering_dept")),
        performing_dept=row.dept(row.text("performing_dept")),
        doctor_id=row.staff(row.text("doctor_id")),
    )
    row.fact(OrderCancelled, "cancelled_at", order_id=order_id)


def v_exam(row: Row) -> None:
    """An examination: booked, patient there, started, ended, reported."""
    order_id, modality = row.needed("order", "order_id", *_EXAM_TIMES), row.text("modality")
    scheduled, (occurred, flags) = row.ms("scheduled_at"), row.heard()
    if scheduled:
        row.tell(
            ExamBooked,
            occurred,
            op=row.op,
            flags=flags,
            order_id=order_id,
            scheduled_start=scheduled,
            device_id=row.text("device_id"),
            modality=modality,
            by_patient_choice=row.flag("by_patient_choice"),
        )
    if row.visit_id:
        row.fact(PatientCheckedIn, "arrived_at", point="exam", order_id=order_id)
    row.fact(ExamStarted, "started_at", order_id=order_id, modality=modality, device_id=row.text("device_id"))
    row.fact(ExamCompleted, "ended_at", order_id=order_id)
    _report(
        row,
        order_id,
        _EXAM_TIMES,
        "imaging" if modality.upper() not in ("US", "ECG", "ES") else _EXAMS[modality.upper()],
    )


def v_lab(row: Row) -> None:
    """A specimen of an order, its report, and a critical value."""
    order_id = row.needed("order", "order_id", *_LAB_TIMES)
    specimen_id = row.number_of("specimen", "specimen_id", *_LAB_TIMES)
    row.fact(SpecimenCollected, "collected_at", order_id=order_id, specimen_id=specimen_id)
    rejected = row.at("rejected_at") is not None
    received = "received_at" if row.at("received_at") else "rejected_at"
    row.fact(SpecimenReceived, received, order_id=order_id, specimen_id=specimen_id, rejected=rejected)
    _report(row, order_id, _LAB_TIMES, "lab")
    critical_id = row.number_of("critical", "critical_id", "critical_at", *_LAB_TIMES)
    if critical_id:
        row.fact(
            CriticalValueRaised,
            "critical_at",
            coded={"flag": row.text("critical_flag")},
            critical_id=critical_id,
            order_id=order_id,
            specimen_id=specimen_id,
            item_code=row.text("item_code"),
        )
        row.fact(CriticalValueAcknowledged, "critical_ack_at", critical_id=critical_id, order_id=order_id)


def _report(row: Row, order_id: str, dated_by: tuple[str, ...], category: str) -> None:
    """A report is out when it is verified; one that is not verified counts from when it was written."""
    raw_status = row.text("report_status") or "final"
    status, _ = row.code(ReportIssued, "status", raw_status)
    row.fact(
        ReportIssued,
        "verified_at" if row.at("verified_at") else "reported_at",
        coded={"status": raw_status},
        report_id=row.number_of("report", "report_id", *dated_by),
        order_id=order_id,
        version=report_version(status, row.whole("report_version")),
        category=category,
    )


# A number that starts anew each day and comes without its date (order_date …) goes with what happened first.
_EXAM_TIMES = ("arrived_at", "started_at", "ended_at", "reported_at", "verified_at", "scheduled_at")
_LAB_TIMES = ("collected_at", "received_at", "rejected_at", "reported_at", "verified_at")
_EXAMS = {"US": "ultrasound", "ECG": "ecg", "ES": "endoscopy"}
VIEWS = {"v_order": v_order, "v_exam": v_exam, "v_lab": v_lab}
