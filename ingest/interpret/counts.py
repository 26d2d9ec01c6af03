"""Tells what a reconciliation found: a view's rows of a day in the HIS, what of them is held here, by department."""

from __future__ import annotations

import msgspec

from ingest.errors import Malformed
from ingest.events.control import DepartmentCount, FeedBatchClosed
from ingest.events.envelope import Event, Instant, Telling, assemble
from ingest.interpret.teller import Source, Teller

COUNTS = "application/vnd.hispulse.counts+json"


class Count(msgspec.Struct, frozen=True):
    """A department's count, by the name that the HIS has for it."""

    dept: str
    declared: int
    held: int
    why: dict[str, int] = {}


class Counts(msgspec.Struct, frozen=True):
    """The body of a raw message that tells a day of a view."""

    view: str
    day: str
    counts: list[Count]
    event_type: str = ""


_decoder = msgspec.json.Decoder(Counts)


def interpret_counts(body: bytes, source: Source, received_at: int, feed: str) -> list[Event]:
    """The event of a day that was compared. Raises Malformed."""
    try:
        told = _decoder.decode(body)
    except msgspec.DecodeError:
        raise Malformed("not a reconciliation: $") from None
    telling = Telling(
        facility_id=source.facility_id,
        source_system=source.source_system or feed,
        ingested_at=received_at,
        sent_at=received_at,
        mapping_version=source.mapping_version,
    )
    departments: dict[str, DepartmentCount] = {}
    for each in told.counts:
        code = Teller(source, telling).dept(each.dept) or ("?" if each.dept else "")
        departments[code] = _added(departments.get(code, _none(code)), each)
    return [
        assemble(
            FeedBatchClosed,
            telling,
            Instant(received_at, "ms", 0),
            feed=feed,
            batch_id=f"{told.view}:{told.day}",
            declared_count=sum(each.declared for each in told.counts),
            received_count=sum(each.held for each in told.counts),
            business_date=told.day,
            view=told.view,
            told_type=told.event_type,
            departments=tuple(departments[code] for code in sorted(departments)),
        )
    ]


def _none(code: str) -> DepartmentCount:
    return DepartmentCount(dept_code=code, declared_count=0, received_count=0)


def _added(known: DepartmentCount, each: Count) -> DepartmentCount:
    """Two names of the HIS may be one department of the site."""
    return DepartmentCount(
        dept_code=known.dept_code,
        declared_count=known.declared_count + each.declared,
        received_count=known.received_count + each.held,
        why={why: known.why.get(why, 0) + each.why.get(why, 0) for why in sorted({*known.why, *each.why})},
    )
