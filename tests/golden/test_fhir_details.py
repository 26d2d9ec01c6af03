"""What FHIR resources say beside their ids: visits in full, histories, refunds, references, bundles."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from ingest.errors import Ignored, Malformed
from ingest.events.consultation import ConsultationEnded, ConsultationStarted
from ingest.events.envelope import kind_of
from ingest.interpret.fhir import interpret_fhir
from tests.golden.fhir_resources import (
    APPOINTMENT,
    ENCOUNTER,
    FHIR_SOURCE,
    HEARD_AT,
    ORDER,
    PATIENT,
    PRESCRIPTION,
    at,
    concept,
    identifier,
    ref,
    told,
)
from tests.golden.fhir_stories import STORIES
from tests.golden.speech import PSEUDONYMS, fields, lines, number


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
    seen = [e for e in told(returned) if isinstance(e, (ConsultationStarted, ConsultationEnded))]
    assert [(line, e.consultation_seq) for line, e in zip(lines([*seen]), seen, strict=True)] == [
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
