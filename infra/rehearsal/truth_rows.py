"""All rows that must come out of what was told."""

from __future__ import annotations

from infra.rehearsal.truth import Row, World
from infra.rehearsal.truth_appointments import appointment_rows
from infra.rehearsal.truth_care import care_rows
from infra.rehearsal.truth_exams import exam_order_rows
from infra.rehearsal.truth_patients import patient_rows
from infra.rehearsal.truth_reported import bed_rows
from infra.rehearsal.truth_subjects import subject_rows
from infra.rehearsal.truth_visits import visit_rows


def truth_rows(world: World) -> list[Row]:
    """Every stage's rows."""
    return [
        *visit_rows(world),
        *subject_rows(world),
        *exam_order_rows(world),
        *care_rows(world),
        *bed_rows(world),
        *appointment_rows(world),
        *patient_rows(world),
    ]
