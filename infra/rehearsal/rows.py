"""Writes the rows of systems whose words are a database's: one row a stay or complaint, changed as it goes on."""

from __future__ import annotations

from typing import Any

import psycopg

from infra.rehearsal.facts import Told
from infra.rehearsal.segments import iso
from infra.rehearsal.sources import ED, SERVICE, WARD

# Source → its table, and the column by which a row is known.
_TABLES = {
    ED: ("ed_stays", "visit_id"), WARD: ("inpatient_stays", "visit_id"), SERVICE: ("complaints", "complaint_id"),
}  # fmt: skip
# Fact → the columns it fills: its time, and fields of the fact.
_COLUMNS: dict[str, tuple[str, dict[str, str]]] = {
    "ed.arrived": ("arrived_at", {"arrival_mode": "arrival_mode"}),
    "triage.completed": ("triaged_at", {"acuity": "acuity"}),
    "ed.seen": ("seen_at", {"doctor_id": "doctor_id"}),
    "ed.resus_entered": ("location_from", {"location": "location_id"}),
    "ed.resus_left": ("location_to", {"location": "location_id"}),
    "ed.disposition_decided": ("decided_at", {"decision": "decision"}),
    "ed.departed": ("departed_at", {"disposition": "disposition"}),
    "inpatient.admitted": ("admitted_at", {"ward": "ward"}),
    "inpatient.discharge_ordered": ("discharge_ordered_at", {}),
    "inpatient.settled": ("settled_at", {"settle_place": "settle_place"}),
    "inpatient.discharged": ("discharged_at", {"ward": "ward", "disposition": "disposition"}),
    "complaint.received": ("received_at", {name: name for name in ("channel", "category", "dept_code", "multi_dept")}),
    "complaint.assigned": ("assigned_at", {}),
    "complaint.responded": ("responded_at", {}),
    "complaint.resolved": ("resolved_at", {"outcome": "outcome"}),
}


def place_of(told: Told) -> tuple[str, str, str]:
    """Of the row that a telling changes: its table, the column by which it is known, and that column's value."""
    table, key = _TABLES[told.source]
    return table, key, told.fields.get(key, told.visit)


def columns_of(told: Told) -> dict[str, Any]:
    """The columns that a telling sets."""
    time_column, others = _COLUMNS[told.kind]
    return {time_column: iso(told.at), **{column: told.fields.get(name) for column, name in others.items()}}


def write_row(hospital: psycopg.Connection[tuple[object, ...]], told: Told) -> None:
    """Insert or change the row of a stay or complaint; its version grows."""
    table, key, number = place_of(told)
    values = {"src_pk": number, key: number, **columns_of(told)}
    names = list(values)
    changes = ", ".join(f"{name} = excluded.{name}" for name in names if name not in ("src_pk", key))
    statement = (
        f"insert into {table} ({', '.join(names)}) values ({', '.join(['%s'] * len(names))}) "
        f"on conflict (src_pk) do update set row_ver = nextval('row_versions'), {changes}"
    )
    hospital.execute(statement, list(values.values()))
