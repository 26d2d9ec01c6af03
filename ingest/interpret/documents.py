"""Documents: MDM^T01–T11, as far as they are reports of something ordered.

A document belongs to an order by its OBR, else by TXA-14 and TXA-15; without one it is none of our business. TXA-17 is
how far it is: authenticated is issued, less is preliminary. When: its authentication (TXA-22.15), OBR-22, TXA-8, TXA-6.
An addendum, an edit or a replacement is the report's second issue. What it says (OBX) is not read.
"""

from __future__ import annotations

from ingest.errors import Ignored
from ingest.events.envelope import Instant
from ingest.events.orders import ReportIssued
from ingest.interpret.codes import report_version
from ingest.interpret.hl7 import Segment
from ingest.interpret.orders import Group, category_of, groups, order_number
from ingest.interpret.reading import Reading, When
from ingest.interpret.results import filler_number

_STATUS = {**dict.fromkeys(("AU", "LA"), "final"), **dict.fromkeys(("DO", "IP", "IN", "PA"), "preliminary")}
_ADDED, _CHANGED, _CANCELLED = ("T05", "T06"), ("T07", "T08", "T09", "T10"), "T11"


def interpret_document(reading: Reading, trigger: str) -> None:
    """Tell the report that a document is. Raises Ignored for a document of no order."""
    txa = reading.message.segment("TXA")
    status = _status(txa, trigger) if txa else None
    if txa is None or status is None:
        raise Ignored("document without a state")
    asked: list[Group | None] = [group for group in groups(reading, "OBR") if group.first("OBR")]
    for group in asked or [None]:
        _report(reading, txa, group, status)
    if not reading.events:
        raise Ignored("document of no order")


def _status(txa: Segment, trigger: str) -> str | None:
    found = _STATUS.get(txa.value(17).upper())
    if trigger == _CANCELLED:
        return "cancelled"
    if found == "final":
        return "appended" if trigger in _ADDED else "corrected" if trigger in _CHANGED else found
    return found


def _report(reading: Reading, txa: Segment, group: Group | None, status: str) -> None:
    obr = group.first("OBR") if group else None
    occurred, flags = _issued(reading, txa, obr)
    order_id = (order_number(reading, group) if group else None) or _number(reading, "order", txa, (14, 15), occurred)
    if order_id is None:
        return
    report_id = filler_number(reading, "report", obr) if obr else None
    reading.tell(
        ReportIssued,
        occurred,
        flags=flags,
        report_id=report_id or _number(reading, "report", txa, (15, 14, 12), occurred),
        order_id=order_id,
        status=status,
        version=report_version(status, 2 if status == "appended" else None),
        category=category_of(reading, obr.value(24) if obr else ""),
        reporter_id=reading.staff(txa.value(22) or txa.value(9)),
    )


def _issued(reading: Reading, txa: Segment, obr: Segment | None) -> When:
    authenticated = reading.time(txa.value(22, 15), "TXA-22")
    if authenticated:
        return authenticated, ()
    places = ((obr, 22), (txa, 8), ("EVN", 6), (txa, 6), ("EVN", 2), ("MSH", 7))
    return reading.when(*(place for place in places if place[0] is not None))


def _number(reading: Reading, kind: str, txa: Segment, fields: tuple[int, ...], at: Instant) -> str | None:
    return next((found for field in fields if (found := reading.entity(kind, txa, field, at=at))), None)
