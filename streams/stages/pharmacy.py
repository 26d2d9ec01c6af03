"""The pharmacy as the patient meets it: pharm_prep and rx_unclaimed (a row a prescription), pharm_pickup (a ticket).

They fold from the visit, because payment, prescription and ticket meet only there, but their rows are of
prescriptions and tickets: day = local date of the bucket, and a cancelled visit keeps them. Open rows are open until
session end (of the prescription's dept, else the ticket's, else the registration's) + 2 h.

Payment of a prescription (3.0 (25)): the first bill.paid with full_settlement of the bills whose ref_ids name it or
that it names; without any, of the drug bills of its visit created at or after its submission (the earliest such
payment). Refunded = a bill.refunded of that bill, at any time.

pharm_prep: payment → first dispensing.prepared of the prescription (part = prescription_id). Prepared without a
  payment: `missing_start`. Not prepared: `missing_end` when dispensed all the same; `cancelled` when the prescription
  was; `refunded` when the bill was; else open, later `missing_end`. Not paid: no row. Series `decoction` where the
  prescription says so. pharmacy and window: the preparation's, else the first dispensing's. rx_type = the
  prescription's.
pharm_pickup: one row a pharmacy ticket (part = ticket_id): first queue.joined of it → last dispensing.dispensed of
  the prescriptions that its ref_ids name; where it names none of the visit's prescriptions, last dispensing of the
  visit at or after joining. Series `missed` when the ticket was missed at least once. Ended by a delivery home:
  `home_delivery`. Not dispensed: `left` when the ticket left, else open, later `missing_end`. A visit without any
  pharmacy ticket: one row a prescription (part = prescription_id) from its payment → its last dispensing, series and
  flag `no_ticket`; dispensed without payment `missing_start`; not dispensed: `cancelled`, `refunded`, else open,
  later `missing_end`; neither: no row. pharmacy, window: the dispensing's. rx_type: that of the prescription last
  dispensed (or waited for without ticket). patient_group = the visit's.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from streams.house import HouseRules
from streams.stages.guards import UNKNOWN, finished, left_out, waiting
from streams.stages.stage import Stage, StageRow
from streams.story import Fact, Story
from streams.visit import patient

SCOPE = "visit"
READS = {
    "registration.created",
    "ed.arrived",
    "inpatient.admitted",
    "bill.created",
    "bill.paid",
    "bill.refunded",
    "prescription.submitted",
    "prescription.cancelled",
    "dispensing.prepared",
    "dispensing.dispensed",
    "queue.joined",
    "queue.missed",
    "queue.left",
}
_DIMS = ("pharmacy", "window", "rx_type")

PHARM_PREP = Stage(code="pharm_prep", zh="调配", en="Preparation of medicines", scope="visit", dims=_DIMS)
PHARM_PICKUP = Stage(
    code="pharm_pickup", zh="取药等候", en="Wait for medicines", scope="visit", dims=(*_DIMS, "patient_group")
)
RX_UNCLAIMED = Stage(
    code="rx_unclaimed", zh="已缴费未取药", en="Paid and not collected", scope="visit", kind="due", bucket="start",
    ceiling_s=None, overdue_counts=True, dims=("pharmacy", "dept"),
)  # fmt: skip
STAGES = (PHARM_PREP, PHARM_PICKUP, RX_UNCLAIMED)


def rows(story: Story, house: HouseRules) -> Iterator[StageRow]:
    """All rows of one visit."""
    tickets = [t for t in story.timed("queue.joined") if t.service_point_type == "pharmacy" and t.ticket_id]
    prescriptions = _prescriptions(story)
    if not tickets and not prescriptions:
        return
    registration = story.told("registration.created")
    registered = (registration and registration.dept_code) or ""
    for rx in prescriptions:
        yield from _prep(story, house, rx, registered)
        yield from _unclaimed(story, house, rx, registered)
        if not tickets:
            yield from _pickup_without_ticket(story, house, rx, registered)
    for ticket in tickets:
        yield _pickup(story, house, ticket, prescriptions, registered)


class _Prescription:
    """What the visit knows of one prescription."""

    __slots__ = ("cancelled", "dept", "dispensed", "id", "paid_at", "prepared", "refunded", "rx_type", "series")

    def __init__(self, story: Story, rx_id: str) -> None:
        submitted = next((s for s in story.all("prescription.submitted") if s.prescription_id == rx_id), None)
        self.id = rx_id
        self.rx_type = (submitted and submitted.rx_type) or UNKNOWN
        self.dept = (submitted and submitted.dept_code) or ""
        self.series = "decoction" if submitted is not None and submitted.decoction else ""
        self.prepared = next((p for p in story.timed("dispensing.prepared") if p.prescription_id == rx_id), None)
        self.dispensed = [d for d in story.timed("dispensing.dispensed") if d.prescription_id == rx_id]
        self.cancelled = any(c.prescription_id == rx_id for c in story.all("prescription.cancelled"))
        paid = _payment(story, rx_id, submitted)
        self.paid_at = paid.at if paid is not None else None
        self.refunded = paid is not None and any(r.bill_id == paid.bill_id for r in story.all("bill.refunded"))


def _prescriptions(story: Story) -> list[_Prescription]:
    names = ("prescription.submitted", "dispensing.prepared", "dispensing.dispensed")
    known = {fact.prescription_id for name in names for fact in story.all(name)}
    return [_Prescription(story, rx_id) for rx_id in sorted(rx for rx in known if rx)]


def _payment(story: Story, rx_id: str, submitted: Fact | None) -> Fact | None:
    """The payment that settled a prescription."""
    bills = {bill.bill_id for bill in story.all("bill.created") if rx_id in bill.ref_ids}
    if submitted is not None and submitted.bill_id:
        bills.add(submitted.bill_id)
    if not bills and submitted is not None and submitted.timed:
        bills = {
            bill.bill_id
            for bill in story.timed("bill.created")
            if bill.item_class == "drug" and bill.at >= submitted.at
        }
    return next((paid for paid in story.timed("bill.paid") if paid.full_settlement and paid.bill_id in bills), None)


def _place(dispensing: Fact | None, rx_type: str) -> tuple[str, str, str]:
    if dispensing is None:
        return (UNKNOWN, UNKNOWN, rx_type)
    return (dispensing.pharmacy_id or UNKNOWN, dispensing.window_id or UNKNOWN, rx_type)


def _group(story: Story) -> str:
    return patient(story)[0] or UNKNOWN


def _prep(story: Story, house: HouseRules, rx: _Prescription, registered: str) -> Iterator[StageRow]:
    end, series, part = rx.prepared, rx.series, rx.id
    dims = _place(end or (rx.dispensed[0] if rx.dispensed else None), rx.rx_type)
    if end is not None:
        if rx.paid_at is None:
            yield left_out(PHARM_PREP, house, story.id, "missing_start", dims, end=end.at, part=part, series=series)
        else:
            yield finished(PHARM_PREP, house, story.id, rx.paid_at, end.at, dims, part=part, series=series)
    elif rx.paid_at is not None:
        reason = "missing_end" if rx.dispensed else "cancelled" if rx.cancelled else "refunded" if rx.refunded else ""
        if reason:
            yield left_out(PHARM_PREP, house, story.id, reason, dims, start=rx.paid_at, part=part, series=series)
        else:
            until = house.session_closes_at(rx.dept or registered, rx.paid_at)
            yield waiting(PHARM_PREP, house, story.id, rx.paid_at, until, dims, part=part, series=series)


def _unclaimed(story: Story, house: HouseRules, rx: _Prescription, registered: str) -> Iterator[StageRow]:
    if rx.paid_at is None:
        return
    end = rx.dispensed[0] if rx.dispensed else None
    dims = ((end.pharmacy_id if end is not None else None) or UNKNOWN, rx.dept or registered or UNKNOWN)
    reason = "cancelled" if rx.cancelled else "refunded" if rx.refunded else ""
    if end is None and reason:
        yield left_out(RX_UNCLAIMED, house, story.id, reason, dims, start=rx.paid_at, part=rx.id)
        return
    too_late_at = house.end_of_next_day(rx.paid_at)
    if end is None:
        yield waiting(RX_UNCLAIMED, house, story.id, rx.paid_at, too_late_at, dims, part=rx.id)
        return
    reason = "home_delivery" if end.delivery == "home" else ""
    row = finished(RX_UNCLAIMED, house, story.id, rx.paid_at, end.at, dims, part=rx.id, excluded=reason)
    yield msgspec.structs.replace(row, num=end.at >= too_late_at)


def _pickup(
    story: Story, house: HouseRules, ticket: Fact, prescriptions: list[_Prescription], registered: str
) -> StageRow:
    part = ticket.ticket_id or ""
    named = {rx.id for rx in prescriptions if rx.id in ticket.ref_ids}
    dispensings = story.timed("dispensing.dispensed")
    ending = [d for d in dispensings if (d.prescription_id in named if named else d.at >= ticket.at)]
    missed = any(m.ticket_id == part for m in story.all("queue.missed"))
    series = "missed" if missed else ""
    end = ending[-1] if ending else None
    rx_type = next((rx.rx_type for rx in prescriptions if end is not None and rx.id == end.prescription_id), UNKNOWN)
    dims = (*_place(end, rx_type), _group(story))
    if end is not None:
        reason = "home_delivery" if end.delivery == "home" else ""
        return finished(
            PHARM_PICKUP, house, story.id, ticket.at, end.at, dims, part=part, series=series, excluded=reason
        )
    left = next((fact for fact in story.timed("queue.left") if fact.ticket_id == part), None)
    if left is not None:
        return left_out(
            PHARM_PICKUP, house, story.id, "left", dims, start=ticket.at, end=left.at, part=part, series=series
        )
    depts = [rx.dept for rx in prescriptions if rx.dept] + [ticket.dept_code or "", registered]
    until = house.session_closes_at(next((dept for dept in depts if dept), ""), ticket.at)
    return waiting(PHARM_PICKUP, house, story.id, ticket.at, until, dims, part=part, series=series)


def _pickup_without_ticket(story: Story, house: HouseRules, rx: _Prescription, registered: str) -> Iterator[StageRow]:
    end = rx.dispensed[-1] if rx.dispensed else None
    dims = (*_place(end, rx.rx_type), _group(story))
    part, series, flags = rx.id, "no_ticket", ("no_ticket",)
    start = rx.paid_at
    if end is not None and start is not None:
        reason = "home_delivery" if end.delivery == "home" else ""
        yield finished(
            PHARM_PICKUP, house, story.id, start, end.at, dims, part=part, series=series, excluded=reason, flags=flags
        )
        return
    if end is None and start is None:
        return
    reason = "missing_start" if start is None else "cancelled" if rx.cancelled else "refunded" if rx.refunded else ""
    ended = end.at if end is not None else None
    if reason or start is None:
        yield left_out(
            PHARM_PICKUP, house, story.id, reason, dims,
            start=start, end=ended, part=part, series=series, flags=flags,
        )  # fmt: skip
    else:
        until = house.session_closes_at(rx.dept or registered, start)
        yield waiting(PHARM_PICKUP, house, story.id, start, until, dims, part=part, series=series, flags=flags)
