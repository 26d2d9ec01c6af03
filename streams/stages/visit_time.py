"""Where the time of an outpatient's visit goes: visit_time, a split of what visit_los measures.

visit_time, main series: one row a visit that visit_los counts and that took any time: the same start, end, day and
  department; it lies at the end. parts = how many milliseconds fell to what, `early=1200000;consult=540000…`, in the
  order of streams/parts.py, which says what each is; they add up to the length of the row.
visit_time, series `now`: a visit of which something is known to go on after its last fact: since then, until session
  end + 2 h. parts = what. Nothing of visits that were converted, or whose number was given back before they were seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from streams.house import HouseRules
from streams.parts import tell
from streams.stages.consultation import appointment_of, never_seen, slot_of
from streams.stages.guards import finished, waiting
from streams.stages.stage import Stage, StageRow
from streams.stages.visit import VISIT_LOS, is_converted, outpatient_dept
from streams.story import Story
from streams.visit import FRAME_READS, Frame, frame
from streams.whereabouts import ACTS, Whereabouts

SCOPE = "visit"
READS = ACTS | FRAME_READS | {"appointment.booked", "appointment.rescheduled", "registration.refunded"}

VISIT_TIME = Stage(
    code="visit_time", zh="时间去向", en="Where the time goes", scope="visit", kind="split", day="business",
    ceiling_s=None, of=VISIT_LOS.code, dims=("dept", "parts"),
)  # fmt: skip
STAGES = (VISIT_TIME,)


def rows(story: Story, house: HouseRules) -> Iterator[StageRow]:
    """What a visit took, and what it is in now."""
    outline = frame(story, house)
    if outline.dropped or outline.visit_class != "outpatient" or outline.check_in is None or is_converted(story):
        return
    been = _whereabouts(story, house, outline)
    dept = outpatient_dept(outline)
    if been.ended_at is not None and 0 < been.ended_at - outline.check_in.at <= _longest_ms(house):
        yield _same(been, "", (dept, outline.day, outline.check_in.at, been.ended_at, been.parts), story, house)
    now = been.now()
    if now is not None and (been.seen or not never_seen(story)):
        yield _same(been, "now", (dept, outline.day, *now), story, house)


def _same(been: Whereabouts, series: str, said: tuple[Any, ...], story: Story, house: HouseRules) -> StageRow:
    """The row that says so: the very one of the last reading where nothing in it is other, so that nobody compares."""
    known = been.rows.get(series)
    if known is None or known[0] != said:
        row = _now(story, house, *said) if series else _split(story, house, *said)
        known = been.rows[series] = said, row
    return known[1]


def _split(
    story: Story, house: HouseRules, dept: str, day: str, start: int, end: int, parts: dict[str, int]
) -> StageRow:
    return finished(VISIT_TIME, house, story.id, start, end, (dept, tell(parts)), day=day)


def _now(story: Story, house: HouseRules, dept: str, day: str, part: str, since: int) -> StageRow:
    until = house.session_closes_at(dept, since)
    return waiting(VISIT_TIME, house, story.id, since, until, (dept, part), series="now", day=day)


def _longest_ms(house: HouseRules) -> int:
    longest_s = house.ceilings_s.get(VISIT_LOS.code, VISIT_LOS.ceiling_s)
    return 1 << 60 if longest_s is None else longest_s * 1000


def _whereabouts(story: Story, house: HouseRules, outline: Frame) -> Whereabouts:
    """Read on from where the last reading of this story ended: most of what comes, comes last."""
    appointment = appointment_of(story, outline)
    booked = appointment and next((b for b in story.all("appointment.booked") if b.appointment_id == appointment), None)
    slot_at = (slot_of(story, appointment, booked or None) if appointment else None) or 0
    until = house.day_closes_at(outline.day)
    been: Whereabouts | None = story.memo
    if been is None or (been.slot_at, been.until) != (slot_at, until):
        been = story.memo = Whereabouts(slot_at, until)
    been.go_on(story.order)
    return been
