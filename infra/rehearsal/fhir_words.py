"""Writes what the hospital's FHIR server says: a resource a fact, with references by number, and bundles of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from infra.rehearsal.facts import Told
from infra.rehearsal.segments import iso

Resource = dict[str, Any]

MEDIA_TYPE = "application/fhir+json"
_SECTION = {"lab": "LAB", "ultrasound": "US", "imaging": "CT"}


def resource(told: Told) -> bytes:
    """The resource that tells this fact."""
    kind, fields = _WRITERS[told.kind](told)
    own = {
        "resourceType": kind,
        "id": told.message.lower(),
        "meta": {"lastUpdated": iso(told.sent_at)},
        **({"encounter" if kind != "MedicationDispense" else "context": _by_number(told.visit)} if told.visit else {}),
        **fields,
    }
    return msgspec.json.encode(own)


def bundle(resources: Sequence[bytes]) -> bytes:
    """A transaction of some resources."""
    entries = [{"resource": msgspec.Raw(each), "request": {"method": "POST", "url": "/"}} for each in resources]
    return msgspec.json.encode({"resourceType": "Bundle", "type": "transaction", "entry": entries})


def _by_number(number: str, kind: str = "") -> Resource:
    return {**({"type": kind} if kind else {}), "identifier": {"value": number}}


def _concept(code: str) -> Resource:
    return {"coding": [{"code": code}]}


def _who(told: Told, field: str) -> Resource:
    return _by_number(told.fields[field], "Practitioner")


def _specimen(told: Told) -> tuple[str, Resource]:
    f = told.fields
    own: Resource = {"identifier": [{"value": f["specimen_id"]}], "request": [_by_number(f["order_id"])]}
    if told.kind == "specimen.collected":
        collector = {"collector": _who(told, "collector_id")} if f.get("collector_id") else {}
        return "Specimen", {
            **own,
            "status": "available",
            "collection": {"collectedDateTime": iso(told.at), **collector},
        }
    condition = {"condition": [_concept(f["reject_reason"])]} if f.get("rejected") else {}
    status = "unsatisfactory" if f.get("rejected") else "available"
    return "Specimen", {**own, "status": status, "receivedTime": iso(told.at), **condition}


def _examined(told: Told) -> tuple[str, Resource]:
    based = [_by_number(told.fields["order_id"])]
    return "Procedure", {"status": "completed", "basedOn": based, "performedPeriod": {"end": iso(told.at)}}


def _reported(told: Told) -> tuple[str, Resource]:
    f = told.fields
    reporter = {"performer": [_who(told, "reporter_id")]} if f.get("reporter_id") else {}
    return "DiagnosticReport", {
        "identifier": [{"value": f["report_id"]}],
        "status": "entered-in-error" if told.op == "retract" else f["status"],
        "issued": iso(told.at),
        "basedOn": [_by_number(f["order_id"])],
        "category": [_concept(_SECTION[f["category"]])],
        **reporter,
    }


def _prepared(told: Told) -> tuple[str, Resource]:
    f = told.fields
    return "MedicationDispense", {
        "status": "preparation",
        "authorizingPrescription": [_by_number(f["prescription_id"])],
        "whenPrepared": iso(told.at),
        "performer": [{"actor": _by_number(f["pharmacy_id"], "Organization")}],
        "location": _by_number(f["window_id"]),
    }


_WRITERS: dict[str, Callable[[Told], tuple[str, Resource]]] = {
    "specimen.collected": _specimen,
    "specimen.received": _specimen,
    "exam.completed": _examined,
    "report.issued": _reported,
    "dispensing.prepared": _prepared,
}
