"""Prescriptions: requested, found faulty, prepared, handed over. A prescription is what its lines have in common."""

from __future__ import annotations

from ingest.errors import Malformed
from ingest.events.pharmacy import (
    DispensingDispensed,
    DispensingPrepared,
    DispensingReturned,
    PrescriptionCancelled,
    PrescriptionReviewed,
    PrescriptionSubmitted,
)
from ingest.interpret.fhir_bundle import items
from ingest.interpret.fhir_resource import Resource


def medication_request(res: Resource) -> None:
    """A line of a prescription tells of the whole; how many lines there are, only a bundle of all of them says."""
    if res.status in ("draft", "unknown", ""):
        return
    prescription_id = res.grouped()
    lines = sum(1 for each in res.bundle.all("MedicationRequest") if res.grouped(each) == prescription_id)
    res.fact(
        PrescriptionSubmitted,
        res.at("authoredOn"),
        coded={"rx_type": res.concept(res.told.get("category"))},
        prescription_id=prescription_id,
        doctor_id=res.staff_by(res.told.get("requester")),
        dept_code=res.visit_dept(),
        items=lines if lines > 1 else None,
    )
    if res.status in ("cancelled", "stopped"):
        reason = res.concept(res.told.get("statusReason"))
        res.fact(PrescriptionCancelled, res.updated(), prescription_id=prescription_id, reason_code=reason)


def medication_dispense(res: Resource) -> None:
    """Drugs prepared, handed over, given back."""
    prescription_id = _prescription(res, res.told.get("authorizingPrescription"))
    if prescription_id is None:
        raise Malformed("missing subject: MedicationDispense.authorizingPrescription")
    performers = [each.get("actor") for each in items(res.told.get("performer"))]
    pharmacy = res.dept(res.place_by(res.referred(performers, "Organization"))) or res.visit_dept()
    window = res.place_by(res.told.get("location"))
    by = res.staff_by(performers)
    res.fact(
        DispensingPrepared,
        res.at("whenPrepared"),
        prescription_id=prescription_id,
        pharmacy_id=pharmacy,
        window_id=window,
        preparer_id=by,
    )
    if res.status in ("completed", "entered-in-error", "stopped", "declined"):
        res.fact(
            DispensingDispensed,
            res.at("whenHandedOver"),
            prescription_id=prescription_id,
            pharmacy_id=pharmacy,
            window_id=window,
            dispenser_id=by,
            partial=res.concept(res.told.get("type")) in ("FFP", "RFP", "FFPS", "RFPS") or None,
            delivery="home" if res.told.get("destination") else "window" if window else None,
        )
    if res.status == "stopped":
        reason = res.concept(res.told.get("statusReasonCodeableConcept"))
        res.fact(DispensingReturned, res.updated(), prescription_id=prescription_id, reason_code=reason)


def detected_issue(res: Resource) -> None:
    """A review found something: refused, unless it was mitigated. Who found it decides whether a machine did."""
    implicated = res.referred(res.told.get("implicated"), "MedicationRequest")
    when = res.at("identifiedDateTime") or res.at("identifiedPeriod", "start")
    if not implicated or when is None:
        return
    reviewer = res.staff_by(res.told.get("author"))
    res.fact(
        PrescriptionReviewed,
        when,
        prescription_id=_prescription(res, implicated),
        result="override" if items(res.told.get("mitigation")) else "reject",
        mode="pharmacist" if reviewer else "auto",
        reviewer_id=reviewer,
    )


def _prescription(res: Resource, reference: object) -> str | None:
    for each in items(reference):
        found = res.bundle.resolve(each, res.told)
        if found is not None:
            return res.grouped(found)
        return res.number_by("prescription", {k: v for k, v in each.items() if k != "type"})
    return None


TOLD_BY = {
    "MedicationRequest": medication_request,
    "MedicationDispense": medication_dispense,
    "DetectedIssue": detected_issue,
}
