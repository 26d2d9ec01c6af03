"""Schedules, slots and appointments."""

from __future__ import annotations

from ingest.errors import Malformed
from ingest.events.orders import ExamBooked
from ingest.events.registration import PatientCheckedIn
from ingest.events.scheduling import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentNoShow,
    AppointmentRescheduled,
    ScheduleSessionPublished,
    ScheduleSessionSuspended,
    Slot,
)
from ingest.interpret.fhir_bundle import Json, items, mapping, text
from ingest.interpret.fhir_resource import Resource

_NOT_YET = ("proposed", "pending", "waitlist", "")


def schedule(res: Resource) -> None:
    """A session, with those of its slots that are in the bundle; when it was published nobody says."""
    start, end = res.at("planningHorizon", "start"), res.at("planningHorizon", "end")
    res.fact(
        ScheduleSessionPublished,
        res.updated(),
        session_id=res.number_of("session"),
        dept_code=_dept(res),
        doctor_id=res.staff_by(res.told.get("actor")),
        session_date=res.local_day(start).isoformat() if start else None,
        session_start=start.ms if start else None,
        session_end=end.ms if end else None,
        slots=tuple(_slot(res, each) for each in res.bundle.all("Slot") if _is_of(res, each)),
    )
    if res.told.get("active") is False:
        res.fact(ScheduleSessionSuspended, res.updated(), session_id=res.number_of("session"))


def _is_of(res: Resource, slot: Json) -> bool:
    return res.bundle.resolve(mapping(slot.get("schedule")), slot) is res.told


def _slot(res: Resource, slot: Json) -> Slot:
    start, end = res.instant(slot.get("start"), "slot.start"), res.instant(slot.get("end"), "slot.end")
    return Slot(
        slot_id=res.number_of("slot", slot),
        start=start.ms if start else None,
        end=end.ms if end else None,
        capacity=1,
        pool="open" if text(slot.get("status")) in ("free", "busy") else "held",
    )


def slot(res: Resource) -> None:
    """A slot by itself tells only that its session is suspended."""
    if res.status == "busy-unavailable":
        session_id = res.number_by("session", res.told.get("schedule"))
        res.fact(ScheduleSessionSuspended, res.updated(), session_id=session_id)


def appointment(res: Resource) -> None:
    """An appointment from booking to its end. Its former time is known when a history tells both versions."""
    appointment_id = res.number_of("appointment")
    if appointment_id is None:
        raise Malformed("missing subject: Appointment.identifier")
    created = res.at("created")
    start = res.at("start")
    if res.status not in _NOT_YET:
        _booked(res, appointment_id, created)
    before = _before(res)
    if before is not None and start is not None and before != start.ms:
        res.fact(
            AppointmentRescheduled,
            res.updated(),
            appointment_id=appointment_id,
            old_slot_start=before,
            new_slot_start=start.ms,
        )
    slot_start = start.ms if start else None
    if res.status == "cancelled":
        reason = res.concept(res.told.get("cancelationReason"))
        initiator = _initiator(res, reason)
        res.fact(
            AppointmentCancelled, res.updated(), appointment_id=appointment_id, initiator=initiator, reason_code=reason
        )
    elif res.status == "noshow":
        res.fact(AppointmentNoShow, res.updated(), appointment_id=appointment_id, slot_start=slot_start, basis="source")
    elif res.status in ("arrived", "checked-in"):
        _arrived(res, appointment_id)


def _booked(res: Resource, appointment_id: str, created: object) -> None:
    when = res.at("created") if created else res.updated() if res.status in ("booked", "entered-in-error") else None
    start, end = res.at("start"), res.at("end")
    order_id = res.number_by("order", res.referred(res.told.get("basedOn"), "ServiceRequest"))
    people = [each.get("actor") for each in items(res.told.get("participant"))]
    res.patient_id = res.patient_id or res.number_by("patient", res.referred(people, "Patient"))
    res.fact(
        AppointmentBooked,
        when,
        coded={"visit_kind": res.concept(res.told.get("appointmentType"))},
        appointment_id=appointment_id,
        slot_id=res.number_by("slot", res.told.get("slot")),
        slot_start=start.ms if start else None,
        slot_end=end.ms if end else None,
        dept_code=_dept(res),
        doctor_id=res.staff_by(people),
        object="exam" if order_id else "consultation",
    )
    if order_id:
        res.fact(
            ExamBooked,
            when,
            order_id=order_id,
            appointment_id=appointment_id,
            scheduled_start=start.ms if start else None,
        )


def _arrived(res: Resource, appointment_id: str) -> None:
    """Checked in: only where the bundle has the visit that the appointment led to."""
    for each in res.bundle.all("Encounter"):
        led_to = (res.bundle.resolve(one, each) for one in items(each.get("appointment")))
        if any(one is res.told for one in led_to):
            res.fact(
                PatientCheckedIn,
                res.updated(),
                visit_id=res.number_of("visit", each),
                point="clinic",
                dept_code=_dept(res),
                appointment_id=appointment_id,
            )


def _before(res: Resource) -> int | None:
    """The start in an earlier version of the same appointment."""
    versions = [
        each
        for each in res.bundle.versions(res.told)
        if each is not res.told and _stamp(each) < _stamp(res.told) and text(each.get("start"))
    ]
    if not versions:
        return None
    found = res.instant(max(versions, key=_stamp).get("start"), "start")
    return found.ms if found else None


def _stamp(resource: Json) -> str:
    return text(mapping(resource.get("meta")).get("lastUpdated"))


def _initiator(res: Resource, reason: str) -> str | None:
    """Who gave it up, by the site's map or the standard reasons: pat…, prov…, maint."""
    own = res.code(AppointmentCancelled, "initiator", reason)[0] if reason else None
    by = {"pat": "patient", "prov": "hospital", "maint": "hospital"}
    return own or by.get(reason.split("-")[0])


def _dept(res: Resource) -> str | None:
    """The department: the service, else the place among those who take part."""
    people = [each.get("actor") for each in items(res.told.get("participant"))] or res.told.get("actor")
    places = res.referred(people, "Location", "HealthcareService", "Organization")
    return res.dept(res.concept(res.told.get("serviceType")) or res.place_by(places))


TOLD_BY = {"Schedule": schedule, "Slot": slot, "Appointment": appointment}
