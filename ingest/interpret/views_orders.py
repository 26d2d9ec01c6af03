"""Rows of orders, money and drugs: order, exam, lab, bill, payment, prescription, dispense."""

from __future__ import annotations

from ingest.errors import Malformed
from ingest.events.billing import BillCreated, BillPaid, BillRefunded, BillRefundRequested, PaymentPart
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
from ingest.events.pharmacy import (
    DispensingDispensed,
    DispensingPrepared,
    DispensingReturned,
    PrescriptionCancelled,
    PrescriptionReviewed,
    PrescriptionSubmitted,
)
from ingest.events.registration import PatientCheckedIn
from ingest.interpret.row import Row


def v_order(row: Row) -> None:
    """An order, placed and perhaps withdrawn."""
    order_id = _needed(row, "order", "order_id", "ordered_at")
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
    order_id, modality = _needed(row, "order", "order_id", *_EXAM_TIMES), row.text("modality")
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
    order_id = _needed(row, "order", "order_id", *_LAB_TIMES)
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
    issued = "verified_at" if row.at("verified_at") else "reported_at"
    if row.at(issued):
        row.fact(
            ReportIssued,
            issued,
            coded={"status": row.text("report_status") or "final"},
            report_id=row.number_of("report", "report_id", *dated_by),
            order_id=order_id,
            version=row.whole("report_version") or 1,
            category=category,
        )


def v_bill(row: Row) -> None:
    """A bill; a mirror row (reversed_of) is no bill of its own: the refund is told by its payment."""
    bill_id = _needed(row, "bill", "bill_id", "created_at")
    if row.text("reversed_of"):
        return
    item_class, _ = row.code(BillCreated, "item_class", row.text("item_class"))
    reference = row.number_of("prescription" if item_class == "drug" else "order", "order_id", "created_at")
    row.fact(
        BillCreated,
        "created_at",
        coded={"item_class": row.text("item_class")},
        bill_id=bill_id,
        amount=row.money("amount"),
        ref_ids=(reference,) if reference else (),
        dept_code=row.dept(row.text("dept_code")),
    )


def v_payment(row: Row) -> None:
    """A payment of a bill; a mirror row gives back the payment that it reverses."""
    bill_id = _needed(row, "bill", "bill_id", "paid_at")
    payment_id = _needed(row, "payment", "payment_id", "paid_at")
    amount = row.money("amount")
    channel = row.code(PaymentPart, "channel", row.text("channel"))[0] if row.text("channel") else None
    parts = (PaymentPart(channel=channel, amount=amount),)  # type: ignore[arg-type]  # one of its codes
    if row.text("reversed_of"):
        reversed_id = row.identify("payment", row.text("reversed_of"), on=row.day("reversed_date"))
        row.fact(
            BillRefunded,
            "paid_at",
            bill_id=bill_id,
            refund_id=payment_id,
            payment_id=reversed_id,
            amount=amount,
            parts=parts,
        )
        return
    row.fact(
        BillPaid,
        "paid_at",
        coded={"terminal_type": row.text("terminal_type")},
        bill_id=bill_id,
        payment_id=payment_id,
        amount=amount,
        parts=parts,
        terminal_id=row.text("terminal_id"),
        cashier_id=row.staff(row.text("cashier_id")),
        full_settlement=row.flag("full_settlement"),
    )
    row.fact(
        BillRefundRequested,
        "refund_requested_at",
        bill_id=bill_id,
        refund_id=payment_id,
        payment_id=payment_id,
        amount=amount,
    )


def v_prescription(row: Row) -> None:
    """A prescription: submitted, reviewed, perhaps voided."""
    prescription_id = _needed(row, "prescription", "prescription_id", "submitted_at")
    row.fact(
        PrescriptionSubmitted,
        "submitted_at",
        coded={"rx_type": row.text("rx_type")},
        prescription_id=prescription_id,
        doctor_id=row.staff(row.text("doctor_id")),
        dept_code=row.dept(row.text("dept_code")),
        items=row.whole("items"),
        decoction=row.flag("decoction"),
    )
    row.fact(
        PrescriptionReviewed,
        "reviewed_at",
        coded={"result": row.text("review_result"), "mode": row.text("review_mode")},
        prescription_id=prescription_id,
    )
    row.fact(PrescriptionCancelled, "cancelled_at", prescription_id=prescription_id)


def v_dispense(row: Row) -> None:
    """Drugs prepared, handed over, given back. A call (called_at) without a ticket is nobody's."""
    prescription_id = _needed(row, "prescription", "prescription_id", "prepared_at", "dispensed_at", "returned_at")
    pharmacy, window = row.dept(row.text("pharmacy_id")), row.text("window_id")
    row.fact(
        DispensingPrepared,
        "prepared_at",
        prescription_id=prescription_id,
        pharmacy_id=pharmacy,
        window_id=window,
        robot=row.flag("robot"),
    )
    if not row.text("reversed_of"):
        row.fact(
            DispensingDispensed,
            "dispensed_at",
            coded={"delivery": row.text("delivery") or "window"},
            prescription_id=prescription_id,
            pharmacy_id=pharmacy,
            window_id=window,
            partial=row.flag("partial"),
        )
    row.fact(DispensingReturned, "returned_at", prescription_id=prescription_id)


def _needed(row: Row, kind: str, column: str, *dated_by: str) -> str:
    found = row.number_of(kind, column, *dated_by)
    if found is None:
        raise Malformed(f"missing subject: {row.view}.{column}")
    return found


# A number that starts anew each day and comes without its date (order_date …) goes with what happened first.
_EXAM_TIMES = ("arrived_at", "started_at", "ended_at", "reported_at", "verified_at", "scheduled_at")
_LAB_TIMES = ("collected_at", "received_at", "rejected_at", "reported_at", "verified_at")
_EXAMS = {"US": "ultrasound", "ECG": "ecg", "ES": "endoscopy"}
VIEWS = {
    "v_order": v_order,
    "v_exam": v_exam,
    "v_lab": v_lab,
    "v_bill": v_bill,
    "v_payment": v_payment,
    "v_prescription": v_prescription,
    "v_dispense": v_dispense,
}
