"""Consultation events 接诊: when a doctor sees a patient (specification 5.5)."""

from typing import Literal

from ingest.events.envelope import Event

Outcome = Literal["done", "ordered_tests", "admitted", "referred", "to_ed"]


class ConsultationStarted(Event, frozen=True, kw_only=True, tag="consultation.started"):
    """A doctor began to see the patient."""

    subject = "visit_id"
    natural_key = ("visit_id", "consultation_seq|t")
    expected = ("visit_id", "consultation_seq", "doctor_id", "dept_code", "mode")
    title = ("接诊开始", "Consultation started")

    consultation_seq: int | None = None
    doctor_id: str | None = None
    dept_code: str | None = None
    room_id: str | None = None
    mode: Literal["onsite", "online"] | None = None


class ConsultationEnded(Event, frozen=True, kw_only=True, tag="consultation.ended"):
    """A doctor finished with the patient."""

    subject = "visit_id"
    natural_key = ("visit_id", "consultation_seq|t")
    expected = ("visit_id", "consultation_seq")
    title = ("接诊结束", "Consultation ended")

    consultation_seq: int | None = None
    outcome: Outcome | None = None
    end_imputed: bool | None = None
