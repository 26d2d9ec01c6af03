"""Merges and moves in ADT: two numbers that are one patient (A18, A34, A40), a visit under another number (A45) or of
another patient (A43).
"""

from __future__ import annotations

from ingest.errors import Ignored, Malformed
from ingest.events.control import PatientMerged, VisitMoved
from ingest.interpret.hl7 import Segment
from ingest.interpret.reading import Reading


def tell_merge(reading: Reading) -> None:
    """A40, and A34, A18 of old sites: each MRG names the number that its PID replaces."""
    occurred, flags = reading.when(("EVN", 6), ("EVN", 2), ("MSH", 7))
    survivor: Segment | None = None
    for segment in reading.message:
        if segment.name == "PID":
            survivor = segment
        elif segment.name == "MRG" and survivor is not None:
            surviving, prior = reading.patient_of(survivor, 3), reading.patient_of(segment, 1)
            if not surviving or not prior:
                raise Malformed(f"missing subject: {'MRG-1' if surviving else 'PID-3'}")
            reading.patient_id, reading.visit_id = surviving, None
            reading.tell(
                PatientMerged,
                occurred,
                flags=flags,
                surviving_patient_id=surviving,
                prior_patient_id=prior,
                scope="patient",
            )
    if not reading.events:
        raise Malformed("missing segment: MRG")


def tell_visits_moved(reading: Reading) -> None:
    """A45: everything under each prior visit number (MRG-5) belongs to the visit of the PV1 that goes with it."""
    merges, visits = reading.message.segments("MRG"), reading.message.segments("PV1")
    if not merges:
        raise Malformed("missing segment: MRG")
    if not visits:
        raise Malformed("missing segment: PV1")
    for number, mrg in enumerate(merges):
        pv1 = visits[min(number, len(visits) - 1)]
        visit_id = reading.visit_of(pv1)
        if visit_id is None:
            raise Malformed("missing subject: PV1-19")
        prior = _prior_visit(reading, mrg, pv1)
        if prior is None:
            raise Malformed("missing subject: MRG-5")
        _moved(reading, mrg, visit_id, prior)
    if not reading.events:
        raise Ignored("visit moved onto itself")


def tell_visits_of_another_patient(reading: Reading) -> None:
    """A43: a visit keeps its number (MRG-5, else PV1-19) and becomes the patient's whose PID comes before its MRG."""
    patient: Segment | None = None
    for segment in reading.message:
        if segment.name == "PID":
            patient = segment
        elif segment.name == "MRG" and patient is not None:
            reading.patient_id = reading.patient_of(patient, 3)
            if reading.patient_id is None:
                raise Malformed("missing subject: PID-3")
            visit_id = _prior_visit(reading, segment, reading.message.segment("PV1")) or reading.visit_id
            if visit_id is not None:
                _moved(reading, segment, visit_id, visit_id)
    if not reading.events:
        raise Ignored("patient list moved without a visit")


def _prior_visit(reading: Reading, mrg: Segment, pv1: Segment | None) -> str | None:
    return reading.identify("visit", mrg.value(5), mrg.value(5, 4), on=reading.day_of(pv1))


def _moved(reading: Reading, mrg: Segment, visit_id: str, prior: str) -> None:
    from_patient = reading.patient_of(mrg, 1)
    if prior == visit_id and from_patient in (None, reading.patient_id):
        return
    occurred, flags = reading.when(("EVN", 6), ("EVN", 2), ("MSH", 7))
    reading.tell(
        VisitMoved,
        occurred,
        flags=flags,
        visit_id=visit_id,
        prior_visit_id=prior,
        from_patient_id=from_patient,
        to_patient_id=reading.patient_id,
    )
