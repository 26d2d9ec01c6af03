"""Examinations as the patient meets them: exam_wait (a row an order), from arriving there to being examined.

It folds from the visit, because ticket, check-in and order meet only there, but its rows are of orders: day = local
date of the bucket, and a cancelled visit keeps them.

exam_wait (part = order_id): the patient arrives with the first patient.checked_in that names the order, or the first
  queue.joined at ultrasound or imaging that does. From the later of arrival and scheduled_start (exam.booked) →
  exam.started; started between the two waits 0; started before the arrival is measured from it (so the guards see a
  negative length). Started, never arrived: `missing_start`. Not started: `left` when a ticket that names the order
  did, `cancelled` when the order was, `missing_end` when the start is told by the day only or a final report came, else
  open until session end (of the arrival's dept, else the registration's) + 2 h, later `missing_end`. modality: the
  start's, else the booking's, else the order's; device the start's.
"""

from __future__ import annotations

from collections.abc import Iterator

from streams.house import HouseRules
from streams.stages.guards import UNKNOWN, finished, left_out, waiting
from streams.stages.stage import Stage, StageRow
from streams.story import Fact, Story
from streams.visit import FRAME_READS, frame

SCOPE = "visit"
READS = FRAME_READS | {
    "queue.joined",
    "queue.left",
    "order.placed",
    "order.cancelled",
    "exam.booked",
    "exam.started",
    "report.issued",
}
_POINTS = ("ultrasound", "imaging")

EXAM_WAIT = Stage(
    code="exam_wait", zh="候检", en="Wait for the examination", scope="visit",
    dims=("modality", "device", "patient_class"),
)  # fmt: skip
STAGES = (EXAM_WAIT,)


def rows(story: Story, house: HouseRules) -> Iterator[StageRow]:
    """All rows of one visit."""
    arrivals = _arrivals(story)
    begun = {fact.order_id for fact in story.timed("exam.started")}
    for order_id in sorted({*arrivals, *(order or "" for order in begun)}):
        yield from _wait(story, house, order_id, arrivals.get(order_id, []))


def _arrivals(story: Story) -> dict[str, list[Fact]]:
    """Order → what says that the patient is there for it, in order of time."""
    found: dict[str, list[Fact]] = {}
    for fact in story.timed("patient.checked_in"):
        if fact.order_id:
            found.setdefault(fact.order_id, []).append(fact)
    for fact in story.timed("queue.joined"):
        if fact.service_point_type in _POINTS:
            for order_id in dict.fromkeys(fact.ref_ids):
                if _is_order(story, order_id):
                    found.setdefault(order_id, []).append(fact)
    return {order_id: sorted(facts, key=lambda fact: fact.at) for order_id, facts in found.items()}


def _is_order(story: Story, ref: str) -> bool:
    """A ticket may name bills and prescriptions too."""
    return any(
        fact.order_id == ref for name in ("order.placed", "exam.booked", "exam.started") for fact in story.all(name)
    )


def _of(story: Story, event_type: str, order_id: str) -> list[Fact]:
    return [fact for fact in story.all(event_type) if fact.order_id == order_id]


def _wait(story: Story, house: HouseRules, order_id: str, arrivals: list[Fact]) -> Iterator[StageRow]:
    begun = _of(story, "exam.started", order_id)
    started = next((fact for fact in begun if fact.timed), None)
    booked = next(iter(_of(story, "exam.booked", order_id)), None)
    placed = next(iter(_of(story, "order.placed", order_id)), None)
    modality = next(
        (fact.modality for fact in (started, booked, placed) if fact is not None and fact.modality), UNKNOWN
    )
    dims = (modality, (started and started.device_id) or UNKNOWN, frame(story, house).visit_class or UNKNOWN)
    if not arrivals:
        if started is not None:
            yield left_out(EXAM_WAIT, house, story.id, "missing_start", dims, end=started.at, part=order_id)
        return
    arrived = arrivals[0].at
    scheduled = booked.scheduled_start if booked is not None and booked.scheduled_start is not None else arrived
    start = max(arrived, scheduled)
    if started is not None:
        early = 0 if arrived <= started.at < scheduled else None
        since = arrived if started.at < arrived else start
        yield finished(EXAM_WAIT, house, story.id, since, started.at, dims, part=order_id, millis=early)
    else:
        yield _not_started(story, house, order_id, arrivals, start, dims)


def _not_started(
    story: Story, house: HouseRules, order_id: str, arrivals: list[Fact], start: int, dims: tuple[str, ...]
) -> StageRow:
    tickets = {fact.ticket_id for fact in arrivals if fact.ticket_id}
    left = next((fact for fact in story.timed("queue.left") if fact.ticket_id in tickets), None)
    if left is not None:
        return left_out(EXAM_WAIT, house, story.id, "left", dims, start=start, end=left.at, part=order_id)
    told = _of(story, "exam.started", order_id)
    reported = any(report.status == "final" for report in _of(story, "report.issued", order_id))
    reason = "cancelled" if _of(story, "order.cancelled", order_id) else "missing_end" if told or reported else ""
    if reason:
        return left_out(EXAM_WAIT, house, story.id, reason, dims, start=start, part=order_id)
    registration = frame(story, house).registration
    dept = next((fact.dept_code for fact in (*arrivals[:1], registration) if fact is not None and fact.dept_code), "")
    until = house.session_closes_at(dept, start)
    return waiting(EXAM_WAIT, house, story.id, start, until, dims, part=order_id)
