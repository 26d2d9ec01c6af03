"""Prescriptions: RDE^O11, OMP^O09 (submitted), ZRV (reviewed), ZDP (prepared, returned), RDS^O13 (dispensed).

A prescription's number is RXE-15, RXD-7 or ZRV-2/ZDP-2, else the placer's group or order number (ORC-4, ORC-2); its
lines are one prescription. The pharmacy is PL.1 of RXD-13 or ZDP-6, else the department of the visit.
"""

from __future__ import annotations

from ingest.errors import Ignored, Malformed
from ingest.events.envelope import Instant
from ingest.events.pharmacy import (
    DispensingDispensed,
    DispensingPrepared,
    DispensingReturned,
    PrescriptionCancelled,
    PrescriptionReviewed,
    PrescriptionSubmitted,
)
from ingest.interpret.hl7 import Segment
from ingest.interpret.orders import Group, groups
from ingest.interpret.queue import room_of
from ingest.interpret.reading import Reading

_CANCEL = ("CA", "DC", "OC")
_NEW = ("NW", "XO", "")
_PARTIAL = ("P", "PF")  # table 0484 as far as it speaks of parts


def interpret_prescription(reading: Reading, _trigger: str) -> None:
    """RDE^O11, OMP^O09: one prescription may have many lines, each its own ORC and RXE (RXO)."""
    prescriptions: dict[str, list[Group]] = {}
    for group in groups(reading):
        number = _number(group)
        if group.first("RXE") or number:
            prescriptions.setdefault(number, []).append(group)
    for number, lines in prescriptions.items():
        orc = lines[0].orc
        if not number or orc is None:
            raise Malformed("missing subject: RXE-15")
        _prescription(reading, number, orc, lines)
    if not reading.events and not reading.message.segments("ZRV"):
        raise Ignored("prescription without a fact")


def _number(group: Group) -> str:
    """RXE-15; of a line that has none yet (RXO), what its lines share (ORC-4), else the line's own (ORC-2)."""
    rxe, orc = group.first("RXE"), group.orc
    shared = orc.value(4) if orc and rxe is None and group.first("RXO") else ""
    return (rxe.value(15) if rxe else "") or shared or (orc.value(2) if orc else "")


def _prescription(reading: Reading, number: str, orc: Segment, lines: list[Group]) -> None:
    control = orc.value(1).upper()
    occurred, flags = reading.when((orc, 9), ("EVN", 6), ("EVN", 2), ("MSH", 7))
    prescription_id = _identify(reading, number, occurred)
    if control in _CANCEL:
        reading.tell(PrescriptionCancelled, occurred, flags=flags, prescription_id=prescription_id)
    elif control in _NEW:
        reading.tell(
            PrescriptionSubmitted,
            occurred,
            flags=flags,
            coded={"rx_type": orc.value(29)},
            prescription_id=prescription_id,
            doctor_id=reading.staff(orc.value(12)),
            dept_code=reading.dept(orc.value(17)) or reading.visit_dept(),
            items=len(lines),
        )
    elif not reading.message.segments("ZRV"):
        _verified(reading, prescription_id, orc, lines[0].first("RXE"), occurred, flags)


def _verified(
    reading: Reading,
    prescription_id: str | None,
    orc: Segment,
    rxe: Segment | None,
    occurred: Instant,
    flags: tuple[str, ...],
) -> None:
    """A status message that names who verified it (ORC-11, RXE-14): reviewed, and passed, at the message's time."""
    reviewer = orc.value(11) or (rxe.value(14) if rxe else "")
    if reviewer:
        reading.tell(
            PrescriptionReviewed,
            occurred,
            flags=(*flags, "derived"),
            prescription_id=prescription_id,
            result="pass",
            mode="pharmacist",
            reviewer_id=reading.staff(reviewer),
        )


def _identify(reading: Reading, number: str, at: Instant) -> str | None:
    return reading.identify("prescription", number, on=reading.local_day(at))


