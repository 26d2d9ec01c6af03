"""SIU: appointments, from booking to no-show.

An appointment's number is SCH-1, else SCH-2. SIU has no EVN and SCH no creation time, so a booking's moment is
MSH-7. The channel, for which there is no field, is taken from SCH-6 where the site maps it.
"""

from __future__ import annotations

from ingest.errors import Ignored, Malformed
from ingest.events.consultation import ConsultationEnded, ConsultationStarted
from ingest.events.envelope import Instant, Op
from ingest.events.orders import ExamBooked
from ingest.events.registration import PatientCheckedIn
from ingest.events.scheduling import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentNoShow,
    AppointmentRescheduled,
    ScheduleSessionPublished,
    ScheduleSessionSuspended,
)
from ingest.interpret.codes import BOOKED, CANCELLED, COMPLETE, DELETED, FILLER_STATUS, NOSHOW, STARTED
from ingest.interpret.corrections import tell_corrected
from ingest.interpret.hl7 import Segment
from ingest.interpret.reading import Reading

_MINUTES = {"S": 1 / 60, "SEC": 1 / 60, "M": 1, "MIN": 1, "MINUTES": 1, "H": 60, "HR": 60, "": 1}


def interpret_siu(reading: Reading, trigger: str) -> None:
    """Tell the events of an SIU message. Raises Ignored for triggers that are none of ours."""
    sch = reading.message.segment("SCH")
    if trigger not in TOLD_BY:
        raise Ignored(f"trigger:SIU^{trigger}")
    if sch is None:
        raise Malformed("missing segment: SCH")
    if trigger in ("S23", "S24"):
        _session(reading, sch, trigger)
        return
    is_changed = trigger == "S14"
    what = _modified(reading, sch) if is_changed else TOLD_BY[trigger]
    appointment_id = reading.entity("appointment", sch, 1) or reading.entity("appointment", sch, 2)
    if appointment_id is None:
        raise Malformed("missing subject: SCH-1")
    _tell(reading, sch, what, appointment_id)
    if is_changed and what == BOOKED:
        tell_corrected(reading, reading.events[0], reading.when(("EVN", 6), ("MSH", 7)))


def _tell(reading: Reading, sch: Segment, what: str, appointment_id: str) -> None:
    if what == "rescheduled":
        _rescheduled(reading, sch, appointment_id)
    elif what == CANCELLED:
        _cancelled(reading, sch, appointment_id)
    elif what == NOSHOW:
        slot, _ = _slot(reading, sch)
        occurred, flags = reading.when(("EVN", 6), ("MSH", 7))
        reading.tell(
            AppointmentNoShow,
            occurred,
            flags=flags,
            appointment_id=appointment_id,
            slot_start=slot.ms if slot else None,
            basis="source",
        )
    elif what == STARTED:
        _started(reading, appointment_id)
    elif what == COMPLETE:
        if reading.visit_id is None:
            raise Ignored("appointment completed without a visit")
        occurred, flags = reading.when(("EVN", 6), ("MSH", 7))
        reading.tell(ConsultationEnded, occurred, flags=flags)
    else:
        _booked(reading, sch, appointment_id, op="retract" if what == DELETED else "assert")


def _modified(reading: Reading, sch: Segment) -> str:
    """S14 says nothing but "something changed": the filler status says what (SCH-25, else that of a resource)."""
    resources = (("AIS", 10), ("AIL", 12), ("AIP", 12))
    status = sch.value(25) or next((told for name, n in resources if (told := reading.message.get(name, n))), "")
    return FILLER_STATUS.get(status.upper(), BOOKED)


def _booked(reading: Reading, sch: Segment, appointment_id: str, *, op: Op) -> None:
    occurred, flags = reading.when(("EVN", 6), ("MSH", 7))
    start, end = _slot(reading, sch)
    order_id = reading.entity("order", sch, 26, at=occurred)  # it is booked when it is ordered
    aip, ail = reading.message.segment("AIP"), reading.message.segment("AIL")
    dept = reading.dept(ail.value(3)) if ail else None
    channel, known = reading.code(AppointmentBooked, "channel", sch.value(6))
    reading.tell(
        AppointmentBooked,
        occurred,
        op=op,
        flags=flags,
        coded={"visit_kind": sch.value(7)},
        appointment_id=appointment_id,
        slot_start=start.ms if start else None,
        slot_end=end.ms if end else None,
        dept_code=dept or reading.visit_dept(),
        doctor_id=reading.staff(aip.value(3)) if aip else None,
        channel=channel if known else None,
        object="exam" if order_id else "consultation",
    )
    if order_id:
        reading.tell(
            ExamBooked,
            occurred,
            op=op,
            flags=flags,
            order_id=order_id,
            appointment_id=appointment_id,
            scheduled_start=start.ms if start else None,
        )


