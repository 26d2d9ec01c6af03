"""Registration events 挂号报到分诊: a visit from its registration to the end of triage (specification 5.3)."""

from typing import Literal

from ingest.events.codes import Amount, Day
from ingest.events.envelope import Event, PatientArrival


class RegistrationCreated(PatientArrival, frozen=True, kw_only=True, tag="registration.created"):
    """A visit was registered, perhaps days ahead; only a check-in starts a wait."""

    subject = "visit_id"
    natural_key = ("visit_id",)
    expected = ("visit_id", "visit_class", "dept_code", "channel", "planned_date")
    title = ("挂号", "Registered")

    session_id: str | None = None
    visit_class: Literal["outpatient", "emergency", "health_check"] | None = None
    appointment_id: str | None = None
    register_no: str | None = None
    dept_code: str | None = None
    doctor_id: str | None = None
    visit_kind: str | None = None
    channel: str | None = None
    is_add: bool | None = None
    fee_amount: Amount | None = None
    planned_date: Day | None = None  # decides the business day


class RegistrationRefunded(Event, frozen=True, kw_only=True, tag="registration.refunded"):
    """A registration was given back."""

    subject = "visit_id"
    natural_key = ("visit_id",)
    expected = ("visit_id", "amount", "initiator")
    title = ("退号", "Registration refunded")

    amount: Amount | None = None
    initiator: str | None = None
    reason_code: str | None = None
    before_check_in: bool | None = None


class PatientCheckedIn(Event, frozen=True, kw_only=True, tag="patient.checked_in"):
    """The patient reported: the wait begins."""

    subject = "visit_id"
    natural_key = ("visit_id", "point", "dept_code", "appointment_id|order_id")
    expected = ("visit_id", "point", "dept_code")
    title = ("报到", "Checked in")

    appointment_id: str | None = None
    point: Literal["clinic", "exam", "ward", "ed"] | None = None
    method: Literal["desk", "kiosk", "app_geofence", "qr", "face"] | None = None
    dept_code: str | None = None
    order_id: str | None = None  # check-ins for an examination


class TriageCompleted(Event, frozen=True, kw_only=True, tag="triage.completed"):
    """A nurse assigned a department and an urgency."""

    subject = "visit_id"
    natural_key = ("visit_id", "triage_seq|t")
    expected = ("visit_id", "assigned_dept")
    title = ("分诊", "Triaged")

    acuity: Literal["1", "2", "3", "4"] | None = None
    assigned_dept: str | None = None
    assigned_queue_id: str | None = None
    nurse_id: str | None = None
    triage_seq: int | None = None


class VisitCancelled(Event, frozen=True, kw_only=True, tag="visit.cancelled"):
    """A visit was voided: it leaves every visit measure."""

    subject = "visit_id"
    natural_key = ("visit_id",)
    expected = ("visit_id",)
    title = ("就诊作废", "Visit cancelled")

    reason: str | None = None  # a code, never text
