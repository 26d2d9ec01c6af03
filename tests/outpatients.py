"""Synthetic outpatients for tests of the streams: each a morning from registration to the pharmacy, about 40 events.

Every other patient's cashier ticket, laboratory order and dispensing do not say whose visit they belong to.
"""

from __future__ import annotations

import hashlib
import random
from decimal import Decimal
from typing import Any

from ingest.events.billing import BillCreated, BillPaid, PayChannel, PaymentPart
from ingest.events.consultation import ConsultationEnded, ConsultationStarted
from ingest.events.control import VisitMoved
from ingest.events.envelope import Event, Instant, Telling, assemble
from ingest.events.orders import OrderPlaced, ReportIssued, SpecimenCollected, SpecimenReceived
from ingest.events.pharmacy import (
    DispensingDispensed,
    DispensingPrepared,
    PrescriptionReviewed,
    PrescriptionSubmitted,
)
from ingest.events.queue import QueueCalled, QueueCompleted, QueueJoined, QueueMissed, QueueRequeued, QueueServed
from ingest.events.registration import PatientCheckedIn, RegistrationCreated
from ingest.events.scheduling import AppointmentBooked

MINUTE = 60_000
DAY = "2025-03-03"
MORNING = 1_740_960_000_000  # 2025-03-03 08:00 +08:00

_DEPTS = ("CARD", "DERM", "ENT", "GYN", "ORTH", "PED", "RESP", "SURG")
_CHANNELS: tuple[PayChannel, ...] = ("wechat", "alipay", "cash", "insurance_account")


def name(kind: str, number: object) -> str:
    """A pseudonym as ingest makes them: 32 hex digits."""
    return hashlib.sha256(f"{kind}|{number}".encode()).hexdigest()[:32]


def tell(kind: type[Event], at: int, *, source: str = "HIS^DEMO", sent_at: int | None = None, **said: Any) -> Event:
    """An event as one source tells it, heard two seconds later."""
    heard = Telling(facility_id="H001", source_system=source, ingested_at=at + 2_000, sent_at=sent_at or at + 1_000)
    return assemble(kind, heard, Instant(at, "second", 480), recorded_at=at, **said)


