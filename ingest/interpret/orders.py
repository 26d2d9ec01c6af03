"""Orders: ORM^O01, OML^O21, OMG^O19, OMI^O23. Each ORC opens a group: an order and what was asked for (OBR).

An order's number is the placer's (ORC-2, OBR-2), else the filler's (ORC-3, OBR-3).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ingest.errors import Ignored, Malformed
from ingest.events.envelope import Event
from ingest.events.orders import ExamBooked, ExamCompleted, ExamStarted, OrderCancelled, OrderPlaced
from ingest.interpret.codes import EXAM_CATEGORIES
from ingest.interpret.corrections import tell_corrected
from ingest.interpret.hl7 import Segment
from ingest.interpret.numbering import order_given
from ingest.interpret.reading import Reading, When

_LAB_MESSAGES = ("OML",)
_CANCEL = ("CA", "DC", "OC")
_STATUS: dict[str, type[Event]] = {"SC": ExamBooked, "IP": ExamStarted, "CM": ExamCompleted}  # table 0038


class Group:
    """One ORC and the segments that follow it."""

    def __init__(self, orc: Segment | None = None) -> None:
        self.orc = orc
        self.following: list[Segment] = []

    def first(self, name: str) -> Segment | None:
        """The first segment of that name in the group."""
        return next((s for s in self.following if s.name == name), None)

    def all(self, name: str) -> list[Segment]:
        """All segments of that name in the group."""
        return [s for s in self.following if s.name == name]


def groups(reading: Reading, *openers: str) -> Iterator[Group]:
    """The order groups of a message. A group opens at an ORC, and at a further `opener` where the ORC is left out."""
    group: Group | None = None
    for segment in reading.message:
        if segment.name == "ORC" or (segment.name in openers and (group is None or group.first(segment.name))):
            if group:
                yield group
            group = Group(segment if segment.name == "ORC" else group.orc if group else None)
        if group and segment.name != "ORC":
            group.following.append(segment)
    if group:
        yield group


def order_number(reading: Reading, group: Group) -> str | None:
    """The pseudonym of the group's order: placer's number first, filler's else."""
    obr = group.first("OBR")
    at = order_given(reading, group.orc, obr)
    for segment, field in ((group.orc, 2), (obr, 2), (group.orc, 3), (obr, 3)):
        if segment and (found := reading.entity("order", segment, field, at=at)):
            return found
    return None


def interpret_order(reading: Reading, _trigger: str) -> None:
    """Tell the events of an order message."""
    for group in groups(reading, "OBR"):
        if group.orc:
            _order(reading, group, group.orc)
    if not reading.events:
        raise Ignored("order control without a fact")


def _order(reading: Reading, group: Group, orc: Segment) -> None:
    control = orc.value(1).upper()
    status = _STATUS.get(orc.value(5).upper()) if control == "SC" else None
    if control not in ("NW", "XO", *_CANCEL) and status is None:
        return
    order_id = order_number(reading, group)
    if order_id is None:
        raise Malformed("missing subject: ORC-2")
    occurred = reading.when((orc, 9), ("EVN", 6), ("EVN", 2), ("MSH", 7))
    if control in _CANCEL:
        at, flags = occurred
        reading.tell(OrderCancelled, at, flags=flags, order_id=order_id, reason_code=_reason(orc))
    elif status:
        _step(reading, group, order_id, status, occurred)
    else:
        placed = _placed(reading, group, orc, order_id, occurred, corrected=control == "XO")
        if control == "XO":
            tell_corrected(reading, placed, occurred)


def _placed(reading: Reading, group: Group, orc: Segment, order_id: str, when: When, *, corrected: bool) -> Event:
    obr, tq1 = group.first("OBR"), group.first("TQ1")
    section = obr.value(24) if obr else ""
    category = category_of(reading, section) or ("lab" if _is_laboratory(reading) else None)
    # An amended order was placed when it was placed: ORC-15 (when the order takes effect) if told.
    effective = reading.at(orc, 15) if corrected else None
    occurred, flags = (effective, ("occurred_from:ORC-15",)) if effective else when
    return reading.tell(
        OrderPlaced,
        occurred,
        flags=flags,
        coded={"priority": (tq1.value(9) if tq1 else "") or (obr.value(5) if obr else "") or orc.value(7, 6)},
        order_id=order_id,
        filler_id=reading.entity("order", orc, 3, at=order_given(reading, orc, obr)),
        category=category,
        modality=section if category in EXAM_CATEGORIES else None,
        item_code=obr.value(4) if obr else None,
        ordering_dept=reading.dept(orc.value(17)) or reading.visit_dept(),
        doctor_id=reading.staff(orc.value(12)),
    )


def _step(reading: Reading, group: Group, order_id: str, kind: type[Event], when: When) -> None:
    """ORC-1=SC: the examination was booked, started or completed (ORC-5)."""
    occurred, flags = when
    obr = group.first("OBR")
    told: dict[str, Any] = {}
    if kind is ExamBooked:
        told["scheduled_start"] = reading.ms(obr, 36)
    if kind is not ExamCompleted and obr:
        told["modality"] = obr.value(24)
        told["device_id"] = obr.value(21)
    if kind is ExamStarted and obr:
        told["operator_id"] = reading.staff(obr.value(34))
    reading.tell(kind, occurred, flags=flags, order_id=order_id, **told)


def category_of(reading: Reading, section: str) -> str | None:
    """Our category of a diagnostic service section (OBR-24)."""
    return reading.code(OrderPlaced, "category", section)[0] if section else None


def _is_laboratory(reading: Reading) -> bool:
    return reading.message.get("MSH", 9) in _LAB_MESSAGES


def _reason(orc: Segment) -> str | None:
    """ORC-16.1: a code, never its text."""
    code = orc.value(16)
    return code if code.isalnum() and len(code) <= 16 else None