def _rescheduled(reading: Reading, sch: Segment, appointment_id: str) -> None:
    """The old time is in no field of SIU; SCH-6 says who moved it where the site maps it."""
    start, _ = _slot(reading, sch)
    initiator, known = reading.code(AppointmentRescheduled, "initiator", sch.value(6))
    occurred, flags = reading.when(("EVN", 6), ("MSH", 7))
    reading.tell(
        AppointmentRescheduled,
        occurred,
        flags=flags,
        appointment_id=appointment_id,
        new_slot_start=start.ms if start else None,
        initiator=initiator if known else None,
    )


def _cancelled(reading: Reading, sch: Segment, appointment_id: str) -> None:
    initiator, known = reading.code(AppointmentCancelled, "initiator", sch.value(6))
    occurred, flags = reading.when(("EVN", 6), ("MSH", 7))
    reading.tell(
        AppointmentCancelled,
        occurred,
        flags=flags,
        appointment_id=appointment_id,
        initiator=initiator if known else None,
    )


def _started(reading: Reading, appointment_id: str) -> None:
    """Table 0278 has no "arrived": Started means checked in, unless the site says that the consultation began."""
    if reading.visit_id is None:
        raise Ignored("appointment started without a visit")
    occurred, flags = reading.when(("EVN", 6), ("MSH", 7))
    if reading.source.started_is_consultation:
        aip = reading.message.segment("AIP")
        reading.tell(
            ConsultationStarted,
            occurred,
            flags=flags,
            doctor_id=reading.staff((aip.value(3) if aip else "") or reading.message.get("PV1", 7)),
            dept_code=reading.visit_dept(),
            mode="onsite",
        )
        return
    reading.tell(
        PatientCheckedIn,
        occurred,
        flags=flags,
        appointment_id=appointment_id,
        point="clinic",
        dept_code=reading.visit_dept(),
    )


def _session(reading: Reading, sch: Segment, trigger: str) -> None:
    """S24 opens a session, S23 suspends one; SCH-5 is its number."""
    session_id = reading.entity("session", sch, 5)
    if session_id is None:
        raise Malformed("missing subject: SCH-5")
    occurred, flags = reading.when(("EVN", 6), ("MSH", 7))
    if trigger == "S23":
        reading.tell(ScheduleSessionSuspended, occurred, flags=flags, session_id=session_id)
        return
    start, end = _slot(reading, sch)
    aip, ail = reading.message.segment("AIP"), reading.message.segment("AIL")
    reading.tell(
        ScheduleSessionPublished,
        occurred,
        flags=flags,
        session_id=session_id,
        dept_code=reading.dept(ail.value(3)) if ail else None,
        doctor_id=reading.staff(aip.value(3)) if aip else None,
        session_date=reading.local_day(start).isoformat() if start else None,
        session_start=start.ms if start else None,
        session_end=end.ms if end else None,
    )


def _slot(reading: Reading, sch: Segment) -> tuple[Instant | None, Instant | None]:
    """Start and end: TQ1-7/8 (2.5 and later), else AIS/AIP/AIL start and duration, else SCH-11.4/11.5."""
    tq1 = reading.message.segment("TQ1")
    start, end = reading.at(tq1, 7), reading.at(tq1, 8)
    if start is None:
        for name, field in (("AIS", 4), ("AIP", 6), ("AIL", 6)):
            segment = reading.message.segment(name)
            start = reading.at(segment, field)
            if start and segment:
                end = _after(start, segment.value(field + 3), segment.value(field + 4))
                break
    if start is None:
        start = reading.time(sch.value(11, 4), "SCH-11.4")
        end = reading.time(sch.value(11, 5), "SCH-11.5")
    if start is not None and end is None:
        end = _after(start, sch.value(9), sch.value(10))
    return start, end


def _after(start: Instant, length: str, unit: str) -> Instant | None:
    minutes = _MINUTES.get(unit.upper())
    if not length.isdigit() or minutes is None or len(length) > 6 or int(length) == 0:
        return None
    return start._replace(ms=start.ms + round(int(length) * minutes * 60_000))


TOLD_BY = {
    "S12": BOOKED,
    "S13": "rescheduled",
    "S14": BOOKED,
    "S15": CANCELLED,
    "S16": CANCELLED,
    "S17": DELETED,
    "S23": "suspended",
    "S24": "published",
    "S26": NOSHOW,
}
