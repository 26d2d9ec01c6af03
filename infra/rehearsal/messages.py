"""Turns tellings into what carries them, most of them HL7 messages: one writer for each kind of fact."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from typing import NamedTuple

from infra.rehearsal import messages_orders as orders
from infra.rehearsal import messages_stay as stay
from infra.rehearsal.exported import exported
from infra.rehearsal.facts import Person, Told
from infra.rehearsal.fhir_words import resource
from infra.rehearsal.pv1 import visit
from infra.rehearsal.records import record
from infra.rehearsal.segments import event, header, packed, patient, segment, timestamp
from infra.rehearsal.sources import EXPORT, FHIR, IN_MESSAGES, IN_TABLES, PLATFORM

Writer = Callable[[list[Told], Person], tuple[str, list[str]]]  # → message type, segments after PID

_NOBODY = Person(number="", name="无名", sex="f", birth="1970-01-01")
_STEP = {"joined": "JOIN", "called": "CALL", "recalled": "RECALL", "missed": "MISS", "requeued": "REQUEUE",
         "served": "SERVE", "completed": "DONE", "left": "LEAVE"}  # fmt: skip


class Wire(NamedTuple):
    """A message on its way: its bytes (none for a row of a view), when it arrives, and what it tells."""

    source: str
    body: bytes
    told_at: int
    tells: list[Told]


def wires(told: Iterable[Told], people: Mapping[str, Person]) -> Iterator[Wire]:
    """The messages, records and row changes of a sequence of tellings that is sorted by arrival."""
    for (_, told_at), group in groupby(told, key=lambda t: (t.message, t.told_at)):
        tells = list(group)
        yield Wire(tells[0].source, _body(tells, people), told_at, tells)


def messages(told: Iterable[Told], people: Mapping[str, Person]) -> Iterator[Wire]:
    """The HL7 messages alone."""
    return filter(is_message, wires(told, people))


def is_message(wire: Wire) -> bool:
    """Whether it goes over MLLP; the others change rows, are pushed, or lie in a file."""
    return wire.source in IN_MESSAGES


def _body(tells: list[Told], people: Mapping[str, Person]) -> bytes:
    source = tells[0].source
    if source in IN_TABLES:
        return b""
    if source == EXPORT:
        return exported(tells)
    if source == FHIR:
        return resource(tells[0])
    return record(tells[0]) if source == PLATFORM else message(tells, people)


def message(tells: list[Told], people: Mapping[str, Person]) -> bytes:
    """The bytes of the one message that tells all of `tells`."""
    first = tells[0]
    person = _whom(first, people)
    kind, segments = _writer(first)(tells, person)
    lines = [header(first.source, kind, first.message, first.sent_at)]
    if not kind.startswith("SIU"):
        lines.append(event(first.sent_at, first.at, first.source, first.fields.get("nurse_id")))
    lines.append(patient(person))
    return packed(lines + segments)


def _whom(told: Told, people: Mapping[str, Person]) -> Person:
    if told.kind == "patient.merged":
        return people[told.fields["surviving_patient_id"]]
    return people.get(told.visit) or people.get(f"V{told.visit[1:]}", _NOBODY)  # a visit registered by mistake


def _writer(told: Told) -> Writer:
    return _WRITERS[told.kind if told.kind in _WRITERS else told.kind.partition(".")[0]]


def _registered(tells: list[Told], _: Person) -> tuple[str, list[str]]:
    told, f = tells[0], tells[0].fields
    booked = f.get("appointment_id")
    trigger = "A11" if told.op == "retract" else "A08" if told.amends else "A04"
    pv1 = visit(told, {4: f["visit_kind"], 5: booked, 14: f["channel"], 18: f["patient_group"],
                        44: timestamp(told.at, told.source)})  # fmt: skip
    pv2 = segment("PV2", {8: f["planned_date"].replace("-", "")})
    return f"ADT^{trigger}", [pv1, pv2]


def _checked_in(tells: list[Told], _: Person) -> tuple[str, list[str]]:
    f = tells[0].fields
    order = [segment("ORC", {1: "SC", 2: f["order_id"]})] if "order_id" in f else []
    return "ADT^A10", [visit(tells[0], {5: f.get("appointment_id")}), *order]


def _triaged(tells: list[Told], _: Person) -> tuple[str, list[str]]:
    return "ADT^A08", [visit(tells[0]), segment("PV2", {40: tells[0].fields["acuity"]})]


def _booked(tells: list[Told], _: Person) -> tuple[str, list[str]]:
    f = tells[0].fields
    sch = segment("SCH", {1: f["appointment_id"], 6: f["channel"], 7: f["visit_kind"], 25: "Booked"})
    tq1 = segment("TQ1", {1: 1, 7: timestamp(f["slot_start"]), 8: timestamp(f["slot_end"])})
    ail = segment("AIL", {1: 1, 3: f["dept_code"]})
    return "SIU^S12", [sch, tq1, ail]


def _cancelled(tells: list[Told], _: Person) -> tuple[str, list[str]]:
    f = tells[0].fields
    return "SIU^S15", [segment("SCH", {1: f["appointment_id"], 6: f["initiator"], 25: "Cancelled"})]


def _queued(tells: list[Told], _: Person) -> tuple[str, list[str]]:
    told, f = tells[0], tells[0].fields
    window = f.get("window_id")
    if window and f.get("dept_code"):
        window = f"{f['dept_code']}^{window}"
    zqu = segment("ZQU", {
        1: 1, 2: _STEP[told.kind.partition(".")[2]], 3: f["ticket_id"], 4: f["ticket_no"], 5: f["service_point_type"],
        6: f["queue_id"], 7: window, 8: f.get("staff_id"), 9: timestamp(told.at), 10: f.get("call_seq"),
        11: f.get("priority"), 13: "~".join(f["ref_ids"]), 14: f.get("reason"),
    })  # fmt: skip
    return "ZQN^Z01", [visit(told), zqu]


def _consultation(tells: list[Told], _: Person) -> tuple[str, list[str]]:
    told, f = tells[0], tells[0].fields
    step = "START" if told.kind.endswith("started") else "END"
    room = f"{f['dept_code']}^{f['room_id']}" if f.get("room_id") else None
    zcn = segment("ZCN", {1: 1, 2: step, 3: timestamp(told.at), 4: room, 5: f.get("doctor_id"),
                          6: f["consultation_seq"], 7: f.get("outcome")})  # fmt: skip
    return "ADT^A08", [visit(told), zcn]


def _billed(tells: list[Told], _: Person) -> tuple[str, list[str]]:
    told, f = tells[0], tells[0].fields
    ft1 = segment("FT1", {1: 1, 2: f["bill_id"], 4: timestamp(told.at), 6: "CG", 7: f["item_class"],
                          11: f["amount"], 13: f["dept_code"], 23: "~".join(f["ref_ids"])})  # fmt: skip
    return "DFT^P03", [visit(told), ft1]


def _paid(tells: list[Told], _: Person) -> tuple[str, list[str]]:
    first = tells[0].fields
    lines = [segment("FT1", {1: number, 2: t.fields["bill_id"], 4: timestamp(t.at), 6: "PY", 11: t.fields["amount"]})
             for number, t in enumerate(tells, 1)]  # fmt: skip
    bills = "~".join(t.fields["bill_id"] for t in tells)
    parts = [segment("ZPY", {
        1: number, 2: bills, 3: first["payment_id"], 4: part["channel"], 5: part["amount"], 6: timestamp(tells[0].at),
        7: first["terminal_type"], 8: first["terminal_id"], 9: first.get("cashier_id"), 11: "N", 12: "Y",
    }) for number, part in enumerate(first["parts"], 1)]  # fmt: skip
    return "DFT^P03", [visit(tells[0]), *lines, *parts]


def _refunded(tells: list[Told], _: Person) -> tuple[str, list[str]]:
    """A refund of a registration fee says so in FT1-7: then the visit's registration is given back too."""
    told = next(t for t in tells if t.kind == "bill.refunded")
    f = told.fields
    item_class = "registration" if len(tells) > 1 else None
    ft1 = segment("FT1", {1: 1, 2: f["bill_id"], 4: timestamp(told.at), 6: "CD", 7: item_class, 11: f["amount"]})
    zpy = [segment("ZPY", {1: n, 2: f["bill_id"], 3: f["refund_id"], 4: part["channel"], 5: part["amount"],
                           6: timestamp(told.at), 10: f["payment_id"], 11: "Y"})
           for n, part in enumerate(f["parts"], 1)]  # fmt: skip
    return "DFT^P03", [visit(told), ft1, *zpy]


