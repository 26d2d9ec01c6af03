"""How long an order for an examination takes: exam_order_report (large equipment), exam_booking.

A row an order, at the local date of its bucket. modality: the start's, else the booking's, else the order's.
patient_class = the class of the visit. Where the booking says that the patient wanted a later date: `patient_choice`.

exam_order_report (modality CT, MR, PET or DSA): order.placed → first final report. Reported, never placed:
  `missing_start`. No report: `cancelled` when the order was, else open for 14 days, later `missing_end`.
exam_booking (orders with an exam.booked): order.placed → the booking's scheduled_start. Never placed: `missing_start`;
  a booking that names no time: `missing_end`. None of these is ever open. device = the start's, dept = the order's,
  else that of the visit's registration.
"""

from __future__ import annotations

from collections.abc import Iterator

from streams.house import HouseRules
from streams.stages.guards import UNKNOWN, finished, left_out, waiting
from streams.stages.stage import Stage, StageRow
from streams.story import Story

SCOPE = "order"
READS = {"order.placed", "order.cancelled", "exam.booked", "exam.started", "report.issued"}
OPEN_MS = 14 * 24 * 3600 * 1000
_LARGE = frozenset({"CT", "MR", "PET", "DSA"})

ORDER_REPORT = Stage(
    code="exam_order_report", zh="大型检查开单到报告", en="Order to report, large equipment", scope="order",
    ceiling_s=None, dims=("modality", "patient_class"),
)  # fmt: skip
BOOKING = Stage(
    code="exam_booking", zh="检查预约等待", en="Order to scheduled examination", scope="order", ceiling_s=None,
    dims=("modality", "patient_class", "dept", "device"),
)  # fmt: skip
STAGES = (ORDER_REPORT, BOOKING)


def rows(story: Story, house: HouseRules) -> Iterator[StageRow]:
    """All rows of one order."""
    placed, booked, started = story.told("order.placed"), story.told("exam.booked"), story.first("exam.started")
    modality = next(
        (fact.modality for fact in (started, booked, placed) if fact is not None and fact.modality), UNKNOWN
    )
    visit = story.visit
    patient_class = (visit.visit_class if visit else "") or UNKNOWN
    chosen = "patient_choice" if booked is not None and booked.by_patient_choice else ""
    if modality in _LARGE:
        yield from _to_report(story, house, chosen, (modality, patient_class))
    if booked is not None:
        dept = (placed and placed.dept_code) or (visit.dept if visit else "") or UNKNOWN
        dims = (modality, patient_class, dept, (started and started.device_id) or UNKNOWN)
        yield from _to_schedule(story, house, booked.scheduled_start, chosen, dims)


def _to_report(story: Story, house: HouseRules, chosen: str, dims: tuple[str, ...]) -> Iterator[StageRow]:
    placed = story.first("order.placed")
    final = next((r for r in story.timed("report.issued") if r.status == "final"), None)
    if placed is None:
        if final is not None:
            yield left_out(ORDER_REPORT, house, story.id, "missing_start", dims, end=final.at)
    elif final is not None:
        yield finished(ORDER_REPORT, house, story.id, placed.at, final.at, dims, excluded=chosen)
    elif chosen or story.all("order.cancelled"):
        yield left_out(ORDER_REPORT, house, story.id, chosen or "cancelled", dims, start=placed.at)
    else:
        yield waiting(ORDER_REPORT, house, story.id, placed.at, placed.at + OPEN_MS, dims)


def _to_schedule(
    story: Story, house: HouseRules, scheduled: int | None, chosen: str, dims: tuple[str, ...]
) -> Iterator[StageRow]:
    placed = story.first("order.placed")
    if placed is None:
        if scheduled is not None:
            yield left_out(BOOKING, house, story.id, "missing_start", dims, end=scheduled)
    elif scheduled is None:
        yield left_out(BOOKING, house, story.id, "missing_end", dims, start=placed.at)
    else:
        yield finished(BOOKING, house, story.id, placed.at, scheduled, dims, excluded=chosen)
