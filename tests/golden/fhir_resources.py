"""A morning in FHIR R4, as a HIS's FHIR server says it: resources to be told, and those they refer to."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from ingest.events.envelope import Event
from ingest.interpret.fhir import interpret_fhir
from ingest.interpret.teller import Source
from tests.golden.speech import SOURCE

Resource = dict[str, Any]

HEARD_AT = 1_741_132_380_000  # 2025-03-05 07:53
FHIR_SOURCE = msgspec.structs.replace(
    SOURCE,
    source_system="FHIR^DEMO",
    codes={
        **SOURCE.codes,
        "authority": {"urn:his": "HIS"},
        "arrival_mode": {"ems": "ambulance"},
        "initiator": {"weather": "hospital"},
        "acuity": {"EM": "1"},
    },
)
UPDATED = "2025-03-04T10:00:00.000+08:00"


def at(clock: str, day: str = "2025-03-03") -> str:
    """A time of the day in the hospital."""
    return f"{day}T{clock}:00+08:00"


def period(start: str, end: str) -> Resource:
    """From one time of the day to another."""
    return {"start": at(start), "end": at(end)}


def history(*stood: tuple[str, str, str]) -> list[Resource]:
    """The states of an encounter, each with its period."""
    return [{"status": status, "period": period(start, end)} for status, start, end in stood]


def identifier(value: str, code: str = "", system: str = "") -> list[Resource]:
    """An identifier, with its type (table 0203) and who numbers."""
    kind = {"type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": code}]}}
    return [{"value": value, **(kind if code else {}), **({"system": system} if system else {})}]


def concept(code: str, system: str = "urn:codes") -> Resource:
    """A coded concept, with a text that must never leave."""
    return {"coding": [{"system": system, "code": code}], "text": "张珅 13800000000"}


def ref(to: str) -> Resource:
    """A literal reference, with a display that must never leave."""
    return {"reference": to, "display": "张珅"}


def resource(kind: str, number: str, *, class_: str = "", **told: Any) -> Resource:
    """A resource with its meta, and its class where it has one."""
    meta = {"versionId": "1", "lastUpdated": UPDATED}
    classed = {"class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": class_}}
    return {"resourceType": kind, "id": number, "meta": meta, **(classed if class_ else {}), **told}


PATIENT = resource(
    "Patient",
    "p1",
    identifier=[*identifier("110101199001011234", "NI"), *identifier("10001", "MR", "urn:his")],
    name=[{"family": "张", "given": ["珅"]}],
    telecom=[{"system": "phone", "value": "13800000000"}],
    gender="female",
    birthDate="1980-06-15",
    address=[{"text": "北京市某路1号"}],
)
DOCTOR = resource("Practitioner", "d1", identifier=identifier("D01"), name=[{"text": "李医生"}])
CLINIC = resource("Organization", "o1", identifier=identifier("0301"), name="心内科")
ROOM = resource("Location", "r1", identifier=identifier("R1"), name="诊室1")
QUEUE = resource("Location", "q1", identifier=identifier("CASH"))
WINDOW = resource("Location", "w1", identifier=identifier("W3"))
RESUS = resource("Location", "resus", identifier=identifier("RESUS"))
WARD, WARD2 = (resource("Location", f"ward{n}", identifier=identifier(f"W{n}")) for n in (1, 2))
APPOINTMENT = resource(
    "Appointment",
    "a1",
    identifier=identifier("A77"),
    status="booked",
    created=at("10:00", "2025-02-28"),
    start=at("09:00"),
    end=at("09:30"),
    serviceType=[concept("0301")],
    participant=[
        {"actor": ref("Patient/p1"), "status": "accepted"},
        {"actor": ref("Practitioner/d1"), "status": "accepted"},
    ],
)
ENCOUNTER = resource(
    "Encounter",
    "e1",
    identifier=identifier("V1", "VN", "urn:his"),
    status="finished",
    statusHistory=history(
        ("planned", "08:41", "08:50"), ("arrived", "08:50", "09:14"), ("in-progress", "09:14", "09:22")
    ),
    class_="AMB",
    serviceType=concept("0301"),
    subject=ref("Patient/p1"),
    appointment=[ref("Appointment/a1")],
    participant=[{"type": [concept("ATND")], "individual": ref("Practitioner/d1")}],
    period=period("08:40", "09:22"),
    location=[{"location": ref("Location/r1")}],
)
ORDER = resource(
    "ServiceRequest",
    "s1",
    identifier=[*identifier("O1", "PLAC"), *identifier("F1", "FILL")],
    status="active",
    intent="order",
    category=[concept("LAB")],
    code=concept("K"),
    priority="stat",
    subject=ref("Patient/p1"),
    encounter=ref("Encounter/e1"),
    authoredOn=at("09:20"),
    requester=ref("Practitioner/d1"),
)
PRESCRIPTION = resource(
    "MedicationRequest",
    "m1",
    groupIdentifier={"value": "RX1"},
    status="active",
    intent="order",
    medicationCodeableConcept=concept("drug"),
    subject=ref("Patient/p1"),
    encounter=ref("Encounter/e1"),
    authoredOn=at("10:54"),
    requester=ref("Practitioner/d1"),
)
CHARGE = resource(
    "ChargeItem",
    "c1",
    identifier=identifier("B1"),
    status="billable",
    code=concept("drug"),
    subject=ref("Patient/p1"),
    context=ref("Encounter/e1"),
    enteredDate=at("10:55"),
    priceOverride={"value": 80.5, "currency": "CNY"},
    service=[ref("MedicationRequest/m1")],
)
KNOWN = [
    PATIENT, DOCTOR, CLINIC, ROOM, QUEUE, WINDOW, RESUS, WARD, WARD2, APPOINTMENT, ENCOUNTER, ORDER, PRESCRIPTION,
    CHARGE,
]  # fmt: skip


def found(*told: Resource, known: list[Resource] = KNOWN) -> bytes:
    """A page of a search: what was found, and what was included beside it."""
    entries: list[Resource] = [
        {"fullUrl": f"http://his/fhir/{e['resourceType']}/{e.get('id')}", "resource": e, "search": {"mode": "match"}}
        for e in told
    ]
    mine = {_named(each) for each in told}
    entries += [{"resource": each, "search": {"mode": "include"}} for each in known if _named(each) not in mine]
    return json.dumps({"resourceType": "Bundle", "type": "searchset", "entry": entries}, ensure_ascii=False).encode()


def _named(resource: Resource) -> tuple[str, str]:
    return str(resource["resourceType"]), str(resource.get("id"))


def told(*resources: Resource, known: list[Resource] = KNOWN, source: Source = FHIR_SOURCE) -> list[Event]:
    """The events of resources that were found."""
    return interpret_fhir(found(*resources, known=known), source, HEARD_AT)