def _prescribed(tells: list[Told], _: Person) -> tuple[str, list[str]]:
    told, f = tells[0], tells[0].fields
    lines = []
    for number in range(1, f["items"] + 1):
        lines.append(segment("ORC", {1: "NW", 2: f"{f['prescription_id']}-{number}", 9: timestamp(told.at),
                                     12: f["doctor_id"], 17: f["dept_code"], 29: f["rx_type"]}))  # fmt: skip
        lines.append(segment("RXE", {2: f"DRUG{number}", 15: f["prescription_id"]}))
    return "RDE^O11", [visit(told), *lines]


def _reviewed(tells: list[Told], _: Person) -> tuple[str, list[str]]:
    told, f = tells[0], tells[0].fields
    zrv = segment("ZRV", {1: 1, 2: f["prescription_id"], 3: f["result"].upper(), 4: timestamp(told.at),
                          5: f.get("reviewer_id"), 6: "AUTO" if f["mode"] == "auto" else "MANUAL"})  # fmt: skip
    return "RDE^O11", [visit(told), segment("ORC", {1: "SC", 2: f["prescription_id"]}), zrv]


def _prepared(tells: list[Told], _: Person) -> tuple[str, list[str]]:
    told, f = tells[0], tells[0].fields
    zdp = segment("ZDP", {1: 1, 2: f["prescription_id"], 3: "PREPARED", 4: timestamp(told.at),
                          6: f"{f['pharmacy_id']}^{f['window_id']}", 7: "Y" if f["robot"] else "N"})  # fmt: skip
    return "RDS^O13", [visit(told), segment("ORC", {1: "SC", 2: f["prescription_id"]}), zdp]


