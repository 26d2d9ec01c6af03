"""Milestones of time-critical pathways 绿色通道: a drug given (RXA), a procedure done (PR1), an ECG or a CT made (OBR).

What was given, done or ordered belongs to a pathway where the site says so of its code under [codes.pathway]; of a
procedure, [codes.kind] says whether it opens a vessel (balloon) or is an operation (or). Other codes tell nothing.
"""

from __future__ import annotations

from ingest.errors import Ignored
from ingest.events.emergency import EdGreenChannelMilestone
from ingest.events.envelope import Instant
from ingest.interpret.hl7 import Segment
from ingest.interpret.reading import Reading

_SECTIONS = {"CT": "ct", "CTH": "ct", "EC": "ecg", "ECG": "ecg", "EKG": "ecg"}  # table 0074


def interpret_administration(reading: Reading, _trigger: str) -> None:
    """RAS^O17: a drug of a pathway was given (RXA-3, RXA-5)."""
    for rxa in reading.message.segments("RXA"):
        if pathway := _pathway(reading, rxa.value(5)):
            reading.need_visit()
            occurred, flags = reading.noted(rxa, 3)
            reading.tell(EdGreenChannelMilestone, occurred, flags=flags, pathway=pathway, kind="needle")
    if not reading.events:
        raise Ignored("administration outside a pathway")


def tell_procedure(reading: Reading, pr1: Segment) -> None:
    """PR1, in whatever message: a procedure of a pathway (PR1-3), done at PR1-5."""
    code = pr1.value(3)
    pathway = _pathway(reading, code)
    kind = reading.code(EdGreenChannelMilestone, "kind", code)[0] if code else None
    done = reading.at(pr1, 5)
    if pathway and kind and done and reading.visit_id:
        reading.tell(EdGreenChannelMilestone, done, pathway=pathway, kind=kind)


def tell_examination(reading: Reading, obr: Segment, started: Instant) -> None:
    """An ECG or a CT (OBR-24) of a pathway (OBR-4) began (OBR-7)."""
    kind = _SECTIONS.get(obr.value(24).upper())
    pathway = _pathway(reading, obr.value(4))
    if kind and pathway and reading.visit_id:
        reading.tell(EdGreenChannelMilestone, started, pathway=pathway, kind=kind)


def _pathway(reading: Reading, code: str) -> str | None:
    return reading.code(EdGreenChannelMilestone, "pathway", code)[0] if code else None
