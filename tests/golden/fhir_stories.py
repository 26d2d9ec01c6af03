"""What each FHIR resource that is read says, and the story it tells."""

from __future__ import annotations

from tests.golden.fhir_order_stories import ORDERS
from tests.golden.fhir_resources import (
    KNOWN,
    PATIENT,
    Resource,
    at,
    concept,
    identifier,
    ref,
    resource,
)
from tests.golden.fhir_visit_stories import ED, VISITS

CARE: dict[str, tuple[Resource, list[str]]] = {
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
STORIES = {**VISITS, **ORDERS, **CARE}
ALL = [*KNOWN, ED, resource("Schedule", "sc1", identifier=identifier("S1"), actor=[ref("Practitioner/d1")])]
