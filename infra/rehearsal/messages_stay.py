"""Messages about stays and people: a bed asked for, taken, changed and left; two numbers that are one patient."""

from __future__ import annotations

from infra.rehearsal.facts import Person, Told
from infra.rehearsal.pv1 import visit
from infra.rehearsal.segments import segment, timestamp


def requested(tells: list[Told], _: Person) -> tuple[str, list[str]]:
    """A bed is asked for; of an emergency patient this says too what was decided."""
    f = tells[0].fields
    return "ADT^A14", [visit(tells[0], {3: "ED", 5: f["request_id"], 42: f["target_dept"]})]


def admitted(tells: list[Told], _: Person) -> tuple[str, list[str]]:
    """A bed is taken."""
    told, f = tells[0], tells[0].fields
    pv1 = visit(told, {3: f["ward"], 5: f.get("request_id"), 10: f["dept"], 14: f["admit_source"],
                       18: f["patient_group"], 44: timestamp(told.at, told.source)})  # fmt: skip
    return "ADT^A01", [pv1]


def transferred(tells: list[Told], _: Person) -> tuple[str, list[str]]:
    """To another bed or ward."""
    f = tells[0].fields
    return "ADT^A02", [visit(tells[0], {3: f["to_location"], 6: f["from_location"]})]


def discharged(tells: list[Told], _: Person) -> tuple[str, list[str]]:
    """The bed is left."""
    told, f = tells[0], tells[0].fields
    return "ADT^A03", [visit(told, {3: f["ward"], 36: f["disposition"], 45: timestamp(told.at, told.source)})]


def merged(tells: list[Told], _: Person) -> tuple[str, list[str]]:
    """The patient of PID had another number."""
    return "ADT^A40", [segment("MRG", {1: f"{tells[0].fields['prior_patient_id']}^^^^MR"})]
