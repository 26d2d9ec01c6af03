"""Queues: the local message ZQN^Z01 and its ZQU segments, one per step of a ticket."""

from __future__ import annotations

from typing import Any

from ingest.errors import Malformed
from ingest.events.envelope import Event
from ingest.events.queue import (
    QueueCalled,
    QueueCompleted,
    QueueJoined,
    QueueLeft,
    QueueMissed,
    QueueRecalled,
    QueueRequeued,
    QueueServed,
)
from ingest.interpret.hl7 import Segment
from ingest.interpret.reading import Reading

STEPS: dict[str, type[Event]] = {
    "JOIN": QueueJoined,
    "CALL": QueueCalled,
    "RECALL": QueueRecalled,
    "MISS": QueueMissed,
    "REQUEUE": QueueRequeued,
    "SERVE": QueueServed,
    "DONE": QueueCompleted,
    "LEAVE": QueueLeft,
}
# What a ticket of a service point refers to: the number itself does not say.
REFERS_TO = {"cashier": "bill", "pharmacy": "prescription", "registration": "visit"}


def interpret_queue(reading: Reading, _trigger: str) -> None:
    """ZQN^Z01: its ZQU segments are told by `tell_ticket`."""
    if not reading.message.segments("ZQU"):
        raise Malformed("missing segment: ZQU")


def tell_ticket(reading: Reading, zqu: Segment) -> None:
    """One step of a ticket."""
    kind = STEPS.get(zqu.value(2).upper())
    if kind is None:
        raise Malformed("illegal code: ZQU-2")
    occurred, flags = reading.noted(zqu, 9)
    point, _ = reading.code(kind, "service_point_type", zqu.value(5))
    refers_to = REFERS_TO.get(point or "", "order")
    references = (reading.entity(refers_to, zqu, 13, n, at=occurred) for n in range(1, zqu.count(13) + 1))
    coded = {"service_point_type": zqu.value(5)}
    told: dict[str, Any] = {}
    if kind is QueueJoined:
        coded["priority"] = zqu.value(11)
    elif kind is QueueRequeued:
        coded["reason"] = zqu.value(14)
    elif kind in (QueueCalled, QueueRecalled, QueueMissed):
        told["call_seq"] = reading.number(zqu.value(10), "ZQU-10")
    elif kind is QueueCompleted:
        told["closed_by"] = "auto" if zqu.value(14).upper() == "AUTO" else "staff"
    elif kind is QueueLeft:
        told["basis"] = "source"
    if kind in (QueueCalled, QueueRecalled, QueueMissed, QueueServed, QueueCompleted):
        told["window_id"] = room_of(zqu, 7)
    if kind in (QueueCalled, QueueServed):
        told["staff_id"] = reading.staff(zqu.value(8))
    reading.tell(
        kind,
        occurred,
        flags=flags,
        coded=coded,
        ticket_id=reading.ticket(zqu.value(3), zqu.value(6), occurred, zqu.value(3, 2)),
        ticket_no=zqu.value(4),
        queue_id=zqu.value(6),
        dept_code=reading.dept(zqu.value(7)) if zqu.value(7, 2) else reading.visit_dept(),
        ref_ids=tuple(r for r in references if r),
        **told,
    )


def room_of(segment: Segment, field: int) -> str:
    """A window or room in a PL field: its room (PL.2), else its first component."""
    return segment.value(field, 2) or segment.value(field)
