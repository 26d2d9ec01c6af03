"""Order events 医嘱检查检验: an order, its examination or specimens, and its reports (specification 5.6)."""

from typing import Literal

from ingest.events.codes import UtcMs
from ingest.events.envelope import Event

Category = Literal["lab", "imaging", "ultrasound", "endoscopy", "ecg", "pathology", "treatment", "consult"]
ReportStatus = Literal["preliminary", "final", "corrected", "appended", "cancelled"]


class OrderEvent(Event, frozen=True, kw_only=True):
    """An event of an order."""

    subject = "order_id"

    order_id: str | None = None


class OrderPlaced(OrderEvent, frozen=True, kw_only=True, tag="order.placed"):
    """A doctor ordered an examination, a laboratory test or a treatment."""

    natural_key = ("order_id",)
    expected = ("order_id", "visit_id", "category", "item_code", "priority", "ordering_dept", "doctor_id")
    title = ("开单", "Order placed")

    modality: str | None = None
    filler_id: str | None = None
    category: Category | None = None
    item_code: str | None = None
    priority: Literal["routine", "urgent", "stat"] | None = None
    performing_dept: str | None = None
    ordering_dept: str | None = None
    doctor_id: str | None = None


class OrderCancelled(OrderEvent, frozen=True, kw_only=True, tag="order.cancelled"):
    """An order was withdrawn."""

    natural_key = ("order_id",)
    expected = ("order_id", "visit_id")
    title = ("撤单", "Order cancelled")

    reason_code: str | None = None


class ExamBooked(OrderEvent, frozen=True, kw_only=True, tag="exam.booked"):
    """An examination got its time; a new booking is a new revision."""

    natural_key = ("order_id",)
    expected = ("order_id", "scheduled_start", "modality")
    title = ("检查预约", "Examination booked")

    appointment_id: str | None = None
    scheduled_start: UtcMs | None = None
    device_id: str | None = None
    modality: str | None = None
    by_patient_choice: bool | None = None


class ExamStarted(OrderEvent, frozen=True, kw_only=True, tag="exam.started"):
    """An examination began."""

    natural_key = ("order_id",)
    expected = ("order_id", "visit_id", "modality")
    title = ("检查开始", "Examination started")

    modality: str | None = None
    device_id: str | None = None
    operator_id: str | None = None


class ExamCompleted(OrderEvent, frozen=True, kw_only=True, tag="exam.completed"):
    """An examination ended."""

    natural_key = ("order_id",)
    expected = ("order_id", "visit_id")
    title = ("检查完成", "Examination completed")


class SpecimenCollected(OrderEvent, frozen=True, kw_only=True, tag="specimen.collected"):
    """A specimen was taken."""

    natural_key = ("order_id", "specimen_id")
    expected = ("order_id", "specimen_id", "visit_id")
    title = ("采样", "Specimen collected")

    specimen_id: str | None = None
    collector_id: str | None = None
    point: str | None = None


class SpecimenReceived(OrderEvent, frozen=True, kw_only=True, tag="specimen.received"):
    """A specimen reached the laboratory."""

    natural_key = ("order_id", "specimen_id")
    expected = ("order_id", "specimen_id", "visit_id")
    title = ("标本接收", "Specimen received")

    specimen_id: str | None = None
    rejected: bool | None = None
    reject_reason: str | None = None


class ReportIssued(OrderEvent, frozen=True, kw_only=True, tag="report.issued"):
    """A report was issued in one of its states."""

    natural_key = ("report_id", "version", "status")
    expected = ("report_id", "order_id", "visit_id", "status", "version", "category")
    title = ("报告发布", "Report issued")

    report_id: str | None = None
    status: ReportStatus | None = None
    version: int | None = None
    reporter_id: str | None = None
    verifier_id: str | None = None
    category: str | None = None


class CriticalValueRaised(OrderEvent, frozen=True, kw_only=True, tag="critical_value.raised"):
    """A result was found to be dangerous."""

    natural_key = ("critical_id",)
    expected = ("critical_id", "order_id", "item_code", "visit_id", "flag")
    title = ("危急值发现", "Critical value raised")

    specimen_id: str | None = None
    critical_id: str | None = None
    item_code: str | None = None
    flag: Literal["HH", "LL", "AA", "other"] | None = None


class CriticalValueAcknowledged(OrderEvent, frozen=True, kw_only=True, tag="critical_value.acknowledged"):
    """Somebody took charge of a dangerous result."""

    natural_key = ("critical_id",)
    expected = ("critical_id", "staff_id")
    title = ("危急值处置", "Critical value acknowledged")

    critical_id: str | None = None
    staff_id: str | None = None
    action_code: str | None = None
