"""Queue and call events 排队叫号: one ticket from joining to completion (specification 5.4)."""

from typing import Literal

from ingest.events.envelope import Event

ServicePointType = Literal[
    "clinic", "registration", "cashier", "pharmacy", "phlebotomy", "ultrasound", "imaging", "service_desk"
]
Priority = Literal["normal", "elderly", "disabled", "child", "urgent", "return"]
RequeueReason = Literal["missed_return", "priority", "return_with_results", "transfer"]


class QueueEvent(Event, frozen=True, kw_only=True):
    """What every queue event says about its ticket."""

    subject = "ticket_id"

    ticket_id: str | None = None
    ticket_no: str | None = None
    queue_id: str | None = None
    service_point_type: ServicePointType | None = None
    dept_code: str | None = None
    ref_ids: tuple[str, ...] = ()


_TICKET = ("ticket_id", "ticket_no", "queue_id", "service_point_type")


class QueueJoined(QueueEvent, frozen=True, kw_only=True, tag="queue.joined"):
    """A ticket was taken: the wait begins."""

    natural_key = ("ticket_id",)
    expected = _TICKET
    title = ("取号入队", "Queue joined")

    priority: Priority | None = None
    position: int | None = None


class QueueCalled(QueueEvent, frozen=True, kw_only=True, tag="queue.called"):
    """The ticket was called to a window or room."""

    natural_key = ("ticket_id", "call_seq|t")
    expected = (*_TICKET, "window_id", "call_seq")
    title = ("叫号", "Queue called")

    window_id: str | None = None
    staff_id: str | None = None
    call_seq: int | None = None
