"""One ticket from joining to completion: window_wait, window_service, ticket_open, ticket_called.

A ticket's service_point_type, queue and dept: the first that any of its live events says, in order of time (for rows
with an end event, dept is first that event's own); else dept is that of its visit's registration; else `?`. A window
is any service point but a consultation room: tickets with type `clinic` have no window_wait and no window_service row.

Closing (3.0 (12)). Real closes are queue.served, .completed, .left. Without any, an imputed close is the first act of
the visit, at or after the opening, of the ticket's kind: registration registration.created; cashier bill.paid at a
window; pharmacy dispensing.dispensed; phlebotomy specimen.collected; ultrasound and imaging exam.started; clinic
consultation.started; others none. Else the ticket is open until session end (its dept's, of the opening's day) + 2 h.

window_wait: queue.joined → first queue.served. Not served: `voided` when it left within 5 s of joining, inclusive,
  else `left` when it left; `missing_end` when it was only completed; else closed by an act, excluded as
  `served_imputed` (with length and flag); else open, later `missing_end`. Served, never joined: `missing_start`.
  window = that of the queue.served, else `?`; patient_group = that of its visit.
window_service: one row for every queue.served (part = serve_seq, else its position from 1): → queue.completed of the
  same serve_seq; a missing number on either side pairs with the first completion at or after it. Completed by
  auto-close: excluded `auto_close`. None: open until session end + 2 h, later `missing_end`. staff = who served.
ticket_open: one row a ticket, its last stay in the queue. It is open again since the last queue.requeued after the
  last real close; without such, closed when it has a real close (joining never reopens a ticket), else open since the
  last of joined and requeued. An open one is closed by an act at or after that opening, flag `served_imputed`. A
  closed one runs from the last opening to the first real close at or after it, else (clocks differ) to the last real
  close. Neither joined nor requeued: no row.
ticket_called: tickets called at least once, at the first call; in the numerator when missed at least once; excluded
  `voided` when it left before its first call. doctor = staff of the first call.
"""

from __future__ import annotations

from collections.abc import Iterator

from streams.house import HouseRules
from streams.stages.guards import UNKNOWN, finished, left_out, waiting
from streams.stages.stage import Stage, StageRow
from streams.story import Fact, Story

SCOPE = "ticket"
READS = {
    f"queue.{name}" for name in ("joined", "requeued", "called", "recalled", "missed", "served", "completed", "left")
}
VOID_MS = 5_000

CLOSING_ACT = {
    "registration": "registration.created",
    "cashier": "bill.paid",
    "pharmacy": "dispensing.dispensed",
    "phlebotomy": "specimen.collected",
    "ultrasound": "exam.started",
    "imaging": "exam.started",
    "clinic": "consultation.started",
}

WINDOW_WAIT = Stage(
    code="window_wait", zh="窗口等候", en="Wait at the window", scope="ticket",
    dims=("service_point_type", "queue", "window", "dept", "patient_group"),
)  # fmt: skip
WINDOW_SERVICE = Stage(
    code="window_service", zh="窗口办理", en="Service at the window", scope="ticket",
    dims=("service_point_type", "queue", "window", "dept", "staff"),
)  # fmt: skip
TICKET_OPEN = Stage(
    code="ticket_open", zh="排队中", en="In the queue", scope="ticket", kind="state", bucket="start", ceiling_s=None,
    dims=("service_point_type", "queue", "dept"),
)  # fmt: skip
TICKET_CALLED = Stage(
    code="ticket_called", zh="叫号", en="Called", scope="ticket", kind="share",
    dims=("service_point_type", "queue", "dept", "doctor"),
)  # fmt: skip
STAGES = (WINDOW_WAIT, WINDOW_SERVICE, TICKET_OPEN, TICKET_CALLED)


def rows(story: Story, house: HouseRules) -> Iterator[StageRow]:
    """All rows of one ticket."""
    point = queue = dept = ""
    for fact in story.order:
        point, queue = point or fact.service_point_type or "", queue or fact.queue_id or ""
        dept = dept or fact.dept_code or ""
    dept = dept or (story.visit.dept if story.visit else "")
    here = (point or UNKNOWN, queue or UNKNOWN, dept or UNKNOWN)
    if point != "clinic":
        yield from _wait(story, house, here)
        yield from _service(story, house, here)
    yield from _open(story, house, here)
    yield from _called(story, house, here)


