"""Pharmacy events 处方发药: a prescription from submission to dispensing (specification 5.8).

The call to a pharmacy window (`dispensing.called`) is told as `queue.called` with service_point_type=pharmacy.
"""

from typing import Literal

from ingest.events.envelope import Event


class PrescriptionEvent(Event, frozen=True, kw_only=True):
    """An event of a prescription."""

    subject = "prescription_id"

    prescription_id: str | None = None


class PrescriptionSubmitted(PrescriptionEvent, frozen=True, kw_only=True, tag="prescription.submitted"):
    """A doctor submitted a prescription."""

    natural_key = ("prescription_id",)
    expected = ("prescription_id", "visit_id", "doctor_id", "dept_code", "rx_type", "items")
    title = ("处方提交", "Prescription submitted")

    doctor_id: str | None = None
    dept_code: str | None = None
    rx_type: Literal["western", "patent_tcm", "herbal", "infusion"] | None = None
    items: int | None = None
    decoction: bool | None = None
    bill_id: str | None = None  # the bill that charges it, where the source knows


class PrescriptionReviewed(PrescriptionEvent, frozen=True, kw_only=True, tag="prescription.reviewed"):
    """A pharmacist or a machine reviewed a prescription."""

    natural_key = ("prescription_id", "review_seq|t")
    expected = ("prescription_id", "visit_id", "result", "mode")
    title = ("审方", "Prescription reviewed")

    review_seq: int | None = None
    result: Literal["pass", "reject", "override"] | None = None
    mode: Literal["auto", "pharmacist"] | None = None
    reviewer_id: str | None = None


class PrescriptionCancelled(PrescriptionEvent, frozen=True, kw_only=True, tag="prescription.cancelled"):
    """A prescription was withdrawn."""

    natural_key = ("prescription_id",)
    expected = ("prescription_id", "visit_id")
    title = ("处方作废", "Prescription cancelled")

    reason_code: str | None = None


class DispensingPrepared(PrescriptionEvent, frozen=True, kw_only=True, tag="dispensing.prepared"):
    """The drugs of a prescription lie ready."""

    natural_key = ("prescription_id",)
    expected = ("prescription_id", "visit_id", "pharmacy_id")
    title = ("配药完成", "Drugs prepared")

    pharmacy_id: str | None = None
    window_id: str | None = None
    preparer_id: str | None = None
    robot: bool | None = None


class DispensingDispensed(PrescriptionEvent, frozen=True, kw_only=True, tag="dispensing.dispensed"):
    """Drugs were handed over."""

    natural_key = ("prescription_id", "dispense_seq|t")
    expected = ("prescription_id", "visit_id", "pharmacy_id", "window_id", "delivery")
    title = ("发药", "Drugs dispensed")

    dispense_seq: int | None = None
    pharmacy_id: str | None = None
    window_id: str | None = None
    dispenser_id: str | None = None
    partial: bool | None = None
    delivery: Literal["window", "locker", "home"] | None = None


class DispensingReturned(PrescriptionEvent, frozen=True, kw_only=True, tag="dispensing.returned"):
    """Drugs were given back."""

    natural_key = ("prescription_id", "dispense_seq|t")
    expected = ("prescription_id", "visit_id")
    title = ("退药", "Drugs returned")

    dispense_seq: int | None = None
    reason_code: str | None = None
