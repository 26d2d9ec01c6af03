"""PPR^PC1: a problem is added. It enters the patient in a programme where the site maps it under [codes.disease]."""

from __future__ import annotations

from ingest.errors import Ignored, Malformed
from ingest.events.followup import ChronicEnrolled
from ingest.interpret.reading import Reading


def interpret_problem(reading: Reading, _trigger: str) -> None:
    """Each PRB is a problem: its code (PRB-3) is the programme's number; entered at PRB-7, else at PRB-2."""
    for prb in reading.message.segments("PRB"):
        code = prb.value(3)
        disease = reading.code(ChronicEnrolled, "disease", code)[0] if code else None
        if disease is None:
            continue
        if reading.patient_id is None:
            raise Malformed("missing subject: PID-3")
        occurred, flags = reading.when((prb, 7), (prb, 2), ("MSH", 7))
        reading.tell(
            ChronicEnrolled,
            occurred,
            flags=flags,
            coded={"disease": code},
            programme_id=reading.identify("programme", code),
        )
    if not reading.events:
        raise Ignored("problem of no programme")
