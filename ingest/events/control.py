"""Identity and control events 标识与控制: merges, moves, corrections, heartbeats (specification 5.13)."""

from typing import Literal

from ingest.events.codes import Day, UtcMs
from ingest.events.envelope import Event, Part


class PatientMerged(Event, frozen=True, kw_only=True, tag="patient.merged"):
    """Two records are one patient: the prior one is the surviving one."""

    subject = "surviving_patient_id"
    natural_key = ("prior_patient_id", "surviving_patient_id")
    expected = ("surviving_patient_id", "prior_patient_id", "scope")
    title = ("患者合并", "Patients merged")
    broadcast = True

    surviving_patient_id: str | None = None
    prior_patient_id: str | None = None
    scope: Literal["patient", "account", "visit"] | None = None


class VisitMoved(Event, frozen=True, kw_only=True, tag="visit.moved"):
    """Everything under the prior visit number belongs to this visit."""

    subject = "visit_id"
    natural_key = ("visit_id", "prior_visit_id", "t")
    expected = ("visit_id", "prior_visit_id", "to_patient_id")
    title = ("就诊号改挂", "Visit moved")
    broadcast = True

    prior_visit_id: str | None = None
    from_patient_id: str | None = None
    to_patient_id: str | None = None


class RecordCorrected(Event, frozen=True, kw_only=True, tag="record.corrected"):
    """Evidence that a person corrected something; the correction itself is a new revision."""

    subject = "corrected_subject"
    natural_key = ("corrected_event_id", "corrected_revision")
    expected = ("corrected_event_id", "changed")
    title = ("更正", "Record corrected")

    corrected_subject: str | None = None  # the Kafka key of the corrected event
    corrected_revision: str | None = None
    corrected_event_id: str | None = None
    changed: dict[str, tuple[str | None, str | None]] = {}  # field → (old, new): codes and times only
    effective_at: UtcMs | None = None


class FeedHeartbeat(Event, frozen=True, kw_only=True, tag="feed.heartbeat"):
    """A connector is alive, and so far it has heard."""

    subject = "source_system"
    natural_key = ("source_system", "t")
    expected = ("last_source_ts", "lag_s")
    title = ("心跳", "Heartbeat")
    broadcast = True

    feed: str | None = None  # the name in the site file
    last_source_ts: UtcMs | None = None  # the newest occurred_at heard
    lag_s: int | None = None  # how old the newest thing heard is, seconds
    compared_at: UtcMs | None = None  # when it was last compared with the HIS, and …
    residual: int | None = None  # … how many rows did not agree then
    kept_bytes: int | None = None  # log that the HIS keeps because this feed has not read it yet


class DepartmentCount(Part, frozen=True, kw_only=True):
    """Rows of a department's day: what the HIS has, what is held here, and why that is not the same."""

    dept_code: str
    declared_count: int
    received_count: int
    why: dict[str, int] = {}  # missing, unversioned, refused; gone: told, and no longer there


class FeedBatchClosed(Event, frozen=True, kw_only=True, tag="feed.batch_closed"):
    """A batch of a feed is complete; or a day of a view was compared with the HIS, which then names its `view`."""

    subject = "source_system"
    natural_key = ("source_system", "batch_id")
    expected = ("batch_id", "received_count", "business_date")
    title = ("批次完成", "Batch closed")
    broadcast = True

    feed: str | None = None  # the name in the site file
    batch_id: str | None = None
    declared_count: int | None = None
    received_count: int | None = None
    business_date: Day | None = None
    view: str | None = None  # of a reconciliation
    told_type: str | None = None  # the event type that each row of the view tells once, if there is one
    departments: tuple[DepartmentCount, ...] = ()
