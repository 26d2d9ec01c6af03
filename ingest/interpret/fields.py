"""What a field of an event holds: a number that becomes a pseudonym, a member of staff, a department, a code, a time.

Nothing is guessed from a value. An id that nobody has declared readable is a number of somebody or something, and
becomes a pseudonym: a field added tomorrow cannot leak by being forgotten here.
"""

from __future__ import annotations

from functools import cache
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from ingest.events.schemas import field_kinds
from ingest.interpret.codes import legal_codes

Holding = Literal[
    "staff", "ticket", "number", "dept", "code", "text", "instant", "day", "amount", "int", "float", "bool", "list",
    "map",
]  # fmt: skip

STAFF = frozenset(
    ("doctor_id", "nurse_id", "staff_id", "operator_id", "collector_id", "reporter_id", "verifier_id", "reviewer_id",
     "preparer_id", "dispenser_id", "cashier_id", "replaced_by_doctor_id")
)  # fmt: skip
NUMBERS = {
    **{f"{kind}_id": kind for kind in (
        "order", "bill", "payment", "prescription", "specimen", "report", "appointment", "session", "slot", "request",
        "critical", "followup", "complaint", "suggestion", "inquiry", "survey", "settlement", "call", "programme",
        "prehospital", "ticket", "visit", "patient",
    )},
    "filler_id": "order", "refund_id": "payment", "call_log_id": "call", "from_visit_id": "visit",
    "prior_visit_id": "visit", "surviving_patient_id": "patient", "prior_patient_id": "patient",
    "from_patient_id": "patient", "to_patient_id": "patient", "register_no": "register",
}  # fmt: skip
# Places and machines, not people's or papers' numbers; and ids of our own making.
READABLE = frozenset(
    ("queue_id", "assigned_queue_id", "window_id", "room_id", "device_id", "terminal_id", "location_id", "batch_id",
     "corrected_event_id")
)  # fmt: skip
_DEPARTMENTS = ("dept", "dept_code", "pharmacy_id")


@cache
def holds(kind: type[msgspec.Struct], name: str) -> Holding:
    """What a field of an event type, or of a part of one, holds."""
    if name in STAFF:
        return "staff"
    if name == "ticket_id":
        return "ticket"
    if name in NUMBERS or (name.endswith("_id") and name not in READABLE and name not in _DEPARTMENTS):
        return "number"
    if legal_codes(kind, name):
        return "code"
    found = field_kinds(kind).get(name, "text")
    return "dept" if found == "text" and name.endswith(_DEPARTMENTS) else found


def number_kind(name: str) -> str:
    """The kind of thing that a number counts: visits, orders, bills; what an id of no known kind counts is itself."""
    return NUMBERS.get(name, name.removesuffix("_id"))


@cache
def hint(kind: type[msgspec.Struct], name: str) -> Any:
    """The type of a field, its None left out."""
    found = get_type_hints(kind, include_extras=True)[name]
    if get_origin(found) not in (Union, UnionType):
        return found
    return next(each for each in get_args(found) if each is not type(None))
