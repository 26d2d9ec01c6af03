"""What each of the hospital's systems tells of what happened, when it tells it, and what it never knew.

Four systems speak HL7 v2; the emergency department's lives in a database view. Faults are laid over their words
by `faults.py`. The result is the second record: every telling, right or wrong.
"""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import Any

import msgspec

from infra.rehearsal.facts import Day, Fact, Told
from infra.rehearsal.faults import FAULTS, lay_over
from infra.rehearsal.message_numbers import Numbers

HIS, QUEUE, LIS, RIS, ED = "HIS^DEMO", "QUEUE^DEMO", "LIS^DEMO", "RIS^DEMO", "ED^DEMO"
FEED_OF = {HIS: "his", QUEUE: "queue", LIS: "lis", RIS: "ris", ED: "ed"}

_DELAY_S = {HIS: (0.3, 3.0), QUEUE: (0.1, 1.0), LIS: (0.5, 5.0), RIS: (0.5, 6.0), ED: (0.5, 4.0)}
# What a queue server at a consulting room never learns: the doctor's own system opens and closes the visit.
_CLINIC_SILENT = ("queue.served", "queue.completed")
_CLINIC_THAT_TELLS = "DERM"

_TICKET = ("ticket_id", "ticket_no", "queue_id", "service_point_type", "dept_code", "ref_ids")
TELLS: dict[str, tuple[str, ...]] = {
    "appointment.booked": ("appointment_id", "slot_start", "slot_end", "dept_code", "visit_kind", "channel", "object"),
    "appointment.cancelled": ("appointment_id", "initiator"),
    "registration.created": ("visit_class", "appointment_id", "dept_code", "visit_kind", "channel", "planned_date",
                             "age_band", "sex", "patient_group"),
    "registration.refunded": ("amount",),
    "patient.checked_in": ("appointment_id", "point", "dept_code", "method"),
    "triage.completed": ("acuity", "assigned_dept", "nurse_id"),
    "queue.joined": (*_TICKET, "priority"),
    "queue.called": (*_TICKET, "window_id", "staff_id", "call_seq"),
    "queue.recalled": (*_TICKET, "window_id", "call_seq"),
    "queue.missed": (*_TICKET, "window_id", "call_seq"),
    "queue.requeued": (*_TICKET, "reason"),
    "queue.served": (*_TICKET, "window_id", "staff_id"),
    "queue.completed": (*_TICKET, "window_id", "closed_by"),
    "queue.left": (*_TICKET, "basis"),
    "consultation.started": ("consultation_seq", "doctor_id", "dept_code", "room_id", "mode"),
    "consultation.ended": ("consultation_seq", "outcome"),
    "order.placed": ("order_id", "category", "modality", "item_code", "priority", "ordering_dept", "doctor_id"),
    "exam.started": ("order_id", "modality", "device_id", "operator_id"),
    "exam.completed": ("order_id",),
    "specimen.collected": ("order_id", "specimen_id", "collector_id"),
    "specimen.received": ("order_id", "specimen_id", "rejected", "reject_reason"),
    "report.issued": ("report_id", "order_id", "status", "version", "category", "reporter_id"),
    "bill.created": ("bill_id", "item_class", "amount", "ref_ids", "dept_code"),
    "bill.paid": ("payment_id", "bill_id", "amount", "parts", "terminal_type", "terminal_id", "cashier_id",
                  "full_settlement"),
    "bill.refunded": ("refund_id", "payment_id", "bill_id", "amount", "parts"),
    "prescription.submitted": ("prescription_id", "doctor_id", "dept_code", "rx_type", "items"),
    "prescription.reviewed": ("prescription_id", "result", "mode", "reviewer_id"),
    "dispensing.prepared": ("prescription_id", "pharmacy_id", "window_id", "robot"),
    "dispensing.dispensed": ("prescription_id", "dispense_seq", "pharmacy_id", "window_id", "dispenser_id", "delivery"),
    "ed.arrived": ("arrival_mode",),
    "ed.seen": (),
    "ed.disposition_decided": ("decision",),
    "ed.departed": ("disposition",),
}  # fmt: skip


def tell(day: Day, seed: int, faults: Iterable[str] = FAULTS) -> list[Told]:
    """Everything the feeds say of a day, in the order in which it arrives."""
    rng = Random(f"{seed}|{day.day}|feeds")
    numbers = Numbers(day.day)
    told = [telling for fact in day.facts for telling in _straight(fact, rng, numbers)]
    faulty = lay_over(told, day, set(faults), Random(f"{seed}|{day.day}|faults"), numbers)
    return sorted((_without_secrets(t) for t in faulty), key=lambda t: (t.told_at, t.message))


def source_of(fact: Fact) -> str:
    """Which system tells a fact."""
    if fact.kind.startswith("queue."):
        return QUEUE
    if fact.kind.startswith("ed.") or (fact.kind == "triage.completed" and fact.fields["assigned_dept"] == "ED"):
        return ED
    if fact.kind.startswith("specimen."):
        return LIS
    if fact.kind.startswith("exam."):
        return RIS
    if fact.kind == "report.issued":
        return LIS if fact.fields["category"] == "lab" else RIS
    return HIS


def _straight(fact: Fact, rng: Random, numbers: Numbers) -> list[Told]:
    """A fact as an honest, punctual system tells it; nothing when no system knows it."""
    if fact.kind in _CLINIC_SILENT and fact.fields.get("dept_code", _CLINIC_THAT_TELLS) != _CLINIC_THAT_TELLS:
        return []
    source = source_of(fact)
    at = fact.at if source == QUEUE else fact.at // 1000 * 1000  # most systems keep whole seconds
    message = numbers.of(source, fact)
    sent, told = numbers.sent(message, fact.at, rng, *_DELAY_S[source])
    if fact.kind.startswith("appointment."):
        at = sent  # SIU has no time of its own
    straight = Told(
        kind=fact.kind, source=source, message=message, at=at, sent_at=sent, told_at=told,
        visit=fact.visit if fact.known and not fact.kind.startswith("appointment.") else "", fields=_known(fact),
    )  # fmt: skip
    if fact.kind == "registration.created" and fact.fields["visit_class"] == "emergency":
        return [straight, _at_the_desk(straight)]
    return [straight]


def _at_the_desk(registered: Told) -> Told:
    """The HIS takes an emergency's registration for its arrival; the emergency department's view knows better."""
    fields = {name: registered.fields[name] for name in ("age_band", "sex", "patient_group")}
    return msgspec.structs.replace(registered, kind="ed.arrived", fields=fields)


def _known(fact: Fact) -> dict[str, Any]:
    """The fields that the messages of this kind have a place for."""
    return {name: value for name, value in fact.fields.items() if name in TELLS[fact.kind]}


def _without_secrets(told: Told) -> Told:
    """Some fields only decide who errs; no message has a place for them."""
    if told.kind != "patient.checked_in":
        return told
    return msgspec.structs.replace(told, fields={k: v for k, v in told.fields.items() if k != "method"})
