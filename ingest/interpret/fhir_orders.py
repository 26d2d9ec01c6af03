"""Orders and what comes of them: requests, specimens, examinations, reports, critical values."""

from __future__ import annotations

from ingest.errors import Malformed
from ingest.events.emergency import EdDispositionDecided
from ingest.events.envelope import Instant
from ingest.events.followup import FollowupScheduled
from ingest.events.inpatient import AdmissionRequested, InpatientDischargeOrdered
from ingest.events.orders import (
    CriticalValueRaised,
    ExamCompleted,
    ExamStarted,
    OrderCancelled,
    OrderPlaced,
    ReportIssued,
    SpecimenCollected,
    SpecimenReceived,
)
from ingest.interpret.codes import EXAM_CATEGORIES, STANDARD, report_version
from ingest.interpret.fhir_bundle import items, text
from ingest.interpret.fhir_resource import Resource

_ORDERED = ("active", "on-hold", "revoked", "completed", "entered-in-error")
_REPORTS = {
    "partial": "preliminary", "preliminary": "preliminary", "final": "final", "amended": "corrected",
    "corrected": "corrected", "appended": "appended", "cancelled": "cancelled", "entered-in-error": "final",
}  # fmt: skip
_PRIORITY = {"asap": "urgent"}
# Requests that are no orders of an examination: what their category, mapped by the site, makes of them.
ADMISSION, DISCHARGE, FOLLOWUP = "admission", "discharge", "followup"


def service_request(res: Resource) -> None:
    """An order, placed and perhaps withdrawn; or a request for a bed, a discharge, a follow-up."""
    if res.status not in _ORDERED or text(res.told.get("intent")) in ("proposal", "plan"):
        return
    what = next((c for raw in res.concepts(res.told.get("category")) if (c := _meaning(res, raw)) in _REQUESTS), "")
    if what:
        _REQUESTS[what](res)
        return
    order_id = res.number_of("order")
    if order_id is None:
        raise Malformed("missing subject: ServiceRequest.identifier")
    section = res.concept(res.told.get("category"))
    category = res.code(OrderPlaced, "category", section)[0] if section else None
    priority = text(res.told.get("priority"))
    res.fact(
        OrderPlaced,
        res.at("authoredOn"),
        coded={"category": section, "priority": _PRIORITY.get(priority, priority)},
        order_id=order_id,
        filler_id=res.number_of("order", types="filler"),
        modality=section if category in EXAM_CATEGORIES else None,
        item_code=res.concept(res.told.get("code")),
        performing_dept=res.dept(res.place_by(res.referred(res.told.get("performer"), "Organization", "Location"))),
        ordering_dept=res.dept(res.place_by(res.referred(res.told.get("requester"), "Organization")))
        or res.visit_dept(),
        doctor_id=res.staff_by(res.told.get("requester")),
    )
    if res.status == "revoked":
        res.fact(OrderCancelled, res.updated(), order_id=order_id, reason_code=_reason(res))


def _meaning(res: Resource, raw: str) -> str:
    return res.source.codes.get("request", {}).get(raw, raw)


def _reason(res: Resource) -> str | None:
    code = res.concept(res.told.get("statusReason"))
    return code if code.isalnum() and len(code) <= 16 else None


def _admission(res: Resource) -> None:
    at = res.at("authoredOn")
    target = res.dept(res.place_by(res.referred(res.told.get("performer"), "Organization", "Location")))
    wanted = res.at("occurrenceDateTime") or res.at("occurrencePeriod", "start")
    res.fact(
        AdmissionRequested,
        at,
        request_id=res.number_of("request"),
        from_visit_id=res.visit_id,
        target_dept=target or res.visit_dept(),
        wanted_date=res.local_day(wanted).isoformat() if wanted else None,
    )
    if res.visit_class() == "emergency" and res.visit_id:
        res.fact(EdDispositionDecided, at, decision="admit", target_ward=target)


def _discharge(res: Resource) -> None:
    if res.visit_id is None:
        raise Malformed("missing subject: ServiceRequest.encounter")
    planned = res.at("occurrenceDateTime")
    if res.visit_class() == "emergency":
        res.fact(EdDispositionDecided, res.at("authoredOn"), decision="discharge")
    else:
        res.fact(InpatientDischargeOrdered, res.at("authoredOn"), planned_at=planned.ms if planned else None)


