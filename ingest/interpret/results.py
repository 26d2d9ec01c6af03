"""Results: ORU^R01, ORU^R30, OUL^R22–R24: specimens, examinations, reports and critical values.

OBR-7 is when a specimen was taken or an examination began, OBR-14 when the specimen arrived, OBR-22 when the report
was issued, OBR-25 what kind of report it is. Of the results themselves only OBX-8 and OBX-11 are read.
"""

from __future__ import annotations

from ingest.errors import Ignored, Malformed
from ingest.events.envelope import Instant
from ingest.events.orders import (
    CriticalValueRaised,
    ExamCompleted,
    ExamStarted,
    ReportIssued,
    SpecimenCollected,
    SpecimenReceived,
)
from ingest.interpret.codes import EXAM_CATEGORIES, STANDARD, report_version
from ingest.interpret.hl7 import Segment
from ingest.interpret.numbering import filler_given
from ingest.interpret.orders import Group, category_of, groups, order_number
from ingest.interpret.pathways import tell_examination
from ingest.interpret.reading import Reading

_CRITICAL = STANDARD["flag"]
_NEVER_SO = ("W", "D")  # OBX-11: wrong patient, deleted


def interpret_result(reading: Reading, _trigger: str) -> None:
    """Tell the events of a result message. Specimens before an OBR (OUL) belong to the orders that follow."""
    leading = _leading_specimens(reading)
    for group in groups(reading, "OBR"):
        obr = group.first("OBR")
        if obr:
            _result(reading, group, obr, group.all("SPM") or leading)
    if not reading.events:
        raise Ignored("result without a report, specimen or examination")


def _leading_specimens(reading: Reading) -> list[Segment]:
    found = []
    for segment in reading.message:
        if segment.name in ("ORC", "OBR"):
            break
        if segment.name == "SPM":
            found.append(segment)
    return found


def _result(reading: Reading, group: Group, obr: Segment, specimens: list[Segment]) -> None:
    category = category_of(reading, obr.value(24))
    is_exam = category in EXAM_CATEGORIES
    if not is_exam and not specimens and not any(obr.value(n) for n in (7, 14, 22, 25)):
        return
    order_id = order_number(reading, group)
    if order_id is None:
        raise Malformed("missing subject: OBR-2")
    if is_exam:
        _examination(reading, obr, order_id)
    elif category in (None, "lab", "pathology"):
        _specimens(reading, obr, order_id, specimens, known_lab=category is not None)
    _report(reading, group, obr, order_id, category)
    _critical(reading, group, obr, order_id)


def _examination(reading: Reading, obr: Segment, order_id: str) -> None:
    started, ended = reading.at(obr, 7), reading.at(obr, 8)
    if started:
        reading.tell(
            ExamStarted,
            started,
            order_id=order_id,
            modality=obr.value(24),
            device_id=obr.value(21),
            operator_id=reading.staff(obr.value(34)),
        )
        tell_examination(reading, obr, started)
    if ended:
        reading.tell(ExamCompleted, ended, order_id=order_id)


def _specimens(reading: Reading, obr: Segment, order_id: str, specimens: list[Segment], *, known_lab: bool) -> None:
    """One pair of events per specimen; without SPM the order's own times stand for its one specimen."""
    each: list[Segment | None] = [*specimens] or [None]
    for spm in each:
        received = reading.at(spm, 18) or reading.at(obr, 14)
        if spm is None and not known_lab and received is None:
            return  # OBR-7 of we know not what
        collected = (reading.time(spm.value(17), "SPM-17") if spm else None) or reading.at(obr, 7)
        specimen_id = _specimen_number(reading, spm, collected or received)
        if collected:
            reading.tell(
                SpecimenCollected,
                collected,
                order_id=order_id,
                specimen_id=specimen_id,
                collector_id=reading.staff(obr.value(10)),
            )
        if received:
            reason = spm.value(21) if spm else ""
            reading.tell(
                SpecimenReceived,
                received,
                order_id=order_id,
                specimen_id=specimen_id,
                rejected=bool(reason),
                reject_reason=reason,
            )


def _specimen_number(reading: Reading, spm: Segment | None, at: Instant | None) -> str | None:
    """SPM-2: a pair (placer^filler) of pairs (number&authority)."""
    if spm is None:
        return None
    on = reading.local_day(at) if at else None
    component = 1 if spm.value(2, 1) else 2
    return reading.identify("specimen", spm.value(2, component), spm.part(2, component, 2), on=on)


def _report(reading: Reading, group: Group, obr: Segment, order_id: str, category: str | None) -> None:
    raw = obr.value(25)
    status, known = reading.code(ReportIssued, "status", raw) if raw else (None, True)
    if not known or status is None or raw.upper() in ("O", "I", "S", "Y", "Z"):
        return
    occurred, flags = reading.when((obr, 22), ("EVN", 6), ("EVN", 2), ("MSH", 7))
    told = [obx.value(11).upper() for obx in group.all("OBX")]
    reading.tell(
        ReportIssued,
        occurred,
        op="retract" if told and all(t in _NEVER_SO for t in told) else "assert",
        flags=flags,
        report_id=filler_number(reading, "report", obr),
        order_id=order_id,
        status=status,
        version=report_version(status),
        category=category,
        reporter_id=reading.staff(obr.value(32)),
    )


def filler_number(reading: Reading, kind: str, obr: Segment) -> str | None:
    """What a laboratory or a device calls its report or its critical value: OBR-3, else OBR-2."""
    at = filler_given(reading, kind, obr)
    return reading.entity(kind, obr, 3, at=at) or reading.entity(kind, obr, 2, at=at)


def _critical(reading: Reading, group: Group, obr: Segment, order_id: str) -> None:
    """One critical value per order group and specimen: what acknowledges it (ZCV-2) names only the filler's order."""
    for obx in group.all("OBX"):
        flag = _CRITICAL.get(obx.value(8).upper())
        if flag is None:
            continue
        occurred, flags = reading.when((obx, 14), (obx, 19), (obr, 22), ("MSH", 7))
        reading.tell(
            CriticalValueRaised,
            occurred,
            op="retract" if obx.value(11).upper() in _NEVER_SO else "assert",
            flags=flags,
            critical_id=filler_number(reading, "critical", obr),
            order_id=order_id,
            item_code=obx.value(3),
            flag=flag,
        )
        return
