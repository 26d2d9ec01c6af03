"""Facts: events reduced to what some rule reads, which is what a scope's state keeps of them.

An event whose type is not in `KEPT` is read by no rule. Times stay UTC milliseconds, amounts become decimal text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Union, get_type_hints

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
    "ed.disposition_decided": ("decision", "target_ward"),
    "ed.green_channel_milestone": ("pathway", "kind"),
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


class Says:
    """What facts may say beside when and what; each says what `KEPT` names for its type, and of the rest None."""

    __slots__ = ()

    type: ClassVar[str]
    ticket_id: str | None
    queue_id: str | None
    service_point_type: str | None
    dept_code: str | None
    ref_ids: tuple[str, ...]
    window_id: str | None
    staff_id: str | None
    serve_seq: int | None
    closed_by: str | None
    visit_class: str | None
    appointment_id: str | None
    order_id: str | None
    slot_start: int | None
    new_slot_start: int | None
    doctor_id: str | None
    visit_kind: str | None
    channel: str | None
    amount: str | None
    planned_date: str | None
    age_band: str | None
    patient_group: str | None
    arrival_mode: str | None
    dept: str | None
    point: str | None
    reason_code: str | None
    acuity: str | None
    kind: str | None
    consultation_seq: int | None
    category: str | None
    item_code: str | None
    priority: str | None
    modality: str | None
    bill_id: str | None
    item_class: str | None
    payment_id: str | None
    refund_id: str | None
    terminal_type: str | None
    full_settlement: bool | None
    specimen_id: str | None
    rejected: bool | None
    device_id: str | None
    status: str | None
    prescription_id: str | None
    rx_type: str | None
    decoction: bool | None
    mode: str | None
    pharmacy_id: str | None
    delivery: str | None
    outcome: str | None
    end_imputed: bool | None
    disposition: str | None
    ward: str | None
    decision: str | None
    target_ward: str | None
    pathway: str | None


class Fact(Says, msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One telling of one fact, as far as rules read it. Every event type has a class of its own, see `kept`."""

    revision: str
    at: int
    retracted: bool = False
    timed: bool = True  # a time of day precision neither starts nor ends a stage
    placed: bool = True  # in this visit, as the journey's last word has it
    link: str = ""

    def __getattr__(self, name: str) -> Any:
        """What facts of this type do not say."""
        if name not in _SAID:
            raise AttributeError(name)
        return () if name == "ref_ids" else None


_SAID: dict[str, Any] = {name: said for name, said in get_type_hints(Says).items() if name != "type"}


def _class_of(event_type: str) -> type[Fact]:
    return msgspec.defstruct(  # type: ignore[return-value]
        event_type,
        [(name, _SAID[name], () if name == "ref_ids" else None) for name in KEPT[event_type]],
        bases=(Fact,),
        tag=event_type,
        frozen=True,
        array_like=True,
        gc=False,
        namespace={"type": event_type},
    )


_CLASSES: dict[str, type[Fact]] = {event_type: _class_of(event_type) for event_type in KEPT}

if TYPE_CHECKING:
    AnyFact = Fact
else:
    AnyFact = Union[tuple(_CLASSES.values())]  # noqa: UP007 - msgspec must see the classes to tell them apart by tag


class Kept(NamedTuple):
    """How an event of one type becomes a fact."""

    make: type[Fact]
    read: Callable[[Event], tuple[Any, ...]]


@cache
def kept(event_type: str) -> Kept:
    """How an event of a type becomes a fact."""
    return Kept(_CLASSES[event_type], _reader(event_type, KEPT[event_type]))


def _reader(event_type: str, names: tuple[str, ...]) -> Callable[[Event], tuple[Any, ...]]:
    attributes = [NAMED.get((event_type, name), name) for name in names]
    richer = [(n, _RICHER[name]) for n, name in enumerate(attributes) if name in _RICHER]
    read = _attributes(attributes)
    if not richer:
        return read

    def reduced(event: Event) -> tuple[Any, ...]:
        values = list(read(event))
        for n, reduce in richer:
            values[n] = reduce(values[n])
        return tuple(values)

    return reduced


def _attributes(names: list[str]) -> Callable[[Event], tuple[Any, ...]]:
    if len(names) == 1:
        single = attrgetter(names[0])
        return lambda event: (single(event),)
    return attrgetter(*names) if names else lambda _: ()


def fact_of(event: Event, how: Kept, placed: bool = True, link: str = "") -> Fact:
    """The fact that an event tells."""
    return how.make(
        event.revision,
        event.occurred_at,
        event.op == "retract",
        event.occurred_precision != "day",
        placed,
        link,
        *how.read(event),
    )


def money(amount: Decimal) -> str:
    """An amount as text without trailing zeros, never with an exponent: `100`, `12.5`."""
    return format(amount.normalize(), "f")


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else money(amount)


def _main_channel(parts: Iterable[Any]) -> str | None:
    """The channel that paid the largest part; of equal ones the first by name."""
    ranked = sorted((-(part.amount or 0), part.channel or "") for part in parts)
    return (ranked[0][1] or None) if ranked else None


# What is read from a richer value: the attribute of the event, and what a fact keeps of it.
_RICHER: dict[str, Callable[[Any], Any]] = {
    "amount": _money,
    "fee_amount": _money,
    "parts": _main_channel,
}