def _followup(res: Resource) -> None:
    due = res.at("occurrenceDateTime") or res.at("occurrencePeriod", "start")
    res.fact(
        FollowupScheduled,
        res.at("authoredOn"),
        coded={"kind": res.concept(res.told.get("code"))},
        followup_id=res.number_of("followup"),
        due_date=res.local_day(due).isoformat() if due else None,
    )


_REQUESTS = {ADMISSION: _admission, DISCHARGE: _discharge, FOLLOWUP: _followup}


def specimen(res: Resource) -> None:
    """A specimen, taken and received, for each order it is of."""
    collected = res.at("collection", "collectedDateTime") or res.at("collection", "collectedPeriod", "start")
    received = res.at("receivedTime")
    for each in items(res.told.get("request")):
        order_id, specimen_id = res.number_by("order", each), res.number_of("specimen")
        res.fact(
            SpecimenCollected,
            collected,
            order_id=order_id,
            specimen_id=specimen_id,
            collector_id=res.staff_by(res.get("collection", "collector")),
        )
        rejected = res.status == "unsatisfactory"
        res.fact(
            SpecimenReceived,
            received,
            order_id=order_id,
            specimen_id=specimen_id,
            rejected=rejected,
            reject_reason=res.concept(res.told.get("condition")) if rejected else None,
        )


def diagnostic_report(res: Resource) -> None:
    """A report in one of its states; `registered` is none yet. A corrected one is the second, as in HL7 v2."""
    status = _REPORTS.get(res.status)
    if status is None:
        return
    issued = res.at("issued")
    section = res.concept(res.told.get("category"))
    res.fact(
        ReportIssued,
        issued or res.updated(),
        report_id=res.number_of("report"),
        order_id=_ordered(res),
        status=status,
        version=report_version(status),
        category=res.code(OrderPlaced, "category", section)[0] if section else None,
        reporter_id=res.staff_by(res.told.get("performer")),
        verifier_id=res.staff_by(res.told.get("resultsInterpreter")),
    )


def observation(res: Resource) -> None:
    """Of results only whether one is dangerous; the result itself is never read."""
    flag = next((f for raw in res.concepts(res.told.get("interpretation")) if (f := STANDARD["flag"].get(raw))), None)
    if flag is None:
        return
    based = res.told.get("basedOn")
    critical = res.number_by("critical", based, types="filler") or res.number_by("critical", based)
    res.fact(
        CriticalValueRaised,
        res.at("issued") or res.at("effectiveDateTime") or res.updated(),
        critical_id=critical or res.number_of("critical"),
        order_id=_ordered(res),
        specimen_id=res.number_by("specimen", res.told.get("specimen")),
        item_code=res.concept(res.told.get("code")),
        flag=flag,
    )


def imaging_study(res: Resource) -> None:
    """An examination began."""
    if started := res.at("started"):
        _started(res, started, res.concept(res.told.get("modality")))


def procedure(res: Resource) -> None:
    """An examination from its beginning to its end."""
    if res.status in ("not-done", "preparation") or not items(res.told.get("basedOn")):
        return
    started = res.at("performedPeriod", "start") or res.at("performedDateTime")
    if started:
        _started(res, started, res.concept(res.told.get("category")))
    if res.status in ("completed", "entered-in-error"):
        res.fact(ExamCompleted, res.at("performedPeriod", "end"), order_id=_ordered(res))


def _started(res: Resource, started: Instant, modality: str) -> None:
    performers = [each.get("actor") for each in items(res.told.get("performer"))]
    devices = res.referred(performers, "Device") or res.told.get("location")
    res.fact(
        ExamStarted,
        started,
        order_id=_ordered(res),
        modality=modality,
        device_id=res.place_by(devices),
        operator_id=res.staff_by(performers),
    )


def _ordered(res: Resource) -> str | None:
    """The order that all this is of."""
    return res.number_by("order", res.referred(res.told.get("basedOn"), "ServiceRequest") or res.told.get("basedOn"))


TOLD_BY = {
    "ServiceRequest": service_request,
    "Specimen": specimen,
    "DiagnosticReport": diagnostic_report,
    "Observation": observation,
    "ImagingStudy": imaging_study,
    "Procedure": procedure,
}
