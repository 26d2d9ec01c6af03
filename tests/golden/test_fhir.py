"""FHIR R4: a resource in, events out; and the same fact has the same id whether HL7 v2 or FHIR tells it."""

from __future__ import annotations

import copy
import importlib
import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.errors import Ignored, Malformed
from ingest.events import encode
from ingest.events.envelope import Event, kind_of
from ingest.interpret.fhir import RESOURCES, interpret_fhir
from tests.golden.fhir_resources import (
    APPOINTMENT,
    CHARGE,
    ENCOUNTER,
    FHIR_SOURCE,
    HEARD_AT,
    KNOWN,
    ORDER,
    PATIENT,
    PRESCRIPTION,
    Resource,
    at,
    concept,
    found,
    identifier,
    ref,
    resource,
    told,
)
from tests.golden.speech import PID, PSEUDONYMS, SOURCE, fields, lines, message, number
from tests.golden.speech import told as heard

ED = resource(
    "Encounter",
    "ed1",
    identifier=identifier("V2"),
    status="finished",
    class_="EMER",
    subject=ref("Patient/p1"),
    serviceType=concept("ED"),
    priority=concept("EM"),
    statusHistory=[
        {"status": "arrived", "period": {"start": at("10:00"), "end": at("10:04")}},
        {"status": "triaged", "period": {"start": at("10:04"), "end": at("10:06")}},
        {"status": "in-progress", "period": {"start": at("10:06"), "end": at("12:00")}},
    ],
    participant=[{"individual": ref("Practitioner/d1"), "period": {"start": at("10:06")}}],
    location=[{"location": ref("Location/resus"), "period": {"start": at("10:05"), "end": at("11:00")}}],
    period={"start": at("10:00"), "end": at("12:00")},
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


STORIES: dict[str, tuple[Resource, list[str]]] = {
    "Schedule": (
        resource(
            "Schedule",
            "sc1",
            identifier=identifier("S1"),
            active=False,
            serviceType=[concept("0301")],
            actor=[ref("Practitioner/d1")],
            planningHorizon={"start": at("08:00"), "end": at("12:00")},
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
    "ServiceRequest": (ORDER, ["09:20 order.placed"]),
    "ServiceRequest, admission": (
        {**ORDER, "category": [concept("admission")], "encounter": ref("Encounter/ed1")},
        ["09:20 admission.requested", "09:20 ed.disposition_decided"],
    ),
    "Specimen": (
        resource(
            "Specimen",
            "sp1",
            identifier=identifier("S1"),
            request=[ref("ServiceRequest/s1")],
            receivedTime=at("09:52"),
            collection={"collectedDateTime": at("09:40"), "collector": ref("Practitioner/d1")},
        ),
        ["09:40 specimen.collected", "09:52 specimen.received"],
    ),
    "DiagnosticReport": (
        resource(
            "DiagnosticReport",
            "dr1",
            identifier=identifier("F1", "FILL"),
            status="final",
            issued=at("10:37"),
            basedOn=[ref("ServiceRequest/s1")],
            code=concept("K"),
            category=[concept("LAB")],
            encounter=ref("Encounter/e1"),
        ),
        ["10:37 report.issued"],
    ),
    "Observation": (
        resource(
            "Observation",
            "ob1",
            status="final",
            code=concept("K"),
            interpretation=[concept("HH")],
            issued=at("10:36"),
            basedOn=[ref("ServiceRequest/s1")],
            valueString="张珅 6.9",
        ),
        ["10:36 critical_value.raised"],
    ),
    "ImagingStudy": (
        resource(
            "ImagingStudy",
            "im1",
            status="available",
            subject=ref("Patient/p1"),
            started=at("10:05"),
            modality=[{"code": "CT"}],
            basedOn=[ref("ServiceRequest/s1")],
        ),
        ["10:05 exam.started"],
    ),
    "Procedure": (
        resource(
            "Procedure",
            "pr1",
            status="completed",
            subject=ref("Patient/p1"),
            basedOn=[ref("ServiceRequest/s1")],
            performedPeriod={"start": at("10:05"), "end": at("10:15")},
        ),
        ["10:05 exam.started", "10:15 exam.completed"],
    ),
    "ChargeItem": (CHARGE, ["10:55 bill.created"]),
    "Invoice": (
        resource(
            "Invoice",
            "in1",
            identifier=identifier("B2"),
            status="issued",
            date=at("10:55"),
            totalNet={"value": 80.5},
            lineItem=[{"chargeItemReference": ref("ChargeItem/c1")}],
        ),
        ["10:55 bill.created"],
    ),
    "PaymentReconciliation": (
        resource(
            "PaymentReconciliation",
            "py1",
            identifier=identifier("P1"),
            status="active",
            created=at("10:58"),
            paymentDate="2025-03-03",
            paymentAmount={"value": 80.5},
            detail=[{"type": concept("payment"), "request": ref("ChargeItem/c1")}],
            extension=[
                {"url": "http://his/payment-channel", "valueCode": "wechat"},
                {"url": "urn:x/terminal-type", "valueCode": "mobile"},
            ],
        ),
        ["10:58 bill.paid"],
    ),
    "MedicationRequest": (PRESCRIPTION, ["10:54 prescription.submitted"]),
    "MedicationDispense": (
        resource(
            "MedicationDispense",
            "md1",
            status="completed",
            medicationCodeableConcept=concept("drug"),
            location=ref("Location/w1"),
            authorizingPrescription=[ref("MedicationRequest/m1")],
            whenPrepared=at("11:06"),
            whenHandedOver=at("11:10"),
        ),
        ["11:06 dispensing.prepared", "11:10 dispensing.dispensed"],
    ),
    "DetectedIssue": (
        resource(
            "DetectedIssue",
            "di1",
            status="final",
            implicated=[ref("MedicationRequest/m1")],
            identifiedDateTime=at("10:55"),
            author=ref("Practitioner/d1"),
        ),
        ["10:55 prescription.reviewed"],
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
        ticket(
            status="completed", executionPeriod={"start": at("09:06"), "end": at("09:09")}, input=inputs(window="W3")
        ),
        ["08:40 queue.joined", "09:06 queue.served", "09:09 queue.completed"],
    ),
    "Task, left": (ticket(status="cancelled"), ["08:40 queue.joined", "09:05 queue.left"]),
    "Task, refund": (
        resource(
            "Task",
            "rf",
            identifier=identifier("RF1"),
            status="requested",
            intent="order",
            code=concept("refund"),
            authoredOn=at("11:30"),
            focus=ref("ChargeItem/c1"),
        ),
        ["11:30 bill.refund_requested"],
    ),
    "Task, critical value": (
        resource(
            "Task",
            "cv",
            status="completed",
            intent="order",
            code=concept("critical-value"),
            basedOn=[ref("ServiceRequest/s1")],
            executionPeriod={"end": at("10:50")},
            owner=ref("Practitioner/d1"),
        ),
        ["10:50 critical_value.acknowledged"],
    ),
    "Communication": (
        resource(
            "Communication",
            "co1",
            identifier=identifier("C1"),
            status="completed",
            category=[concept("complaint")],
            received=at("09:00"),
            medium=[concept("phone")],
            payload=[{"contentString": "张珅 complains"}],
        ),
        ["09:00 complaint.received"],
    ),
    "CommunicationRequest": (
        resource(
            "CommunicationRequest",
            "cr1",
            identifier=identifier("F1"),
            status="active",
            category=[concept("followup")],
            authoredOn=at("09:00"),
            reasonCode=[concept("post_discharge")],
            occurrenceDateTime=at("09:00", "2025-03-10"),
            subject=ref("Patient/p1"),
        ),
        ["09:00 followup.scheduled"],
    ),
    "QuestionnaireResponse": (
        resource(
            "QuestionnaireResponse",
            "qr1",
            identifier=identifier("Q1")[0],
            status="completed",
            authored=at("15:00"),
            questionnaire="http://his/Questionnaire/outpatient|1",
            encounter=ref("Encounter/e1"),
            item=[{"linkId": "q1", "answer": [{"valueInteger": 4}]}, {"linkId": "q2", "text": "张珅"}],
        ),
        ["15:00 survey.submitted"],
    ),
    "EpisodeOfCare": (
        resource(
            "EpisodeOfCare",
            "ep1",
            status="active",
            type=[concept("diabetes")],
            patient=ref("Patient/p1"),
            period={"start": at("09:00")},
        ),
        ["09:00 chronic.enrolled"],
    ),
    "Patient": (
        {
            **PATIENT,
            "id": "p0",
            "identifier": identifier("10000", "MR", "urn:his"),
            "active": False,
            "link": [{"other": ref("Patient/p1"), "type": "replaced-by"}],
        },
        ["10:00 patient.merged"],
    ),
    "MedicationAdministration": (
        resource(
            "MedicationAdministration",
            "ma1",
            status="completed",
            medicationCodeableConcept=concept("tpa"),
            subject=ref("Patient/p1"),
            context=ref("Encounter/ed1"),
            category=concept("stroke"),
            effectiveDateTime=at("10:30"),
        ),
        ["10:30 ed.green_channel_milestone"],
    ),
}
ALL = [*KNOWN, ED, resource("Schedule", "sc1", identifier=identifier("S1"), actor=[ref("Practitioner/d1")])]


@pytest.mark.parametrize("name", STORIES)
def test_every_resource_tells_its_story(name: str) -> None:
    said, story = STORIES[name]
    events = told(said, known=ALL)
    assert lines(events) == story
    assert all(event.revision.startswith("00000000000000000001-") for event in events)
    assert not [flag for event in events for flag in event.quality_flags if flag.startswith(("unmapped", "unresolved"))]


def test_there_is_a_story_of_every_resource_that_is_read() -> None:
    assert {said["resourceType"] for said, _ in STORIES.values()} == set(RESOURCES)


@pytest.mark.parametrize(
    "said", [*(said for said, _ in STORIES.values()), *KNOWN], ids=lambda said: str(said["resourceType"])
)
def test_the_samples_are_fhir_r4_by_an_independent_model(said: Resource) -> None:
    name = said["resourceType"]
    model = importlib.import_module(f"fhirclient.models.{name.lower()}")
    getattr(model, name)(_required(said), strict=True)


def _required(said: Resource) -> Resource:
    """The sample with what R4 demands and we never read."""
    needed: dict[str, Resource] = {
        "DiagnosticReport": {"code": concept("K")},
        "Patient": {"gender": "female"},
        "ServiceRequest": {"subject": ref("Patient/p1")},
    }
    return {**needed.get(said["resourceType"], {}), **said}


@pytest.mark.parametrize("name", STORIES)
def test_nothing_identifying_is_in_an_event(name: str) -> None:
    body = b"".join(encode(event) for event in told(STORIES[name][0], known=ALL))
    for said in (
        "张",
        "珅",
        "李",
        "北京",
        "138",
        "1101011990",
        "10001",
        '"V1"',
        '"V2"',
        "D01",
        "1980",
        "A77",
        '"T1"',
        '"B1"',
    ):
        assert said.encode() not in body


@pytest.mark.parametrize(
    "name", [name for name in STORIES if name not in ("Patient", "EpisodeOfCare", "Slot", "Schedule")]
)
def test_a_mistake_takes_back_what_it_said(name: str) -> None:
    said, _ = STORIES[name]
    wrong = {**said, "status": "entered-in-error", "meta": {**said["meta"], "versionId": "2"}}
    if name.startswith("Encounter"):  # its status is part of its history
        wrong["statusHistory"] = [*said.get("statusHistory", []), {"status": said["status"], "period": said["period"]}]
    before = {event.event_id for event in told(said, known=ALL)}
    taken_back = told(wrong, known=ALL)
    assert {event.op for event in taken_back} == {"retract"}
    assert before & {event.event_id for event in taken_back}


# --- the same fact, told by HL7 v2 -----------------------------------------------------------------------------------

PV1 = "PV1|1|O|0301^R1||A77||D01^李^医生|||0301||||WX||||elderly|V1^^^HIS" + "|" * 25 + "20250303084000"
SEEN = PV1[: PV1.index("^^^HIS") + 6]  # without the time that the visit began
ZQU = "ZQU|1|{}|T1|A001|cashier|CASH|W3|D01|20250303{}00+0800|1|normal||B1|"
SAME: dict[str, tuple[list[bytes], list[Resource]]] = {
    "registration": ([message("ADT^A04", "EVN|A04|||||20250303084100", PV1)], [ENCOUNTER]),
    "check-in": ([message("ADT^A10", "EVN|A10|||||20250303085000", PV1)], [ENCOUNTER]),
    "consultation": (
        [
            message("ADT^A08", "EVN|A08", SEEN, f"ZCN|1|{step}|20250303{clock}00|R1|D01|1")
            for step, clock in (("START", "0914"), ("END", "0922"))
        ],
        [ENCOUNTER],
    ),
    "emergency": (
        [
            message(
                "ADT^A04", "EVN|A04|||||20250303100000", "PV1|1|E|ED" + "|" * 16 + "V2" + "|" * 25 + "20250303100000"
            ),
            message("ADT^A02", "EVN|A02|||||20250303100500", "PV1|1|E|RESUS" + "|" * 16 + "V2"),
            message("ADT^A03", "EVN|A03|||||20250303120000", "PV1|1|E|ED" + "|" * 16 + "V2"),
        ],
        [ED],
    ),
    "stay": (
        [
            message("ADT^A01", "EVN|A01|||||20250303140000", "PV1|1|I|W1" + "|" * 16 + "V3"),
            message("ADT^A02", "EVN|A02|||||20250304090000", "PV1|1|I|W2|||W1" + "|" * 13 + "V3"),
            message("ADT^A03", "EVN|A03|||||20250304110000", "PV1|1|I|W2" + "|" * 16 + "V3"),
        ],
        [STAY],
    ),
    "appointment": (
        [
            message("SIU^S12", "SCH|A77|||||||||||||||||||||||||", at="20250228100000"),
            message("SIU^S15", "SCH|A77|||||||||||||||||||||||||", at="20250228110000"),
            message("SIU^S26", "SCH|A77|||||||||||||||||||||||||", at="20250303113000"),
        ],
        [APPOINTMENT, {**APPOINTMENT, "id": "a1", "status": "cancelled"}, {**APPOINTMENT, "status": "noshow"}],
    ),
    "order": (
        [
            message("ORM^O01", PV1, "ORC|NW|O1|F1||||||20250303092000|||D01", "OBR|1|O1|F1|K||||||||||||||||||||LAB"),
            message("ORM^O01", PV1, "ORC|CA|O1|F1||||||20250303093000"),
        ],
        [ORDER, {**ORDER, "status": "revoked"}],
    ),
    "laboratory": (
        [
            message(
                "ORU^R01",
                PV1,
                "ORC|RE|O1|F1",
                "OBR|1|O1|F1|K|||20250303094000|||||||20250303095200||||||||20250303103700||LAB|F",
                "OBX|1|NM|K||6.9|||HH|||F|||20250303103600",
                "SPM|1|S1",
                "ZCV|1|F1|20250303105000|D01",
            )
        ],
        [STORIES[n][0] for n in ("Specimen", "DiagnosticReport", "Observation", "Task, critical value")],
    ),
    "examination": (
        [message("ORU^R01", PV1, "ORC|RE|O1|F1", "OBR|1|O1|F1|CT|||20250303100500|20250303101500" + "|" * 16 + "CT")],
        [STORIES["Procedure"][0], STORIES["ImagingStudy"][0]],
    ),
    "ticket": (
        [
            message("ZQN^Z01", "EVN|Z01", PV1, ZQU.format(step, clock))
            for step, clock in (("JOIN", "0840"), ("CALL", "0905"), ("SERVE", "0906"), ("DONE", "0909"))
        ],
        [STORIES["Task, called"][0], STORIES["Task"][0]],
    ),
    "bill": (
        [
            message("DFT^P03", PV1, "FT1|1|B1||20250303105500||CG|drug||||80.5||||||||||||RX1"),
            message("DFT^P03", PV1, "ZPY|1|B1|P1|wechat|80.5|20250303105800|mobile"),
        ],
        [CHARGE, STORIES["PaymentReconciliation"][0]],
    ),
    "prescription": (
        [
            message("RDE^O11", PV1, "ORC|NW|RX1|||||||||||D01|||||||||||||||||", "RXE|1" + "|" * 14 + "RX1"),
            message(
                "RDS^O13", PV1, "ORC|RE|RX1", "RXD||drug|20250303111000||||RX1", "ZDP|1|RX1|PREPARED|20250303110600"
            ),
            message("RDE^O11", PV1, "ORC|CA|RX1", "RXE|1" + "|" * 14 + "RX1"),
        ],
        [PRESCRIPTION, STORIES["MedicationDispense"][0], {**PRESCRIPTION, "status": "cancelled"}],
    ),
    "merge": ([message("ADT^A40", "EVN|A40|20250304100000", PID, "MRG|10000^^^HIS^MR")], [STORIES["Patient"][0]]),
}


@pytest.mark.parametrize("name", SAME)
def test_the_same_fact_told_by_hl7_v2_and_by_fhir_has_one_id(name: str) -> None:
    messages, resources = SAME[name]
    codes = {**SOURCE.codes, "item_class": {"drug": "drug"}}
    source = msgspec.structs.replace(SOURCE, codes=codes)
    by_hl7 = {event.event_id: event for body in messages for event in heard(body, source)}
    by_fhir = {event.event_id: event for each in resources for event in told(each, known=ALL)}
    assert by_hl7
    spoken = {event_id: kind_of(event) for event_id, event in by_hl7.items()}
    assert {kind for event_id, kind in spoken.items() if event_id not in by_fhir} == set()
    for event_id in by_hl7:
        _agree(by_hl7[event_id], by_fhir[event_id])


def _agree(one: Event, other: Event) -> None:
    """Two tellings name the same people, papers and subjects."""
    assert one.visit_id in (other.visit_id, None) or other.visit_id is None
    assert one.patient_id in (other.patient_id, None) or other.patient_id is None
    for name in ("order_id", "doctor_id", "ref_ids", "specimen_id", "queue_id", "window_id"):
        said = (getattr(one, name, None), getattr(other, name, None))
        assert said[0] == said[1] or not all(said), name


# --- what resources say beside their ids ----------------------------------------------------------------------------


def test_a_visit_in_full() -> None:
    registered, checked_in, started, ended = told(ENCOUNTER)
    assert fields(registered, "visit_class", "dept_code", "age_band", "sex", "planned_date", "doctor_id") == (
        "outpatient",
        "CARD",
        "14-59",
        "f",
        "2025-03-03",
        PSEUDONYMS.staff("D01"),
    )
    assert fields(registered, "visit_id", "patient_id") == (
        number("visit", "V1", "HIS"),
        number("patient", "10001", "HIS"),
    )
    assert fields(checked_in, "point", "appointment_id") == ("clinic", number("appointment", "A77"))
    assert fields(started, "consultation_seq", "room_id", "mode") == (1, "R1", "onsite")
    assert fields(ended, "consultation_seq", "source_msg_id", "source_system") == (1, "Encounter/e1", "FHIR^DEMO")


def test_two_times_in_progress_are_two_consultations() -> None:
    history = [
        *ENCOUNTER["statusHistory"],
        {"status": "onleave", "period": {"start": at("09:22"), "end": at("11:00")}},
        {"status": "in-progress", "period": {"start": at("11:00"), "end": at("11:07")}},
    ]
    returned = {**ENCOUNTER, "statusHistory": history, "period": {"start": at("08:40"), "end": at("11:07")}}
    seen = [e for e in told(returned) if kind_of(e).startswith("consultation")]
    assert [(line, e.consultation_seq) for line, e in zip(lines(seen), seen, strict=True)] == [  # type: ignore[attr-defined]
        ("09:14 consultation.started", 1),
        ("09:22 consultation.ended", 1),
        ("11:00 consultation.started", 2),
        ("11:07 consultation.ended", 2),
    ]


def test_a_visit_that_is_still_going_on() -> None:
    running = {**ENCOUNTER, "status": "in-progress", "statusHistory": ENCOUNTER["statusHistory"][:2]}
    assert lines(told(running))[-1] == "09:14 consultation.started"
    arrived = {**ENCOUNTER, "status": "arrived", "statusHistory": []}
    assert lines(told(arrived)) == ["08:40 registration.created", "08:40 patient.checked_in"]


def test_a_history_tells_that_an_appointment_was_moved() -> None:
    moved = {
        **APPOINTMENT,
        "start": at("10:00"),
        "meta": {"versionId": "2", "lastUpdated": "2025-03-04T11:00:00+08:00"},
    }
    body = json.dumps(
        {"resourceType": "Bundle", "type": "history", "entry": [{"resource": moved}, {"resource": APPOINTMENT}]}
    ).encode()
    (rescheduled,) = [e for e in interpret_fhir(body, FHIR_SOURCE, HEARD_AT) if kind_of(e) == "appointment.rescheduled"]
    assert fields(rescheduled, "old_slot_start", "new_slot_start") == (1_740_963_600_000, 1_740_967_200_000)


def test_a_refund_gives_back_what_its_predecessor_paid() -> None:
    paid, _ = STORIES["PaymentReconciliation"]
    back = {
        **paid,
        "identifier": identifier("P2"),
        "detail": [
            {
                "type": concept("refund"),
                "request": ref("ChargeItem/c1"),
                "predecessor": {"value": "P1"},
                "amount": {"value": -80.5},
            }
        ],
    }
    (refund,) = told(back)
    assert fields(refund, "refund_id", "payment_id", "amount") == (
        number("payment", "P2"),
        number("payment", "P1"),
        Decimal("80.5"),
    )


def test_the_lines_of_a_prescription_are_one_prescription() -> None:
    second = {**PRESCRIPTION, "id": "m2"}
    one, two = told(PRESCRIPTION, second)
    assert one.event_id == two.event_id and fields(one, "items") == (2,)


def test_references_that_lead_nowhere_are_followed_by_their_number_and_flagged() -> None:
    (alone,) = told(ORDER, known=[])
    assert "unresolved:visit" in alone.quality_flags and alone.visit_id == number("visit", "e1")
    logical = {**ORDER, "encounter": {"identifier": {"system": "urn:his", "value": "V1"}}}
    (named,) = told(logical, known=[])
    assert named.visit_id == number("visit", "V1", "HIS") and "unresolved:visit" not in named.quality_flags


@pytest.mark.parametrize("bundle_type", ["transaction", "batch", "message", "collection", "history"])
def test_bundles_that_are_sent_tell_all_they_hold(bundle_type: str) -> None:
    entries = [{"fullUrl": f"urn:uuid:{n}", "resource": each} for n, each in enumerate((ENCOUNTER, ORDER, PATIENT))]
    order = {**ORDER, "encounter": ref("urn:uuid:0")}
    entries[1]["resource"] = order
    body = json.dumps({"resourceType": "Bundle", "type": bundle_type, "entry": entries}).encode()
    events = interpret_fhir(body, FHIR_SOURCE, HEARD_AT)
    assert {event.visit_id for event in events} == {number("visit", "V1", "HIS")} and len(events) == 5


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<Encounter/>", "not JSON: resource"),
        (
            json.dumps({**ENCOUNTER, "period": {"start": "yesterday"}}).encode(),
            "unreadable time: Encounter.period.start",
        ),
        (json.dumps({**ORDER, "identifier": [], "id": ""}).encode(), "missing subject: ServiceRequest.identifier"),
        (
            b'{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Bundle"}}]}',
            "a bundle within a bundle: entry",
        ),
    ],
)
def test_what_cannot_be_told(body: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=f"^{reason}$"):
        interpret_fhir(body, FHIR_SOURCE, HEARD_AT)


def test_none_of_our_business() -> None:
    for said in ({"resourceType": "Basic"}, {"resourceType": "Bundle"}, {}, {**ENCOUNTER, "class": {"code": "PRENC"}}):
        with pytest.raises(Ignored):
            interpret_fhir(json.dumps(said).encode(), FHIR_SOURCE, HEARD_AT)


# --- whatever comes ---------------------------------------------------------------------------------------------------

_ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["entered-in-error", "2025", at("09:00")]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["reference", "identifier", "coding", "code", "period", "value"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


@pytest.mark.parametrize("name", STORIES)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_misshapen_resources_are_told_ignored_or_refused_and_never_a_crash(name: str, data: st.DataObject) -> None:
    said = copy.deepcopy(STORIES[name][0])
    for element in data.draw(st.lists(st.sampled_from(sorted(set(said) - {"resourceType"})), min_size=1, max_size=3)):
        said[element] = data.draw(_ANY)
    try:
        events = interpret_fhir(found(said, known=ALL), FHIR_SOURCE, HEARD_AT)
    except (Ignored, Malformed):
        return
    assert events == interpret_fhir(found(said, known=ALL), FHIR_SOURCE, HEARD_AT)
    assert "张".encode() not in b"".join(encode(event) for event in events)
