"""Inpatient events 住院: from the admission request to the settlement; nurse calls (specification 5.10)."""

from typing import Literal

from ingest.events.codes import Amount, Day, UtcMs
from ingest.events.envelope import Event, PatientArrival


class CallEvent(Event, frozen=True, kw_only=True):
    """An event of a nurse call."""

    subject = "call_id"

    call_id: str | None = None


class AdmissionRequested(Event, frozen=True, kw_only=True, tag="admission.requested"):
    """A bed was asked for."""

    subject = "request_id"
    natural_key = ("request_id",)
    expected = ("request_id", "patient_id", "target_dept")
    title = ("开住院证", "Admission requested")

    request_id: str | None = None
    from_visit_id: str | None = None
    target_dept: str | None = None
    urgency: str | None = None
    wanted_date: Day | None = None


class InpatientAdmitted(PatientArrival, frozen=True, kw_only=True, tag="inpatient.admitted"):
    """A patient was admitted."""

    subject = "visit_id"
    natural_key = ("visit_id",)
    expected = ("visit_id", "ward", "dept")
    title = ("入院", "Admitted")

    request_id: str | None = None
    ward: str | None = None
    dept: str | None = None
    admit_source: str | None = None


class InpatientTransferred(Event, frozen=True, kw_only=True, tag="inpatient.transferred"):
    """A patient moved to another ward or bed."""

    subject = "visit_id"
    natural_key = ("visit_id", "t")
    expected = ("visit_id", "from_location", "to_location")
    title = ("转科/转床", "Transferred")

    from_location: str | None = None
    to_location: str | None = None


class InpatientDischargeOrdered(Event, frozen=True, kw_only=True, tag="inpatient.discharge_ordered"):
    """A doctor ordered the discharge."""

    subject = "visit_id"
    natural_key = ("visit_id",)
    expected = ("visit_id",)
    title = ("出院医嘱", "Discharge ordered")

    planned_at: UtcMs | None = None


class InpatientDischarged(Event, frozen=True, kw_only=True, tag="inpatient.discharged"):
    """A patient left the ward for good."""

    subject = "visit_id"
    natural_key = ("visit_id",)
    expected = ("visit_id", "disposition", "ward")
    title = ("出院", "Discharged")

    disposition: str | None = None
    ward: str | None = None


class InpatientSettled(Event, frozen=True, kw_only=True, tag="inpatient.settled"):
    """The stay was paid for."""

    subject = "visit_id"
    natural_key = ("settlement_id",)
    expected = ("visit_id", "settlement_id", "settle_place", "amount")
    title = ("出院结算", "Inpatient settled")

    settlement_id: str | None = None
    settle_place: Literal["bedside", "window", "mobile"] | None = None
    amount: Amount | None = None


class NursecallRaised(CallEvent, frozen=True, kw_only=True, tag="nursecall.raised"):
    """A patient called for a nurse."""

    natural_key = ("call_id",)
    expected = ("call_id", "ward", "bed")
    title = ("护理呼叫", "Nurse call raised")

    ward: str | None = None
    bed: str | None = None
    kind: str | None = None


class NursecallAnswered(CallEvent, frozen=True, kw_only=True, tag="nursecall.answered"):
    """A nurse answered a call."""

    natural_key = ("call_id",)
    expected = ("call_id",)
    title = ("呼叫应答", "Nurse call answered")

    nurse_id: str | None = None