def interpret_dispensing(reading: Reading, _trigger: str) -> None:
    """RDS^O13: each RXD is a hand-over; lines of one prescription at one moment are one."""
    seen: set[tuple[str, int, str]] = set()
    for group in groups(reading):
        if group.orc and _is_in_process(group.orc):
            _in_process(reading, group, group.orc)
            continue
        for rxd in group.all("RXD"):
            number = rxd.value(7) or (group.orc.value(2) if group.orc else "")
            if not number:
                raise Malformed("missing subject: RXD-7")
            occurred, flags = reading.noted(rxd, 3)
            if (number, occurred.ms, rxd.value(1)) not in seen:
                seen.add((number, occurred.ms, rxd.value(1)))
                _dispensed(reading, rxd, number, occurred, flags)
    if not reading.events and not reading.message.segments("ZDP"):
        raise Ignored("dispensing without a hand-over")


def _is_in_process(orc: Segment) -> bool:
    """ORC-1=SC, ORC-5=IP: the drugs lie ready, and nothing has been handed over."""
    return (orc.value(1).upper(), orc.value(5).upper()) == ("SC", "IP")


def _in_process(reading: Reading, group: Group, orc: Segment) -> None:
    """A status message in the place of ZDP; where the message has that too, ZDP tells it."""
    if reading.message.segments("ZDP"):
        return
    rxd = group.first("RXD")
    number = (rxd.value(7) if rxd else "") or orc.value(2)
    if not number:
        raise Malformed("missing subject: ORC-2")
    occurred, flags = reading.noted(orc, 9)
    reading.tell(
        DispensingPrepared,
        occurred,
        flags=(*flags, "derived"),
        prescription_id=_identify(reading, number, occurred),
        pharmacy_id=(rxd.value(13) if rxd else "") or reading.visit_dept(),
        window_id=rxd.value(13, 2) if rxd else None,
    )


def _dispensed(reading: Reading, rxd: Segment, number: str, occurred: Instant, flags: tuple[str, ...]) -> None:
    reading.tell(
        DispensingDispensed,
        occurred,
        flags=flags,
        prescription_id=_identify(reading, number, occurred),
        dispense_seq=reading.number(rxd.value(1), "RXD-1"),
        pharmacy_id=rxd.value(13) or reading.visit_dept(),
        window_id=rxd.value(13, 2),
        dispenser_id=reading.staff(rxd.value(10)),
        partial=rxd.value(33).upper() in _PARTIAL if rxd.value(33) else None,
        delivery="window" if rxd.value(13) else None,
    )


def tell_review(reading: Reading, zrv: Segment) -> None:
    """ZRV: a pharmacist or a machine passed, refused or overrode a prescription."""
    result, known = reading.code(PrescriptionReviewed, "result", zrv.value(3))
    if not known or result is None:
        raise Malformed("illegal code: ZRV-3")
    occurred, flags = reading.noted(zrv, 4)
    reading.tell(
        PrescriptionReviewed,
        occurred,
        flags=flags,
        coded={"mode": zrv.value(6)},
        prescription_id=_needed(reading, zrv, occurred),
        result=result,
        reviewer_id=reading.staff(zrv.value(5)),
    )


def tell_step(reading: Reading, zdp: Segment) -> None:
    """ZDP: the drugs lie ready, or came back."""
    step = zdp.value(3).upper()
    occurred, flags = reading.noted(zdp, 4)
    prescription_id = _needed(reading, zdp, occurred)
    if step == "RETURNED":
        reading.tell(DispensingReturned, occurred, flags=flags, prescription_id=prescription_id)
    elif step == "PREPARED":
        reading.tell(
            DispensingPrepared,
            occurred,
            flags=flags,
            prescription_id=prescription_id,
            pharmacy_id=zdp.value(6) if zdp.value(6, 2) else reading.visit_dept(),
            window_id=room_of(zdp, 6),
            preparer_id=reading.staff(zdp.value(5)),
            robot=zdp.value(7).upper() == "Y" if zdp.value(7) else None,
        )
    else:
        raise Malformed("illegal code: ZDP-3")


def _needed(reading: Reading, segment: Segment, at: Instant) -> str:
    found = _identify(reading, segment.value(2), at)
    if found is None:
        raise Malformed(f"missing subject: {segment.name}-2")
    return found
