"""What the rehearsal's feeds tell is what the interpreter hears: every message of a whole day, with all faults on."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from infra.rehearsal.day import simulate
from infra.rehearsal.facts import Told
from infra.rehearsal.faults import FAULTS
from infra.rehearsal.feeds import tell
from infra.rehearsal.messages import Wire, is_message, wires
from infra.rehearsal.sizes import SIZES
from infra.rehearsal.sources import PLATFORM
from infra.rehearsal.told_fields import TELLS
from ingest.events.envelope import Event, kind_of, payload_fields
from ingest.interpret.canonical import interpret_event
from ingest.interpret.messages import interpret_message
from ingest.interpret.teller import Source
from ingest.privacy import Pseudonyms, SiteKey

ZONE = ZoneInfo("Asia/Shanghai")
SOURCE = Source(
    facility_id="H001",
    pseudonyms=Pseudonyms(SiteKey(b"k" * 32)),
    zone=ZONE,
    codes={"visit_class": {"H": "health_check"}},
)
STAFF = {
    "staff_id", "doctor_id", "nurse_id", "operator_id", "collector_id", "reporter_id", "reviewer_id", "dispenser_id",
    "cashier_id",
}  # fmt: skip
NUMBERS = {
    "programme_id", "session_id", "ticket_id", "order_id", "specimen_id", "report_id", "bill_id", "payment_id",
    "refund_id", "prescription_id", "appointment_id", "critical_id", "request_id", "from_visit_id",
    "surviving_patient_id", "prior_patient_id", "call_id", "inquiry_id",
}  # fmt: skip
KINDS = {"refund_id": "payment", "from_visit_id": "visit", "surviving_patient_id": "patient",
         "prior_patient_id": "patient"}  # fmt: skip


@pytest.fixture(scope="module")
def said() -> list[Wire]:
    day = simulate(SIZES["clinic"], 7, date(2025, 3, 3), ZONE)
    return list(wires(tell(day, 7, FAULTS), day.people))


def test_every_message_becomes_exactly_the_events_it_tells(said: list[Wire]) -> None:
    for wire in filter(is_message, said):
        events = interpret_message(wire.body, SOURCE, wire.told_at)
        assert sorted(map(_heard, events), key=_order) == sorted((_said(t) for t in wire.tells), key=_order)


def test_every_record_becomes_exactly_the_event_it_tells(said: list[Wire]) -> None:
    platform = msgspec.structs.replace(SOURCE, source_system=PLATFORM)
    records = [wire for wire in said if wire.source == PLATFORM]
    assert records
    for wire in records:
        (event,) = interpret_event(wire.body, platform, wire.told_at)
        assert [_heard(event)] == [_said(t) for t in wire.tells]


def test_all_kinds_of_facts_are_told(said: list[Wire]) -> None:
    told = {t.kind for wire in said for t in wire.tells}
    assert set(TELLS) - told <= {"appointment.cancelled"}, "a clinic's day has some of everything, and few cancel"
    assert any(t.op == "retract" for wire in said for t in wire.tells)


def _order(fields: dict[str, Any]) -> tuple[str, str]:
    return fields["kind"], str(fields.get("bill_id"))


def _said(told: Told) -> dict[str, Any]:
    """A telling as the event that it should become."""
    said = {name: plain_of(told, name, value) for name, value in told.fields.items() if name != "patient_id"}
    header = {"kind": told.kind, "op": told.op, "at": told.at, "sent_at": told.sent_at, "source": told.source,
              "message": _number_of_message(told),
              "visit_id": _number("visit", told.visit) if told.visit else None}  # fmt: skip
    return {**header, **{name: value for name, value in said.items() if value is not None}}


def _number_of_message(told: Told) -> str:
    """A number with so many digits may be made of a visit's: it becomes a pseudonym."""
    return SOURCE.pseudonyms.of("message", "H001", told.source, told.message)


def plain_of(told: Told, name: str, value: Any) -> Any:
    if value is None or name in STAFF:
        return SOURCE.pseudonyms.staff(value) if value else None
    if name in NUMBERS:
        return _number(KINDS.get(name, name.removesuffix("_id")), value)
    if name == "ref_ids":
        return tuple(_number(_refers_to(told), number) for number in value)
    if name == "amount":
        return Decimal(value)
    if name == "slots":
        return [(_number("slot", s["slot_id"]), s["start"], s["end"], s["capacity"], s["pool"]) for s in value]
    if name == "parts":
        return [(part["channel"], Decimal(part["amount"])) for part in value]
    return value


def _refers_to(told: Told) -> str:
    if told.fields.get("item_class") == "drug":
        return "prescription"
    return {"cashier": "bill", "pharmacy": "prescription"}.get(told.fields.get("service_point_type", ""), "order")


def _number(kind: str, number: str) -> str:
    return SOURCE.pseudonyms.of(kind, "H001", "", number)


def _heard(event: Event) -> dict[str, Any]:
    """An event in the terms of a telling. `lines` counts FT1 lines, which is how a message is written, not a fact."""
    payload = {name: getattr(event, name) for name in payload_fields(type(event)) if name != "lines"}
    if "parts" in payload:
        payload["parts"] = [(part.channel, part.amount) for part in payload["parts"]]
    if "slots" in payload:
        payload["slots"] = [(s.slot_id, s.start, s.end, s.capacity, s.pool) for s in payload["slots"]]
    header = {"kind": kind_of(event), "op": event.op, "at": event.occurred_at, "sent_at": event.sent_at,
              "source": event.source_system, "message": event.source_msg_id, "visit_id": event.visit_id}  # fmt: skip
    return {**header, **{name: value for name, value in payload.items() if value is not None}}
