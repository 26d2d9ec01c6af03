"""A visit in outline: its class, business day, department, patient group, check-in and consultations."""

from __future__ import annotations

from dataclasses import dataclass

from infra.rehearsal.facts import Told
from infra.rehearsal.truth import World, first, of_kind


@dataclass
class Visit:
    """A visit in outline."""

    id: str
    facts: list[Told]
    kind: str
    day: str
    dept: str
    group: str
    check_in: Told | None
    registration: Told | None
    seen: list[Told]


def outline(world: World, number: str) -> Visit:
    """The outline of a visit: class, business day, department, patient group, check-in, consultations."""
    facts = world.by_visit[number]
    registration, arrived = first(facts, "registration.created"), first(facts, "ed.arrived")
    check_in, seen = _check_in(facts), of_kind(facts, "consultation.started")
    if registration is not None:
        kind = registration.fields["visit_class"]
    elif any(f.kind.startswith("ed.") for f in facts):
        kind = "emergency"
    elif any(f.kind.startswith("inpatient.") for f in facts):
        kind = "inpatient"
    else:
        kind = "outpatient" if check_in else ""
    day = ""
    if kind in ("outpatient", "health_check"):
        day = (
            world.house.day_of(check_in.at)
            if check_in
            else (registration.fields["planned_date"] if registration else "")
        )
    elif kind == "emergency" and arrived:
        day = world.house.day_of(arrived.at)
    told = (registration, arrived, first(facts, "inpatient.admitted"))
    groups = [f.fields.get("patient_group") for f in told if f]
    dept = registration.fields["dept_code"] if registration else ""
    group = next((g for g in groups if g), "?")
    return Visit(number, facts, kind, day, dept, group, check_in, registration, seen)


def _check_in(facts: list[Told]) -> Told | None:
    """The first at a clinic; who reports for an examination names its order."""
    found = of_kind(facts, "patient.checked_in")
    return next((f for f in found if f.fields.get("point") in (None, "clinic") and not f.fields.get("order_id")), None)