def _dispensed(tells: list[Told], _: Person) -> tuple[str, list[str]]:
    told, f = tells[0], tells[0].fields
    rxd = segment("RXD", {1: f["dispense_seq"], 2: "DRUG", 3: timestamp(told.at), 7: f["prescription_id"],
                          10: f.get("dispenser_id"), 13: f"{f['pharmacy_id']}^{f['window_id']}"})  # fmt: skip
    return "RDS^O13", [visit(told), segment("ORC", {1: "RE", 2: f["prescription_id"]}), rxd]


_WRITERS: dict[str, Writer] = {
    "registration.created": _registered,
    "patient.checked_in": _checked_in,
    "triage.completed": _triaged,
    "appointment.booked": _booked,
    "appointment.cancelled": _cancelled,
    "queue": _queued,
    "consultation": _consultation,
    "order.placed": orders.ordered,
    "exam": orders.examined,
    "specimen": orders.specimen,
    "report.issued": orders.reported,
    "critical_value.acknowledged": orders.acknowledged,
    "admission.requested": stay.requested,
    "inpatient.admitted": stay.admitted,
    "inpatient.transferred": stay.transferred,
    "inpatient.discharged": stay.discharged,
    "patient.merged": stay.merged,
    "bill.created": _billed,
    "bill.paid": _paid,
    "bill.refunded": _refunded,
    "registration.refunded": _refunded,
    "prescription.submitted": _prescribed,
    "prescription.reviewed": _reviewed,
    "dispensing.prepared": _prepared,
    "dispensing.dispensed": _dispensed,
}
