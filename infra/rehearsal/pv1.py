"""PV1, the segment that says which visit a message is about, and how far the sender knows it."""

from __future__ import annotations

from collections.abc import Mapping

from infra.rehearsal.facts import Told
from infra.rehearsal.segments import segment

_CLASS = {"outpatient": "O", "emergency": "E", "health_check": "H"}
_BY_NUMBER = {"E": "E", "I": "I"}  # the first letter of a visit's number


def visit(told: Told, given: Mapping[int, object] | None = None) -> str:
    """PV1 with the visit's number, where the system knows it."""
    dept = told.fields.get("dept_code") or told.fields.get("ordering_dept") or told.fields.get("assigned_dept")
    letter = _CLASS.get(str(told.fields.get("visit_class", "")), _BY_NUMBER.get(told.visit[:1], "O"))
    return segment("PV1", {1: 1, 2: letter, 3: dept, 19: told.visit, **(given or {})})
