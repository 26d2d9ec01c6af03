"""Visits in FHIR: sessions, appointments, encounters, and the tickets of their queues, each with its story."""

from __future__ import annotations

from typing import Any

from tests.golden.fhir_resources import (
    APPOINTMENT,
    ENCOUNTER,
    Resource,
    at,
    concept,
    history,
    identifier,
    period,
    ref,
    resource,
)

ED = resource(
    "Encounter",
    "ed1",
    identifier=identifier("V2"),
    status="finished",
    class_="EMER",
    subject=ref("Patient/p1"),
    serviceType=concept("ED"),
    priority=concept("EM"),
    statusHistory=history(
        ("arrived", "10:00", "10:04"), ("triaged", "10:04", "10:06"), ("in-progress", "10:06", "12:00")
    ),
    participant=[{"individual": ref("Practitioner/d1"), "period": {"start": at("10:06")}}],
    location=[{"location": ref("Location/resus"), "period": period("10:05", "11:00")}],
    period=period("10:00", "12:00"),
    hospitalization={"admitSource": concept("ems"), "dischargeDisposition": concept("aadvice")},
)
STAY = resource(
    "Encounter",
    "i1",
    identifier=identifier("V3"),
    status="finished",
    class_="IMP",
    subject=ref("Patient/p1"),
    serviceType=concept("0301"),
    location=[
        {"location": ref("Location/ward1"), "period": {"start": at("14:00"), "end": at("09:00", "2025-03-04")}},
        {"location": ref("Location/ward2"), "period": {"start": at("09:00", "2025-03-04")}},
    ],
    period={"start": at("14:00"), "end": at("11:00", "2025-03-04")},
    hospitalization={"dischargeDisposition": concept("home")},
)


def ticket(**more: Any) -> Resource:
    """A ticket of the cashier's queue."""
    return resource(
        "Task",
        "t1",
        identifier=identifier("T1"),
        intent="order",
        code=concept("cashier"),
        location=ref("Location/q1"),
        focus=ref("ChargeItem/c1"),
        encounter=ref("Encounter/e1"),
        authoredOn=at("08:40"),
        lastModified=at("09:05"),
        **{"status": "requested", **more},
    )


def inputs(**values: Any) -> list[Resource]:
    return [
        {"type": concept(name), **({"valueInteger": v} if isinstance(v, int) else {"valueString": v})}
        for name, v in values.items()
    ]


VISITS: dict[str, tuple[Resource, list[str]]] = {
    "Schedule": (
        resource(
            "Schedule",
            "sc1",
            identifier=identifier("S1"),
            active=False,
            serviceType=[concept("0301")],
            actor=[ref("Practitioner/d1")],
            planningHorizon=period("08:00", "12:00"),
        ),
        ["10:00 schedule.session_published", "10:00 schedule.session_suspended"],
    ),
    "Slot": (
        resource(
            "Slot", "sl1", status="busy-unavailable", schedule=ref("Schedule/sc1"), start=at("08:00"), end=at("08:10")
        ),
        ["10:00 schedule.session_suspended"],
    ),
    "Appointment": (APPOINTMENT, ["10:00 appointment.booked"]),
    "Encounter": (
        ENCOUNTER,
        [
            "08:41 registration.created",
            "08:50 patient.checked_in",
            "09:14 consultation.started",
            "09:22 consultation.ended",
        ],
    ),
    "Encounter, emergency": (
        ED,
        [
            "10:00 registration.created",
            "10:00 patient.checked_in",
            "10:04 triage.completed",
            "10:00 ed.arrived",
            "10:06 ed.seen",
            "10:05 ed.resus_entered",
            "11:00 ed.resus_left",
            "12:00 ed.departed",
        ],
    ),
    "Encounter, inpatient": (
        STAY,
        ["14:00 inpatient.admitted", "09:00 inpatient.transferred", "11:00 inpatient.discharged"],
    ),
    "Task, called": (
        ticket(
            status="ready",
            businessStatus=concept("called"),
            owner=ref("Practitioner/d1"),
            input=inputs(ticket_no="A001", window="W3", call_seq=1),
        ),
        ["08:40 queue.joined", "09:05 queue.called"],
    ),
    "Task": (
        ticket(status="completed", executionPeriod=period("09:06", "09:09"), input=inputs(window="W3")),
        ["08:40 queue.joined", "09:06 queue.served", "09:09 queue.completed"],
    ),
    "Task, left": (ticket(status="cancelled"), ["08:40 queue.joined", "09:05 queue.left"]),
}
