"""Rows of stays: in the emergency department, on a ward."""

from __future__ import annotations

from ingest.events.emergency import EdArrived, EdDeparted, EdDispositionDecided, EdResusEntered, EdResusLeft, EdSeen
from ingest.events.inpatient import (
    AdmissionRequested,
    InpatientAdmitted,
    InpatientDischarged,
    InpatientDischargeOrdered,
    InpatientSettled,
    InpatientTransferred,
)
from ingest.events.registration import TriageCompleted
from ingest.interpret.row import Row


def v_ed(row: Row) -> None:
    """An emergency visit, from the door to the departure; `location` counts when it is a resuscitation room."""
    row.need_visit()
    row.fact(EdArrived, "arrived_at", coded={"arrival_mode": row.text("arrival_mode")})
    row.fact(TriageCompleted, "triaged_at", coded={"acuity": row.text("acuity")}, assigned_dept=row.dept("ED"))
    row.fact(EdSeen, "seen_at", doctor_id=row.staff(row.text("doctor_id")))
    location = row.text("location")
    kind = row.code(EdResusEntered, "kind", location)[0] if location else None
    if kind:
        row.fact(EdResusEntered, "location_from", kind=kind, location_id=location)
        row.fact(EdResusLeft, "location_to", kind=kind, location_id=location)
    row.fact(EdDispositionDecided, "decided_at", coded={"decision": row.text("decision")})
    row.fact(EdDeparted, "departed_at", coded={"disposition": row.text("disposition")})


def v_inpatient(row: Row) -> None:
    """A stay on a ward."""
    visit_id, ward = row.need_visit(), row.text("ward")
    row.fact(AdmissionRequested, "requested_at", request_id=visit_id, target_dept=row.dept(ward))
    row.fact(InpatientAdmitted, "admitted_at", ward=ward, dept=row.dept(ward))
    row.fact(InpatientTransferred, "transferred_at", to_location=ward)
    row.fact(InpatientDischargeOrdered, "discharge_ordered_at")
    row.fact(InpatientDischarged, "discharged_at", disposition=row.text("disposition"), ward=ward)
    row.fact(InpatientSettled, "settled_at", coded={"settle_place": row.text("settle_place")}, settlement_id=visit_id)


VIEWS = {"v_ed": v_ed, "v_inpatient": v_inpatient}
