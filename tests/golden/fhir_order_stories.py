"""Orders, money and drugs in FHIR, each with its story."""

from __future__ import annotations

from tests.golden.fhir_resources import (
    CHARGE,
    ORDER,
    PRESCRIPTION,
    Resource,
    at,
    concept,
    identifier,
    ref,
    resource,
)

ORDERS: dict[str, tuple[Resource, list[str]]] = {
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
}