def _act(story: Story, point: str, since: int) -> int | None:
    """When the visit's first business act of the ticket's kind closed it."""
    wanted = CLOSING_ACT.get(point)
    acts = story.visit.acts if story.visit is not None else ()
    return min((at for kind, at, _ in acts if kind == wanted and at >= since), default=None)


def _wait(story: Story, house: HouseRules, here: tuple[str, str, str]) -> Iterator[StageRow]:
    point, queue, dept = here
    joined, served = story.first("queue.joined"), story.first("queue.served")
    group = (story.visit.patient_group if story.visit else "") or UNKNOWN
    dims = (point, queue, UNKNOWN, dept, group)
    if served is not None:
        dims = (point, queue, served.window_id or UNKNOWN, served.dept_code or dept, group)
        if joined is None:
            yield left_out(WINDOW_WAIT, house, story.id, "missing_start", dims, end=served.at)
        else:
            yield finished(WINDOW_WAIT, house, story.id, joined.at, served.at, dims)
    elif joined is None:
        return
    elif (left := story.first("queue.left")) is not None:
        reason = "voided" if left.at - joined.at <= VOID_MS else "left"
        yield left_out(WINDOW_WAIT, house, story.id, reason, dims, start=joined.at, end=left.at)
    elif story.all("queue.completed") or story.all("queue.served"):
        yield left_out(WINDOW_WAIT, house, story.id, "missing_end", dims, start=joined.at)
    elif (act := _act(story, point, joined.at)) is not None:
        yield finished(
            WINDOW_WAIT, house, story.id, joined.at, act, dims, excluded="served_imputed", flags=("served_imputed",)
        )
    else:
        yield waiting(WINDOW_WAIT, house, story.id, joined.at, house.session_closes_at(dept, joined.at), dims)


def _service(story: Story, house: HouseRules, here: tuple[str, str, str]) -> Iterator[StageRow]:
    completions = story.timed("queue.completed")
    for position, served in enumerate(story.timed("queue.served")):
        part = str(position + 1 if served.serve_seq is None else served.serve_seq)
        done = _completion(served, completions)
        point, queue, dept = here
        dept = (done and done.dept_code) or served.dept_code or dept
        dims = (point, queue, served.window_id or UNKNOWN, dept, served.staff_id or UNKNOWN)
        if done is None:
            until = house.session_closes_at(dept, served.at)
            yield waiting(WINDOW_SERVICE, house, story.id, served.at, until, dims, part=part)
        else:
            reason = "auto_close" if done.closed_by == "auto" else ""
            yield finished(WINDOW_SERVICE, house, story.id, served.at, done.at, dims, part=part, excluded=reason)


def _completion(served: Fact, completions: list[Fact]) -> Fact | None:
    number = served.serve_seq
    for done in completions:
        if number is not None and done.serve_seq is not None:
            if done.serve_seq == number:
                return done
        elif done.at >= served.at:
            return done
    return None


def _open(story: Story, house: HouseRules, here: tuple[str, str, str]) -> Iterator[StageRow]:
    point, _, dept = here
    joined = [fact.at for fact in story.timed("queue.joined")]
    requeued = [fact.at for fact in story.timed("queue.requeued")]
    if not joined and not requeued:
        return
    closes = [f.at for name in ("queue.served", "queue.completed", "queue.left") for f in story.timed(name)]
    again = [at for at in requeued if not closes or at > max(closes)]
    if closes and not again:
        yield finished(TICKET_OPEN, house, story.id, *_last_stay(joined + requeued, closes), here)
        return
    since = max(again) if closes else max(joined + requeued)
    close = _act(story, point, since)
    if close is None:
        yield waiting(TICKET_OPEN, house, story.id, since, house.session_closes_at(dept, since), here)
    else:
        yield finished(TICKET_OPEN, house, story.id, since, close, here, flags=("served_imputed",))


def _last_stay(openings: list[int], closes: list[int]) -> tuple[int, int]:
    """The last opening, and the first close at or after it; where all came before it, the last close."""
    since = max(openings)
    return since, min((at for at in closes if at >= since), default=max(closes))


def _called(story: Story, house: HouseRules, here: tuple[str, str, str]) -> Iterator[StageRow]:
    called = story.first("queue.called")
    if called is None:
        return
    left = story.first("queue.left")
    point, queue, dept = here
    yield StageRow(
        stage=TICKET_CALLED.code,
        scope_id=story.id,
        day=house.local_day(called.at),
        at=called.at,
        excluded="voided" if left is not None and left.at < called.at else "",
        num=bool(story.all("queue.missed")),
        dims=(point, queue, called.dept_code or dept, called.staff_id or UNKNOWN),
    )
