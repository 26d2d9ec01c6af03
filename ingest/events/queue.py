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
    ticket_no: str | None = None  # as shown; not an identifier
    queue_id: str | None = None
    service_point_type: ServicePointType | None = None
    dept_code: str | None = None
    ref_ids: tuple[str, ...] = ()  # the orders, prescriptions or bills that the ticket is for


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
    title = ("叫号", "Called")

    window_id: str | None = None
    staff_id: str | None = None
    call_seq: int | None = None  # from 1


class QueueRecalled(QueueEvent, frozen=True, kw_only=True, tag="queue.recalled"):
    """The ticket was called again."""

    natural_key = ("ticket_id", "call_seq|t")
    expected = (*_TICKET, "window_id", "call_seq")
    title = ("重呼", "Recalled")

    window_id: str | None = None
    call_seq: int | None = None  # from 1


class QueueMissed(QueueEvent, frozen=True, kw_only=True, tag="queue.missed"):
    """The ticket was called and nobody came."""

    natural_key = ("ticket_id", "call_seq|t")
    expected = _TICKET
    title = ("过号", "Missed")

    window_id: str | None = None
    call_seq: int | None = None  # from 1


class QueueRequeued(QueueEvent, frozen=True, kw_only=True, tag="queue.requeued"):
    """The ticket went back into the queue."""

    natural_key = ("ticket_id", "call_log_id|t")
    expected = (*_TICKET, "reason")
    title = ("过号重排/插队", "Requeued")

    call_log_id: str | None = None
    new_position: int | None = None
    reason: RequeueReason | None = None


class QueueServed(QueueEvent, frozen=True, kw_only=True, tag="queue.served"):
    """Service at the window began."""

    natural_key = ("ticket_id", "serve_seq|t")
    expected = (*_TICKET, "window_id")
    title = ("开始办理", "Served")

    serve_seq: int | None = None
    window_id: str | None = None
    staff_id: str | None = None


class QueueCompleted(QueueEvent, frozen=True, kw_only=True, tag="queue.completed"):
    """Service at the window ended."""

    natural_key = ("ticket_id", "serve_seq|t")
    expected = (*_TICKET, "window_id", "closed_by")
    title = ("办理完成", "Completed")

    serve_seq: int | None = None
    window_id: str | None = None
    closed_by: Literal["staff", "auto"] | None = None


class QueueLeft(QueueEvent, frozen=True, kw_only=True, tag="queue.left"):
    """The ticket was given up."""

    natural_key = ("ticket_id",)
    expected = (*_TICKET, "basis")
    title = ("离队/弃号", "Left the queue")

    basis: Literal["source", "derived"] | None = None
