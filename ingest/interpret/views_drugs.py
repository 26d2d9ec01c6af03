"""Rows of drugs: prescriptions, and what the pharmacy does with them."""

from __future__ import annotations

from ingest.events.pharmacy import (
    DispensingDispensed,
    DispensingPrepared,
    DispensingReturned,
    PrescriptionCancelled,
    PrescriptionReviewed,
    PrescriptionSubmitted,
)
from ingest.interpret.row import Row


def v_prescription(row: Row) -> None:
    """A prescription: submitted, reviewed, perhaps voided."""
    prescription_id = row.needed("prescription", "prescription_id", "submitted_at")
    row.fact(
        PrescriptionSubmitted,
        "submitted_at",
        coded={"rx_type": row.text("rx_type")},
        prescription_id=prescription_id,
        doctor_id=row.staff(row.text("doctor_id")),
        dept_code=row.dept(row.text("dept_code")),
        items=row.whole("items"),
        decoction=row.flag("decoction"),
        bill_id=row.number_of("bill", "bill_id", "submitted_at"),
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
    prescription_id = row.needed("prescription", "prescription_id", "prepared_at", "dispensed_at", "returned_at")
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


VIEWS = {"v_prescription": v_prescription, "v_dispense": v_dispense}
