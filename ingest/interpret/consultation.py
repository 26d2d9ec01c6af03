"""The local segments ZCN (consultation) and ZCV (critical value), wherever they are appended."""

from __future__ import annotations

from ingest.errors import Malformed
from ingest.events.consultation import ConsultationEnded, ConsultationStarted
from ingest.events.emergency import EdSeen
from ingest.events.orders import CriticalValueAcknowledged
from ingest.interpret.hl7 import Segment
from ingest.interpret.numbering import filler_given, order_given
from ingest.interpret.queue import room_of
from ingest.interpret.reading import Reading


def tell_consultation(reading: Reading, zcn: Segment) -> None:
    """ZCN: a doctor began or finished. In the emergency department the first beginning is `ed.seen`."""
    reading.need_visit()
    code = zcn.value(2).upper()
    if code not in ("START", "PAUSE", "END"):
        raise Malformed("illegal code: ZCN-2")
    if code == "PAUSE":
        return
    occurred, flags = reading.noted(zcn, 3)
    sequence = reading.number(zcn.value(6), "ZCN-6")
    doctor = reading.staff(zcn.value(5) or reading.message.get("PV1", 7))
    if reading.visit_class() == "emergency":
        if code == "START" and sequence in (None, 1):
            reading.tell(EdSeen, occurred, flags=flags, doctor_id=doctor)
    elif code == "START":
        reading.tell(
            ConsultationStarted,
            occurred,
            flags=flags,
            consultation_seq=sequence,
            doctor_id=doctor,
            dept_code=reading.dept(zcn.value(4)) if zcn.value(4, 2) else reading.visit_dept(),
            room_id=room_of(zcn, 4),
            mode="onsite",
        )
    else:
        reading.tell(
            ConsultationEnded, occurred, flags=flags, coded={"outcome": zcn.value(7)}, consultation_seq=sequence
        )


def tell_acknowledgement(reading: Reading, zcv: Segment) -> None:
    """ZCV: somebody took charge of a critical value, named by the filler's order number."""
    occurred, flags = reading.noted(zcv, 3)
    obr = reading.message.segment("OBR")
    given = (filler_given(reading, "critical", obr) if obr else None) or occurred
    critical_id = reading.entity("critical", zcv, 2, at=given)
    if critical_id is None:
        raise Malformed("missing subject: ZCV-2")
    reading.tell(
        CriticalValueAcknowledged,
        occurred,
        flags=flags,
        critical_id=critical_id,
        order_id=_order_of(reading) or reading.entity("order", zcv, 2, at=given),
        staff_id=reading.staff(zcv.value(4)),
        action_code=zcv.value(5),
    )


def _order_of(reading: Reading) -> str | None:
    orc, obr = reading.message.segment("ORC"), reading.message.segment("OBR")
    at = order_given(reading, orc, obr)
    for segment in (orc, obr):
        if segment and (found := reading.entity("order", segment, 2, at=at)):
            return found
    return None
