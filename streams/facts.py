"""Facts: events reduced to what some rule reads, which is what a scope's state keeps of them.

An event whose type is not in `KEPT` is read by no rule. Times stay UTC milliseconds, amounts become decimal text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec

from ingest.events.envelope import Event

ID_LENGTH = 32  # of an event id's 64 hex digits: enough to tell facts apart, and half the state

_TICKET = ("ticket_id", "queue_id", "service_point_type", "dept_code", "ref_ids")

# Event type → the fields that rules read. The order is the process rank.
# fmt: off
KEPT: dict[str, tuple[str, ...]] = {
    "appointment.booked": ("appointment_id", "slot_start", "dept_code", "doctor_id", "channel"),
    "appointment.rescheduled": ("appointment_id", "new_slot_start"),
    "registration.created": (
        "visit_class", "appointment_id", "dept_code", "doctor_id", "visit_kind", "channel", "amount",
        "planned_date", "age_band", "patient_group",
    ),
    "ed.arrived": ("arrival_mode", "age_band", "patient_group"),
    "inpatient.admitted": ("dept", "age_band", "patient_group"),
    "patient.checked_in": ("point", "dept_code", "appointment_id", "order_id"),
    "queue.joined": _TICKET,
    "queue.requeued": _TICKET,
    "queue.called": (*_TICKET, "window_id", "staff_id"),
    "queue.recalled": _TICKET,
    "queue.missed": _TICKET,
    "queue.served": (*_TICKET, "window_id", "staff_id", "serve_seq"),
    "registration.refunded": ("amount", "reason_code"),
    "triage.completed": ("acuity", "dept_code"),
    "ed.resus_entered": ("kind",),
    "ed.seen": ("doctor_id",),
    "consultation.started": ("consultation_seq", "doctor_id", "dept_code"),
    "order.placed": ("category", "item_code", "priority", "dept_code", "modality"),
    "order.cancelled": (),
    "bill.created": ("bill_id", "item_class", "amount", "ref_ids", "dept_code"),
    "bill.paid": ("bill_id", "payment_id", "amount", "terminal_type", "channel", "full_settlement"),
    "specimen.collected": ("specimen_id", "point"),
    "specimen.received": ("specimen_id", "rejected"),
    "exam.started": ("modality", "device_id"),
    "report.issued": ("status", "category", "doctor_id"),
    "prescription.submitted": ("prescription_id", "dept_code", "rx_type", "decoction"),
    "prescription.reviewed": ("mode",),
    "prescription.cancelled": ("prescription_id",),
    "dispensing.prepared": ("prescription_id", "pharmacy_id", "window_id"),
    "dispensing.dispensed": ("prescription_id", "pharmacy_id", "window_id", "delivery"),
    "consultation.ended": ("consultation_seq", "outcome", "end_imputed"),
    "bill.refund_requested": ("refund_id", "reason_code"),
    "bill.refunded": ("bill_id", "refund_id", "payment_id", "amount"),
    "queue.completed": (*_TICKET, "window_id", "serve_seq", "closed_by"),
    "queue.left": _TICKET,
    "ed.resus_left": (),
    "ed.disposition_decided": (),
    "ed.green_channel_milestone": (),
    "ed.departed": ("disposition",),
    "inpatient.transferred": (),
    "inpatient.discharge_ordered": (),
    "inpatient.settled": (),
    "inpatient.discharged": ("ward",),
    "visit.cancelled": (),
}
# fmt: on

# Where a fact's field has another name in the event, or is read from a richer value.
NAMED: dict[tuple[str, str], str] = {
    ("registration.created", "amount"): "fee_amount",
    ("bill.paid", "channel"): "parts",
    ("triage.completed", "dept_code"): "assigned_dept",
    ("order.placed", "dept_code"): "ordering_dept",
    ("report.issued", "doctor_id"): "reporter_id",
}
RANK = {event_type: rank for rank, event_type in enumerate(KEPT)}


class Fact(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One telling of one fact, as far as rules read it."""

    type: str
    revision: str
    at: int
    retracted: bool = False
    timed: bool = True  # a time of day precision neither starts nor ends a stage
    placed: bool = True  # in this visit, as the journey's last word has it
    link: str = ""
    ticket_id: str | None = None
    queue_id: str | None = None
    service_point_type: str | None = None
    dept_code: str | None = None
    ref_ids: tuple[str, ...] = ()
    window_id: str | None = None
    staff_id: str | None = None
    serve_seq: int | None = None
    closed_by: str | None = None
    visit_class: str | None = None
    appointment_id: str | None = None
    order_id: str | None = None
    slot_start: int | None = None
    new_slot_start: int | None = None
    doctor_id: str | None = None
    visit_kind: str | None = None
    channel: str | None = None
    amount: str | None = None
    planned_date: str | None = None
    age_band: str | None = None
    patient_group: str | None = None
    arrival_mode: str | None = None
    dept: str | None = None
    point: str | None = None
    reason_code: str | None = None
    acuity: str | None = None
    kind: str | None = None
    consultation_seq: int | None = None
    category: str | None = None
    item_code: str | None = None
    priority: str | None = None
    modality: str | None = None
    bill_id: str | None = None
    item_class: str | None = None
    payment_id: str | None = None
    refund_id: str | None = None
    terminal_type: str | None = None
    full_settlement: bool | None = None
    specimen_id: str | None = None
    rejected: bool | None = None
    device_id: str | None = None
    status: str | None = None
    prescription_id: str | None = None
    rx_type: str | None = None
    decoction: bool | None = None
    mode: str | None = None
    pharmacy_id: str | None = None
    delivery: str | None = None
    outcome: str | None = None
    end_imputed: bool | None = None
    disposition: str | None = None
    ward: str | None = None


def _reader(event_type: str, names: tuple[str, ...]) -> Any:
    attributes = [NAMED.get((event_type, name), name) for name in names]
    if len(attributes) == 1:
        single = attrgetter(attributes[0])
        return lambda event: (single(event),)
    return attrgetter(*attributes) if attributes else lambda _: ()


class Kept(NamedTuple):
    """How an event of one type becomes a fact."""

    type: str
    names: tuple[str, ...]
    read: Callable[[Event], tuple[Any, ...]]


@cache
def kept(event_type: str) -> Kept:
    """How an event of a type becomes a fact."""
    return Kept(event_type, KEPT[event_type], _reader(event_type, KEPT[event_type]))


def fact_of(event: Event, how: Kept, placed: bool = True, link: str = "") -> Fact:
    """The fact that an event tells."""
    event_type, names, read = how
    kept: dict[str, Any] = dict(zip(names, read(event)))  # noqa: B905 - equally long, and this is the hottest line
    if (amount := kept.get("amount")) is not None:
        kept["amount"] = money(amount)
    if event_type == "bill.paid":
        kept["channel"] = _main_channel(kept["channel"])
    return Fact(
        event_type,
        event.revision,
        event.occurred_at,
        event.op == "retract",
        event.occurred_precision != "day",
        placed,
        link,
        **kept,
    )


def money(amount: Decimal) -> str:
    """An amount as text without trailing zeros, never with an exponent: `100`, `12.5`."""
    return format(amount.normalize(), "f")


def _main_channel(parts: Iterable[Any]) -> str | None:
    """The channel that paid the largest part; of equal ones the first by name."""
    ranked = sorted((-(part.amount or 0), part.channel or "") for part in parts)
    return (ranked[0][1] or None) if ranked else None
