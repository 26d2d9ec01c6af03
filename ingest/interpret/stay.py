"""Movements in ADT: transfers, departures and discharges (A02, A03, A06, A09, A12, A13, A14, A16)."""

from __future__ import annotations

from ingest.errors import Ignored
from ingest.events.consultation import ConsultationEnded
from ingest.events.emergency import EdDeparted, EdDispositionDecided, EdResusEntered, EdResusLeft
from ingest.events.envelope import Op
from ingest.events.inpatient import (
    AdmissionRequested,
    InpatientAdmitted,
    InpatientDischarged,
    InpatientDischargeOrdered,
    InpatientTransferred,
)
from ingest.interpret.reading import Reading, When

_EMERGENCY_ROOM = "7"  # table 0023, PV1-14


def admitted(reading: Reading, when: When, *, op: Op = "assert") -> None:
    reading.need_visit()
    occurred, flags = when
    pv1 = reading.message.segment("PV1")
    reading.tell(
        InpatientAdmitted,
        occurred,
        op=op,
        flags=flags,
        coded={"patient_group": reading.message.get("PV1", 18), "admit_source": reading.message.get("PV1", 14)},
        request_id=reading.entity("request", pv1, 5) if pv1 else None,
        ward=reading.message.get("PV1", 3),
        dept=reading.visit_dept(),
        **reading.person(InpatientAdmitted, occurred),
    )


def tell_transfer(reading: Reading) -> None:
    """A02: into or out of a resuscitation or observation room ([codes.kind] says which are), or between wards."""
    _transfer(reading, "assert")


def tell_transfer_cancelled(reading: Reading) -> None:
    """A12: the patient never moved."""
    _transfer(reading, "retract")


def _transfer(reading: Reading, op: Op) -> None:
    reading.need_visit()
    occurred, flags = reading.when(("EVN", 6), ("EVN", 2), ("MSH", 7))
    to, left = reading.message.get("PV1", 3), reading.message.get("PV1", 6)
    if reading.visit_class() == "inpatient":
        reading.tell(InpatientTransferred, occurred, op=op, flags=flags, from_location=left, to_location=to)
        return
    entered_kind, left_kind = _stay_kind(reading, to), _stay_kind(reading, left)
    if left_kind:
        reading.tell(EdResusLeft, occurred, op=op, flags=flags, kind=left_kind, location_id=left)
    if entered_kind:
        reading.tell(EdResusEntered, occurred, op=op, flags=flags, kind=entered_kind, location_id=to)
    if not reading.events:
        raise Ignored("transfer outside wards and emergency rooms")


def _stay_kind(reading: Reading, place: str) -> str | None:
    return reading.code(EdResusEntered, "kind", place)[0] if place else None


def tell_became_inpatient(reading: Reading) -> None:
    """A06: admitted, and gone from the emergency department if that is where the patient came from."""
    admitted(reading, reading.happened())
    mrg = reading.message.segment("MRG")
    from_emergency = reading.message.get("PV1", 14) == _EMERGENCY_ROOM
    prior = reading.identify("visit", mrg.value(5), mrg.value(5, 4), on=reading.visit_day()) if mrg else None
    if from_emergency:
        occurred, flags = reading.happened()
        reading.tell(EdDeparted, occurred, flags=flags, visit_id=prior, disposition="admitted")


def admission_requested(reading: Reading) -> None:
    visit_id = reading.need_visit()
    pv1 = reading.message.segment("PV1")
    occurred, flags = reading.when(("EVN", 6), ("EVN", 2), ("MSH", 7))
    reading.tell(
        AdmissionRequested,
        occurred,
        flags=flags,
        request_id=(reading.entity("request", pv1, 5) if pv1 else None) or visit_id,
        from_visit_id=visit_id,
        target_dept=reading.dept(reading.message.get("PV1", 42)) or reading.visit_dept(),
        wanted_date=reading.day_text(reading.message.get("PV2", 8), "PV2-8"),
    )


def tell_discharge(reading: Reading) -> None:
    """A03: by class, the end of a stay, of an emergency visit, or of a consultation."""
    _end(reading, "assert")


def tell_discharge_cancelled(reading: Reading) -> None:
    """A13: the patient never left."""
    _end(reading, "retract")


def _end(reading: Reading, op: Op) -> None:
    reading.need_visit()
    found = reading.visit_class()
    disposition = reading.message.get("PV1", 36)
    if found == "inpatient":
        occurred, flags = reading.when(("EVN", 6), ("PV1", 45), ("EVN", 2), ("MSH", 7))
        reading.tell(
            InpatientDischarged,
            occurred,
            op=op,
            flags=flags,
            disposition=disposition,
            ward=reading.message.get("PV1", 3),
        )
    elif found == "emergency":
        occurred, flags = reading.when(("EVN", 6), ("PV1", 45), ("EVN", 2), ("MSH", 7))
        reading.tell(EdDeparted, occurred, op=op, flags=flags, coded={"disposition": disposition})
    elif found is None:
        raise Ignored(f"class:{reading.message.get('PV1', 2)[:1]}")
    elif reading.source.a03_ends_consultation and not reading.message.segments("ZCN"):
        # The time is part of its identity (no sequence is told): PV1-45 is the same in the cancellation.
        occurred, flags = reading.when(("PV1", 45), ("EVN", 6), ("EVN", 2), ("MSH", 7))
        reading.tell(ConsultationEnded, occurred, op=op, flags=flags)


def tell_departure(reading: Reading) -> None:
    """A09: only the emergency department counts its departures."""
    if reading.visit_class() != "emergency":
        raise Ignored("departure outside the emergency department")
    _end(reading, "assert")


def tell_pending_admission(reading: Reading) -> None:
    """A14: an admission is asked for; the emergency department has decided on it."""
    admission_requested(reading)
    if reading.visit_class() == "emergency":
        occurred, flags = reading.when(("EVN", 6), ("EVN", 2), ("MSH", 7))
        reading.tell(
            EdDispositionDecided, occurred, flags=flags, decision="admit", target_ward=reading.message.get("PV1", 42)
        )


def tell_pending_discharge(reading: Reading) -> None:
    """A16: a discharge is ordered, or decided on in the emergency department."""
    reading.need_visit()
    occurred, flags = reading.when(("EVN", 6), ("EVN", 2), ("MSH", 7))
    found = reading.visit_class()
    if found == "emergency":
        reading.tell(EdDispositionDecided, occurred, flags=flags, decision="discharge")
    elif found == "inpatient":
        planned = reading.ms(reading.message.segment("PV2"), 9) or reading.ms(reading.message.segment("EVN"), 3)
        reading.tell(InpatientDischargeOrdered, occurred, flags=flags, planned_at=planned)
    else:
        raise Ignored("pending discharge of no stay")
