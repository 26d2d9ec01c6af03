"""Merges and moves in ADT: two numbers that are one patient (A18, A34, A40), a visit under another number (A45)."""

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


def tell_visit_moved(reading: Reading) -> None:
    """A45: everything under the prior visit number belongs to this one."""
    reading.need_visit()
    mrg = reading.message.segment("MRG")
    prior = reading.identify("visit", mrg.value(5), mrg.value(5, 4), on=reading.visit_day()) if mrg else None
    if mrg is None or prior is None:
        raise Malformed("missing subject: MRG-5")
    occurred, flags = reading.when(("EVN", 6), ("EVN", 2), ("MSH", 7))
    from_patient = reading.patient_of(mrg, 1)
    if prior == reading.visit_id and from_patient in (None, reading.patient_id):
        raise Ignored("visit moved onto itself")
    reading.tell(
        VisitMoved,
        occurred,
        flags=flags,
        prior_visit_id=prior,
        from_patient_id=from_patient,
        to_patient_id=reading.patient_id,
    )