def outpatient(number: int, arrives_at: int, *, linked: bool = True, seed: int = 0) -> list[Event]:
    """One patient's morning, in order of time. Not `linked`: parts of it do not name the visit."""
    dice = random.Random(f"{seed}|{number}")
    visit, patient = name("visit", number), name("patient", number)
    dept, doctor = dice.choice(_DEPTS), name("staff", dice.randrange(40))
    who: dict[str, Any] = {"visit_id": visit, "patient_id": patient}
    loose: dict[str, Any] = who if linked else {}
    appointment = name("appointment", number) if number % 3 else None
    at = arrives_at
    events: list[Event] = []

    def then(minutes: float, kind: type[Event], source: str = "HIS^DEMO", **said: Any) -> None:
        nonlocal at
        at += round(minutes * MINUTE * dice.uniform(0.5, 1.5) / 1000) * 1000
        events.append(tell(kind, at, source=source, **said))

    def ticket(
        number: int, point: str, who: dict[str, Any], refs: tuple[str, ...], waits: float, serves: float
    ) -> None:
        told = {
            "ticket_id": name(f"ticket{number}", visit),
            "ticket_no": f"A{number:03d}",
            "queue_id": f"{point}-1",
            "service_point_type": point,
            "ref_ids": refs,
            **who,
        }
        window = f"W{dice.randrange(6)}"
        then(0.5, QueueJoined, "QUEUE^DEMO", **told)
        then(waits, QueueCalled, "QUEUE^DEMO", window_id=window, call_seq=1, **told)
        if dice.random() < 0.1:
            then(2, QueueMissed, "QUEUE^DEMO", window_id=window, call_seq=1, **told)
            then(3, QueueRequeued, "QUEUE^DEMO", reason="missed_return", **told)
            then(waits, QueueCalled, "QUEUE^DEMO", window_id=window, call_seq=2, **told)
        if point == "clinic":
            return
        then(0.3, QueueServed, "QUEUE^DEMO", window_id=window, serve_seq=1, staff_id=doctor, **told)
        if dice.random() < 0.8:
            then(serves, QueueCompleted, "QUEUE^DEMO", window_id=window, serve_seq=1, closed_by="staff", **told)

    def pays(bill: str, minutes: float) -> None:
        off_window = dice.random() < 0.6
        then(
            minutes, BillPaid, bill_id=bill, payment_id=name("payment", bill), amount="85.50",
            parts=[PaymentPart(channel=dice.choice(_CHANNELS), amount=Decimal("85.50"))],
            terminal_type="mobile" if off_window else "window", full_settlement=True, **who,
        )  # fmt: skip

    if appointment is not None:
        slot = arrives_at + 20 * MINUTE
        events.append(
            tell(AppointmentBooked, arrives_at - 20 * 60 * MINUTE, appointment_id=appointment, slot_start=slot,
                 dept_code=dept, doctor_id=doctor, channel="wechat", object="consultation")
        )  # fmt: skip
    then(
        0, RegistrationCreated, visit_class="outpatient", dept_code=dept, doctor_id=doctor, channel="wechat",
        appointment_id=appointment, planned_date=DAY, age_band="14-59", patient_group="normal", visit_kind="first",
        fee_amount="50.00", **who,
    )  # fmt: skip
    then(2, PatientCheckedIn, point="clinic", dept_code=dept, appointment_id=appointment, **who)
    ticket(1, "clinic", who, (), 25, 0)
    then(0.5, ConsultationStarted, consultation_seq=1, doctor_id=doctor, dept_code=dept, mode="onsite", **who)
    order, bill1 = name("order", number), name("bill1", number)
    then(
        5, OrderPlaced, order_id=order, category="lab", item_code=f"L{dice.randrange(20):02d}", priority="routine",
        ordering_dept=dept, doctor_id=doctor, **loose,
    )  # fmt: skip
    then(0.5, BillCreated, bill_id=bill1, item_class="lab", amount="85.50", ref_ids=(order,), dept_code=dept, **who)
    if dice.random() < 0.95:
        then(1, ConsultationEnded, consultation_seq=1, outcome="ordered_tests", **who)
    ticket(2, "cashier", loose, (bill1,), 5, 2)
    pays(bill1, 1)
    specimen = name("specimen", number)
    then(10, SpecimenCollected, "LIS^DEMO", order_id=order, specimen_id=specimen, **who)
    then(12, SpecimenReceived, "LIS^DEMO", order_id=order, specimen_id=specimen, rejected=False, **loose)
    then(
        40, ReportIssued, "LIS^DEMO", order_id=order, report_id=name("report", number), status="final", version=1,
        category="lab", **loose,
    )  # fmt: skip
    then(10, ConsultationStarted, consultation_seq=2, doctor_id=doctor, dept_code=dept, mode="onsite", **who)
    rx, bill2 = name("prescription", number), name("bill2", number)
    then(
        3,
        PrescriptionSubmitted,
        prescription_id=rx,
        doctor_id=doctor,
        dept_code=dept,
        rx_type="western",
        items=2,
        **who,
    )
    then(0.5, BillCreated, bill_id=bill2, item_class="drug", amount="85.50", ref_ids=(rx,), dept_code=dept, **who)
    then(1, ConsultationEnded, consultation_seq=2, outcome="done", **who)
    then(
        1,
        PrescriptionReviewed,
        "PHARM^DEMO",
        prescription_id=rx,
        review_seq=1,
        result="pass",
        mode="pharmacist",
        **loose,
    )
    pays(bill2, 3)
    ticket(3, "pharmacy", loose, (rx,), 6, 1)
    drugs = {"prescription_id": rx, "pharmacy_id": "PH1", "window_id": f"P{dice.randrange(4)}", **loose}
    then(1, DispensingPrepared, "PHARM^DEMO", **drugs)
    then(4, DispensingDispensed, "PHARM^DEMO", dispense_seq=1, delivery="window", **drugs)
    return events


def morning(patients: int, *, minutes: float = 180, seed: int = 0) -> list[Event]:
    """Patients arriving over so many minutes from eight, all their events in order of time."""
    dice = random.Random(seed)
    arrivals = [MORNING + round(dice.uniform(0, minutes) * 60) * 1000 for _ in range(patients)]
    told = [e for n, at in enumerate(arrivals) for e in outpatient(n, at, linked=n % 2 == 0, seed=seed)]
    return sorted(told, key=lambda event: event.occurred_at)


def moved(from_number: int, to_number: int, at: int) -> Event:
    """One patient's visit turns out to be another's."""
    return tell(
        VisitMoved, at, visit_id=name("visit", to_number), prior_visit_id=name("visit", from_number),
        to_patient_id=name("patient", to_number),
    )  # fmt: skip
