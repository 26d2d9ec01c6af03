"""What must come out of whole visits: consultations, lengths of visits, the emergency department."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from infra.rehearsal.facts import Told
from infra.rehearsal.truth import HOUR, TWO_HOURS, Row, World, first, interval, still_open, without
from infra.rehearsal.truth_emergency import emergency_rows
from infra.rehearsal.truth_exams import exam_rows
from infra.rehearsal.truth_outline import Visit, outline
from infra.rehearsal.truth_patients import arrival_rows
from infra.rehearsal.truth_pharmacy import pharmacy_rows
from infra.rehearsal.truth_reported import discharge_rows, outpatient_rows
from infra.rehearsal.truth_stays import stay_rows
from infra.rehearsal.truth_time import time_rows

_EXAMS = {"imaging", "ultrasound", "endoscopy", "ecg", "pathology"}
_CAP = 120 * 60_000


def visit_rows(world: World) -> Iterator[Row]:
    """All rows of all visits."""
    for number in world.by_visit:
        visit = outline(world, number)
        yield from pharmacy_rows(world, visit)
        yield from exam_rows(world, visit)
        if number in world.retracted:
            continue
        if visit.kind == "outpatient":
            yield from _waits(world, visit)
            yield from _appointment(world, visit)
            yield from _durations(world, visit)
            yield from _length(world, visit)
            place = _place(world, visit, visit.seen[0] if visit.seen else None)
            yield from outpatient_rows(world, visit, *place, _path(visit))
            yield from time_rows(world, visit, place[0], _slot(world, visit) or 0)
        yield from _counted(world, visit)
        yield from discharge_rows(world, visit)
        yield from arrival_rows(world, visit, visit.dept)
        yield from _registration(world, visit)
        yield from emergency_rows(world, visit)
        yield from stay_rows(world, visit)


def _place(world: World, visit: Visit, seen: Told | None) -> tuple[str, str]:
    """Department and doctor of a consultation, or of the wait for one."""
    told = [
        f.fields["dept_code"] for f in (seen, visit.check_in, visit.registration) if f and f.fields.get("dept_code")
    ]
    return (told or ["?"])[0], world.house.staff(seen.fields["doctor_id"]) if seen else "?"


def _booked(visit: Visit) -> str:
    named = [f.fields.get("appointment_id") for f in (visit.registration, visit.check_in) if f]
    return next((a for a in named if a), "")


def _slot(world: World, visit: Visit) -> int | None:
    booking = world.bookings.get(_booked(visit))
    return booking.fields["slot_start"] if booking else None


def _given_up(visit: Visit) -> str:
    return "refunded" if first(visit.facts, "registration.refunded") else ""


def _waits(world: World, visit: Visit) -> Iterator[Row]:
    kind = "booked" if _booked(visit) else "walk_in" if visit.registration else "?"
    for position, seen in enumerate(visit.seen[1:], 1):
        dept, doctor = _place(world, visit, seen)
        dims = {"dept": dept, "doctor": doctor, "booking_type": kind, "patient_group": visit.group}
        since = visit.seen[position - 1].at
        more: dict[str, Any] = {"series": "seq≥2", "part": str(seen.fields["consultation_seq"]), "day": visit.day}
        back = [f.at for f in visit.facts if f.kind == "queue.requeued" and since <= f.at <= seen.at
                and f.fields["service_point_type"] == "clinic"]  # fmt: skip
        reports = [f.at for f in visit.facts if f.kind == "report.issued" and since <= f.at <= seen.at
                   and f.fields["status"] == "final"]  # fmt: skip
        if back or reports:
            yield interval(world, "consult_wait", visit.id, max(back or reports), seen.at, dims, **more)
        else:
            yield without(world, "consult_wait", visit.id, "missing_start", seen.at, dims, **more)
    yield from _first_wait(world, visit, kind)


def _first_wait(world: World, visit: Visit, kind: str) -> Iterator[Row]:
    seen = visit.seen[0] if visit.seen else None
    dept, doctor = _place(world, visit, seen)
    dims = {"dept": dept, "doctor": doctor, "booking_type": kind, "patient_group": visit.group}
    if visit.check_in is None:
        if seen:
            yield without(world, "consult_wait", visit.id, "missing_start", seen.at, dims, day=visit.day)
    elif seen:
        yield interval(world, "consult_wait", visit.id, visit.check_in.at, seen.at, dims, day=visit.day)
    elif reason := _given_up(visit):
        yield without(world, "consult_wait", visit.id, reason, visit.check_in.at, dims, day=visit.day)
    else:
        until = world.house.closes(dept, visit.check_in.at)
        yield still_open(world, "consult_wait", visit.id, visit.check_in.at, until, dims, day=visit.day)


def _appointment(world: World, visit: Visit) -> Iterator[Row]:
    number = _booked(visit)
    seen, check_in = (visit.seen[0] if visit.seen else None), visit.check_in
    if not number or (seen is None and check_in is None):
        return
    booking, slot = world.bookings.get(number), _slot(world, visit)
    dept, doctor = _place(world, visit, seen)
    channel = (
        booking.fields["channel"] if booking else visit.registration.fields["channel"] if visit.registration else "?"
    )
    hour = "?" if slot is None else f"{(slot - _midnight(world, slot)) // HOUR:02d}"
    dims = {"dept": dept, "doctor": doctor, "channel": channel, "slot_hour": hour}
    more: dict[str, Any] = {"day": visit.day}
    if slot is None:
        at = seen.at if seen else check_in.at if check_in else 0
        yield without(world, "appt_wait", visit.id, "no_slot", at, dims, **more)
    elif check_in is None:
        assert seen is not None
        yield without(world, "appt_wait", visit.id, "missing_start", seen.at, dims, **more)
    elif seen and seen.at < check_in.at:
        yield interval(world, "appt_wait", visit.id, check_in.at, seen.at, dims, **more)
    elif seen:
        starts = max(check_in.at, slot)
        millis = max(0, seen.at - starts)
        yield interval(world, "appt_wait", visit.id, starts, seen.at, dims, millis=millis, **more)
    elif reason := _given_up(visit):
        yield without(world, "appt_wait", visit.id, reason, max(check_in.at, slot), dims, **more)
    else:
        starts = max(check_in.at, slot)
        yield still_open(world, "appt_wait", visit.id, starts, world.house.closes(dept, starts), dims, **more)


def _midnight(world: World, at: int) -> int:
    return world.house.midnight_after(world.house.day_of(at)) - 24 * HOUR


def _durations(world: World, visit: Visit) -> Iterator[Row]:
    ends = {f.fields["consultation_seq"]: f for f in visit.facts if f.kind == "consultation.ended"}
    for seen in visit.seen:
        dept, doctor = _place(world, visit, seen)
        number = seen.fields["consultation_seq"]
        kind = visit.registration.fields["visit_kind"] if visit.registration else "?"
        dims, more = {"dept": dept, "doctor": doctor, "visit_kind": kind}, {"part": str(number), "day": visit.day}
        if number in ends:
            millis = min(ends[number].at - seen.at, _CAP)
            yield interval(world, "consult_duration", visit.id, seen.at, ends[number].at, dims, millis=millis,
                           ceiling_h=None, **more)  # fmt: skip
        else:
            until = world.house.closes(dept, seen.at)
            yield still_open(world, "consult_duration", visit.id, seen.at, until, dims, **more)


def _length(world: World, visit: Visit) -> Iterator[Row]:
    if not visit.seen:
        return
    seen = visit.seen[0]
    day = visit.day or world.house.day_of(seen.at)
    dims = {"dept": _place(world, visit, seen)[0], "path": _path(visit), "patient_group": visit.group}
    if visit.check_in is None:
        yield without(world, "visit_los", visit.id, "missing_start", seen.at, dims, day=day)
        return
    closes = world.house.midnight_after(day) + TWO_HOURS
    endings = [f.at for f in visit.facts if f.kind in ("consultation.ended", "bill.paid", "dispensing.dispensed")]
    endings = [at for at in endings if seen.at <= at < closes]
    start = visit.check_in.at
    if endings:
        yield interval(world, "visit_los", visit.id, start, max(endings), dims, bucket="start", day=day)
    else:
        yield still_open(world, "visit_los", visit.id, start, closes, dims, day=day)


def _path(visit: Visit) -> str:
    ordered = {f.fields["category"] for f in visit.facts if f.kind == "order.placed"}
    drugs = any(f.kind == "prescription.submitted" for f in visit.facts)
    steps = [name for name, taken in (("lab", "lab" in ordered), ("exam", ordered & _EXAMS), ("drug", drugs)) if taken]
    return "+".join(["consult", *steps])


def _counted(world: World, visit: Visit) -> Iterator[Row]:
    arrived = first(visit.facts, "ed.arrived")
    if visit.kind == "outpatient" and visit.seen:
        dims = {"dept": _place(world, visit, visit.seen[0])[0], "class": visit.kind}
        at = visit.seen[0].at
    elif visit.kind == "emergency" and arrived:
        dims, at = {"dept": visit.dept or "?", "class": visit.kind}, arrived.at
    elif visit.kind == "inpatient" and (discharged := first(visit.facts, "inpatient.discharged")):
        admitted = first(visit.facts, "inpatient.admitted")
        dept = admitted.fields["dept"] if admitted else discharged.fields["ward"]
        dims, at = {"dept": dept, "class": visit.kind}, discharged.at
    else:
        return
    yield Row("visit_counted", visit.id, visit.day or world.house.day_of(at), at, dims)


def _registration(world: World, visit: Visit) -> Iterator[Row]:
    if visit.registration is None:
        return
    at, refund = visit.registration.at, first(visit.facts, "registration.refunded")
    slip = refund is not None and refund.at - at <= 5 * 60_000
    dims = {"item_class": "registration", "dept": visit.dept or "?", "reason": "?"}
    yield Row("refund_registration", visit.id, visit.day or world.house.day_of(at), at, dims, hit=refund is not None,
              reason="voided" if slip else "", amount_hit=refund.fields["amount"] if refund else "")  # fmt: skip
