"""Follow-up events 随访慢病: calls after discharge and chronic disease programmes (specification 5.11)."""

from typing import Literal

from ingest.events.codes import Day
from ingest.events.envelope import Event

Kind = Literal["post_discharge", "inpatient_day0", "inpatient_day7", "chronic", "outpatient"]
Outcome = Literal["reached", "no_answer", "refused", "wrong_number", "died"]
Disease = Literal["hypertension", "diabetes", "copd", "ckd", "stroke", "other"]


class FollowupEvent(Event, frozen=True, kw_only=True):
    """An event of a follow-up."""

    subject = "followup_id"

    followup_id: str | None = None


class FollowupScheduled(FollowupEvent, frozen=True, kw_only=True, tag="followup.scheduled"):
    """A follow-up is due."""

    natural_key = ("followup_id",)
    expected = ("followup_id", "patient_id", "kind", "due_date")
    title = ("随访计划", "Follow-up scheduled")

    kind: Kind | None = None
    due_date: Day | None = None
    programme: str | None = None


class FollowupCompleted(FollowupEvent, frozen=True, kw_only=True, tag="followup.completed"):
    """A follow-up was tried; the outcome says how it went."""

    natural_key = ("followup_id", "t")
    expected = ("followup_id", "patient_id", "outcome", "medium")
    title = ("随访完成", "Follow-up attempted")

    outcome: Outcome | None = None
    medium: Literal["phone", "visit", "app", "wechat"] | None = None
    positive: bool | None = None


class ChronicEnrolled(Event, frozen=True, kw_only=True, tag="chronic.enrolled"):
    """A patient entered a chronic disease programme."""

    subject = "patient_id"
    natural_key = ("programme_id", "patient_id")
    expected = ("programme_id", "patient_id", "disease")
    title = ("慢病建档", "Enrolled in a programme")

    programme_id: str | None = None
    disease: Disease | None = None
    level: str | None = None
