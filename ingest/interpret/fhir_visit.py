"""Encounters: a visit from its registration to its end, in the clinic, the emergency department or on a ward.

`statusHistory` says when each status began and ended; the current status is the last of them, and began where the one
before it ended, at the latest change of the resource. A consultation is the time in progress.
"""

from __future__ import annotations

from itertools import pairwise

from ingest.errors import Ignored, Malformed
from ingest.events.consultation import ConsultationEnded, ConsultationStarted
from ingest.events.emergency import EdArrived, EdDeparted, EdResusEntered, EdResusLeft, EdSeen
from ingest.events.envelope import Instant
from ingest.events.inpatient import InpatientAdmitted, InpatientDischarged, InpatientTransferred
from ingest.events.registration import PatientCheckedIn, RegistrationCreated, TriageCompleted, VisitCancelled
from ingest.interpret.fhir_bundle import Json, items, mapping, text
from ingest.interpret.fhir_resource import Resource

_PLANNED, _DONE = ("planned", "unknown"), ("finished", "completed")
_DISPOSITION = {
    "home": "discharged", "alt-home": "discharged", "hosp": "admitted", "aadvice": "ama", "exp": "died",
    **dict.fromkeys(("other-hcf", "long", "psy", "rehab", "snf"), "transferred"), "oth": "other",
}  # fmt: skip
Span = tuple[Instant | None, Instant | None]


def encounter(res: Resource) -> None:
    """A visit by its class. Raises Ignored for a class that is none of ours."""
    if res.visit_id is None:
        raise Malformed("missing subject: Encounter.identifier")
    found = res.visit_class()
    if found is None:
        raise Ignored("class of encounter")
    if found == "inpatient":
        _stay(res)
        return
    _registration(res, found)
    if res.status == "cancelled":
        res.fact(VisitCancelled, res.updated())
    if found == "emergency":
        _emergency(res)
    else:
        _consultations(res)


def _registration(res: Resource, found: str) -> None:
    began = res.at("period", "start")
    first = next((s for name in (*_PLANNED, "arrived") for s, _ in spans(res, name) if s), None) or began
    when = (first, ()) if first else res.updated()
    res.fact(
        RegistrationCreated,
        when,
        visit_class=found,
        appointment_id=res.number_by("appointment", res.told.get("appointment")),
        dept_code=res.visit_dept(),
        doctor_id=_doctor(res),
        planned_date=res.local_day(began or when[0]).isoformat(),
        **res.person(when[0]),
    )
    for arrived, _ in spans(res, "arrived")[:1]:
        res.fact(
            PatientCheckedIn,
            arrived,
            point="ed" if found == "emergency" else "clinic",
            dept_code=res.visit_dept(),
            appointment_id=res.number_by("appointment", res.told.get("appointment")),
        )
    for triaged, _ in spans(res, "triaged")[:1]:
        acuity = res.concept(res.told.get("priority"))
        res.fact(TriageCompleted, triaged, coded={"acuity": acuity}, assigned_dept=res.visit_dept())


def _consultations(res: Resource) -> None:
    """Each time in progress is a consultation, in their order; the visit's end ends the last one."""
    mode = "online" if res.concept(mapping(res.told.get("class"))) == "VR" else "onsite"
    over = res.at("period", "end") if res.status in _DONE else None
    seen = sorted((s, e) for s, e in spans(res, "in-progress") if s)
    for number, (started, ended) in enumerate(seen, 1):
        res.fact(
            ConsultationStarted,
            started,
            consultation_seq=number,
            doctor_id=_doctor(res),
            dept_code=res.visit_dept(),
            room_id=res.place_by(res.get("location", "location")),
            mode=mode,
        )
        end = (over or ended) if number == len(seen) else ended
        res.fact(ConsultationEnded, end, consultation_seq=number)


def _emergency(res: Resource) -> None:
    arrived = next((s for s, _ in spans(res, "arrived") if s), None) or res.at("period", "start")
    if arrived:
        mode = res.concept(res.get("hospitalization", "admitSource"))
        res.fact(EdArrived, arrived, coded={"arrival_mode": mode}, **res.person(arrived))
    seen = [at for each in items(res.told.get("participant")) if (at := _began(res, each, "participant"))]
    started = sorted(seen) or sorted(s for s, _ in spans(res, "in-progress") if s)
    if started:
        res.fact(EdSeen, started[0], doctor_id=_doctor(res))
    for each in items(res.told.get("location")):
        room = res.place_by(each.get("location"))
        kind = res.code(EdResusEntered, "kind", room)[0] if room else None
        if kind:
            res.fact(EdResusEntered, _began(res, each, "location"), kind=kind, location_id=room)
            res.fact(EdResusLeft, _ended(res, each, "location"), kind=kind, location_id=room)
    if res.status in _DONE:
        res.fact(EdDeparted, res.at("period", "end"), coded={"disposition": _disposition(res)})


def _stay(res: Resource) -> None:
    """On a ward: admitted, moved, discharged."""
    wards = sorted(
        (at, res.place_by(each.get("location")))
        for each in items(res.told.get("location"))
        if (at := _began(res, each, "location"))
    )
    ward = wards[0][1] if wards else res.place_by(res.get("location", "location"))
    began = res.at("period", "start")
    if res.status not in (*_PLANNED, "cancelled") and began:
        res.fact(
            InpatientAdmitted,
            began,
            coded={"admit_source": res.concept(res.get("hospitalization", "admitSource"))},
            request_id=res.number_by("request", res.told.get("basedOn")),
            ward=ward,
            dept=res.visit_dept(),
            **res.person(began),
        )
    for (_, left), (moved, to) in pairwise(wards):
        res.fact(InpatientTransferred, moved, from_location=left, to_location=to)
    if res.status in _DONE:
        last = wards[-1][1] if wards else ward
        res.fact(InpatientDischarged, res.at("period", "end"), disposition=_disposition(res), ward=last)
    if res.status == "cancelled":
        res.fact(VisitCancelled, res.updated())


def spans(res: Resource, status: str) -> list[Span]:
    """When the encounter was in a status, by its history and its current state, in order."""
    history = items(res.told.get("statusHistory"))
    found = [
        (_began(res, each, "statusHistory"), _ended(res, each, "statusHistory"))
        for each in history
        if text(each.get("status")) == status
    ]
    if res.status == status and not any(end is None for _, end in found):
        found.append((_current(res, history), None))
    return found


def _current(res: Resource, history: list[Json]) -> Instant | None:
    """When the current status began: where the last one ended; without a history, when the visit began."""
    ends = [end for each in history if (end := _ended(res, each, "statusHistory"))]
    return max(ends) if ends else res.at("period", "start") if not history else None


def _began(res: Resource, part: Json, place: str) -> Instant | None:
    return res.instant(mapping(part.get("period")).get("start"), f"{place}.period.start")


def _ended(res: Resource, part: Json, place: str) -> Instant | None:
    return res.instant(mapping(part.get("period")).get("end"), f"{place}.period.end")


def _doctor(res: Resource) -> str | None:
    """Who attends, else whoever takes part."""
    parts = items(res.told.get("participant"))
    attending = [each for each in parts if {"ATND", "PPRF"} & set(res.concepts(each.get("type")))]
    return next((d for each in (*attending, *parts) if (d := res.staff_by(each.get("individual")))), None)


def _disposition(res: Resource) -> str:
    raw = res.concept(res.get("hospitalization", "dischargeDisposition"))
    return raw if raw in res.source.codes.get("disposition", {}) else _DISPOSITION.get(raw, raw)


TOLD_BY = {"Encounter": encounter}
