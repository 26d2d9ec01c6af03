"""Writes the emergency department's rows: one row a stay, changed as the stay goes on, as such systems do."""

from __future__ import annotations

from typing import Any

import psycopg

from infra.rehearsal.facts import Told
from infra.rehearsal.segments import timestamp

# Fact → the columns it fills: its time, and fields of the fact.
_COLUMNS: dict[str, tuple[str, dict[str, str]]] = {
    "ed.arrived": ("arrived_at", {"arrival_mode": "arrival_mode"}),
    "triage.completed": ("triaged_at", {"acuity": "acuity"}),
    "ed.seen": ("seen_at", {"doctor_id": "doctor_id"}),
    "ed.disposition_decided": ("decided_at", {"decision": "decision"}),
    "ed.departed": ("departed_at", {"disposition": "disposition"}),
}


def columns_of(told: Told) -> dict[str, Any]:
    """The columns that a telling sets."""
    time_column, others = _COLUMNS[told.kind]
    return {time_column: _iso(told.at), **{column: told.fields.get(name) for column, name in others.items()}}


def write_row(hospital: psycopg.Connection[tuple[object, ...]], told: Told) -> None:
    """Insert or change the stay's row; its version grows."""
    values = {"src_pk": told.visit, "visit_id": told.visit, **columns_of(told)}
    names = list(values)
    changes = ", ".join(f"{name} = excluded.{name}" for name in names if name not in ("src_pk", "visit_id"))
    statement = (
        f"insert into ed_stays ({', '.join(names)}) values ({', '.join(['%s'] * len(names))}) "
        f"on conflict (src_pk) do update set row_ver = nextval('row_versions'), {changes}"
    )
    hospital.execute(statement, list(values.values()))


def _iso(ms: int) -> str:
    text = timestamp(ms)
    fraction = text[14:]
    return f"{text[:4]}-{text[4:6]}-{text[6:8]} {text[8:10]}:{text[10:12]}:{text[12:14]}{fraction}+08:00"
