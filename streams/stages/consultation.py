"""The waits for a doctor and the time with one: consult_wait, appt_wait, consult_duration.

Outpatient visits only (class `outpatient`; unknown and health check are not) that were not cancelled or retracted.
Rows belong to the visit's business day. A row's dept: the consultation's, else the check-in's, else the
registration's, else `?`; doctor: the consultation's, else the registration's. Open rows are open until session end
(of that dept, see HouseRules.session_closes_at) + 2 h.

consult_wait, main series: first clinic check-in → first consultation started (by time, whatever its number).
  Seen without a check-in: `missing_start`. Not seen: `refunded` when the registration was refunded, `missing_end`
  when a consultation is told with day precision only, else open, later `unseen`.
consult_wait, series `seq≥2`: one row for every further consultation (part = its number, else its position from 1): from
  the last queue.requeued at a clinic (or unnamed) point, else the last final report, that lies at or after the previous
  consultation's start and at or before this one; with neither `missing_start`. None of these is ever open.
appt_wait: visits that name an appointment (registration, else check-in). Slot = new_slot_start of the last
  rescheduling (by time told) of that appointment, else slot_start of its booking; without one `no_slot`. Starts at the
  later of check-in and slot; a consultation between check-in and slot waits 0; one before the check-in is measured
  from the check-in (so the guards see a negative length). Otherwise as consult_wait. channel = the booking's,
  else the registration's; slot_hour = local hour of the slot, two digits.
consult_duration: one row for every consultation started (part = as above, from 1): → consultation.ended of the same
  number; a number that is missing pairs with the first unnumbered end at or after it and before the next unnumbered
  start. An end that the source itself imputed is excluded as `end_imputed`; longer than 120 min is cut to 120 and
  flagged `capped` (there is no ceiling). No end: open, later `missing_end`; ends imputed from others are SQL's alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from streams.house import HouseRules
from streams.stages.guards import UNKNOWN, finished, left_out, waiting
from streams.stages.stage import Stage, StageRow
from streams.story import Fact, Story
from streams.visit import FRAME_READS, Frame, frame

SCOPE = "visit"
READS = FRAME_READS | {
    "appointment.booked",
    "appointment.rescheduled",
    "registration.refunded",
    "queue.requeued",
    "report.issued",
    "consultation.ended",
}
CAP_MS = 120 * 60 * 1000

CONSULT_WAIT = Stage(
    code="consult_wait",
    zh="候诊",
    en="Wait for the doctor",
    scope="visit",
    day="business",
    unfinished="unseen",
    dims=("dept", "doctor", "booking_type", "patient_group"),
)
APPT_WAIT = Stage(
    code="appt_wait",
    zh="预约候诊",
    en="Wait after the booked time",
    scope="visit",
    day="business",
    unfinished="unseen",
    dims=("dept", "doctor", "channel", "slot_hour"),
)
CONSULT_DURATION = Stage(
    code="consult_duration",
    zh="接诊",
    en="Consultation",
    scope="visit",
    day="business",
    ceiling_s=None,
    dims=("dept", "doctor", "visit_kind"),
)
STAGES = (CONSULT_WAIT, APPT_WAIT, CONSULT_DURATION)


def rows(story: Story, house: HouseRules) -> Iterator[StageRow]:
    """All rows of one visit."""
    outline = frame(story, house)
    if outline.dropped or outline.visit_class != "outpatient":
        return
    yield from _first_wait(story, house, outline)
    yield from _further_waits(story, house, outline)
    yield from _booked_wait(story, house, outline)
    yield from _durations(story, house, outline)


def _dept(outline: Frame, consultation: Fact | None) -> str:
    """3.0 (5): of the end event, else of the start event, else of the registration."""
    for fact in (consultation, outline.check_in, outline.registration):
        if fact is not None and fact.dept_code:
            return fact.dept_code
    return UNKNOWN


def _doctor(outline: Frame, consultation: Fact | None) -> str:
    for fact in (consultation, outline.registration):
        if fact is not None and fact.doctor_id:
            return fact.doctor_id
    return UNKNOWN


def never_seen(story: Story) -> str:
    """Why nobody waits any more although no consultation began at a known time; "" = still waiting."""
    if story.all("consultation.started"):
        return "missing_end"
    return "refunded" if story.all("registration.refunded") else ""


def _first_wait(story: Story, house: HouseRules, outline: Frame) -> Iterator[StageRow]:
    seen = outline.seen[0] if outline.seen else None
    dept = _dept(outline, seen)
    dims = (dept, _doctor(outline, seen), outline.booking_type or UNKNOWN, outline.patient_group or UNKNOWN)
    if outline.check_in is None:
        if seen is not None:
            yield left_out(CONSULT_WAIT, house, story.id, "missing_start", dims, end=seen.at, day=outline.day)
        return
    arrived = outline.check_in.at
    if seen is not None:
        yield finished(CONSULT_WAIT, house, story.id, arrived, seen.at, dims, day=outline.day)
    elif reason := never_seen(story):
        yield left_out(CONSULT_WAIT, house, story.id, reason, dims, start=arrived, day=outline.day)
    else:
        until = house.session_closes_at(dept, arrived)
        yield waiting(CONSULT_WAIT, house, story.id, arrived, until, dims, day=outline.day)


def _further_waits(story: Story, house: HouseRules, outline: Frame) -> Iterator[StageRow]:
    if len(outline.seen) < 2:
        return
    requeues = [r.at for r in story.timed("queue.requeued") if r.service_point_type in ("clinic", None)]
    reports = [r.at for r in story.timed("report.issued") if r.status == "final"]
    kind, group = outline.booking_type or UNKNOWN, outline.patient_group or UNKNOWN
    for position in range(1, len(outline.seen)):
        before, seen = outline.seen[position - 1], outline.seen[position]
        dims = (_dept(outline, seen), _doctor(outline, seen), kind, group)
        part = _part(seen, position)
        start = max((at for at in requeues if before.at <= at <= seen.at), default=None)
        if start is None:
            start = max((at for at in reports if before.at <= at <= seen.at), default=None)
        if start is None:
            yield left_out(
                CONSULT_WAIT, house, story.id, "missing_start", dims,
                end=seen.at, part=part, series="seq≥2", day=outline.day,
            )  # fmt: skip
        else:
            yield finished(
                CONSULT_WAIT, house, story.id, start, seen.at, dims, part=part, series="seq≥2", day=outline.day
            )


def _part(consultation: Fact, position: int) -> str:
    number = consultation.consultation_seq
    return str(position + 1 if number is None else number)


def _booked_wait(story: Story, house: HouseRules, outline: Frame) -> Iterator[StageRow]:
    appointment = appointment_of(story, outline)
    if appointment is None:
        return
    seen = outline.seen[0] if outline.seen else None
    arrived = outline.check_in.at if outline.check_in else None
    if seen is None and arrived is None:
        return
    booked = next((b for b in story.all("appointment.booked") if b.appointment_id == appointment), None)
    slot = slot_of(story, appointment, booked)
    registration = outline.registration
    channel = (booked and booked.channel) or (registration and registration.channel) or UNKNOWN
    hour = UNKNOWN if slot is None else f"{house.hour_of(slot):02d}"
    dept = _dept(outline, seen)
    dims = (dept, _doctor(outline, seen), channel, hour)
    day, scope_id = outline.day, story.id
    if slot is None:
        end = seen.at if seen else None
        yield left_out(APPT_WAIT, house, scope_id, "no_slot", dims, start=arrived, end=end, day=day)
    elif arrived is None:
        yield left_out(APPT_WAIT, house, scope_id, "missing_start", dims, end=seen.at if seen else None, day=day)
    elif seen is not None:
        start = arrived if seen.at < arrived else max(arrived, slot)
        early = 0 if arrived <= seen.at < slot else None
        yield finished(APPT_WAIT, house, scope_id, start, seen.at, dims, day=day, millis=early)
    elif reason := never_seen(story):
        yield left_out(APPT_WAIT, house, scope_id, reason, dims, start=max(arrived, slot), day=day)
    else:
        start = max(arrived, slot)
        yield waiting(APPT_WAIT, house, scope_id, start, house.session_closes_at(dept, start), dims, day=day)


def appointment_of(story: Story, outline: Frame) -> str | None:
    """The appointment that this visit names."""
    if outline.registration is not None and outline.registration.appointment_id:
        return outline.registration.appointment_id
    return next((c.appointment_id for c in story.all("patient.checked_in") if c.appointment_id), None)


def slot_of(story: Story, appointment: str, booked: Fact | None) -> int | None:
    moved = [r.new_slot_start for r in story.all("appointment.rescheduled") if r.appointment_id == appointment]
    known = [slot for slot in moved if slot is not None]
    return known[-1] if known else (booked.slot_start if booked is not None else None)


def _durations(story: Story, house: HouseRules, outline: Frame) -> Iterator[StageRow]:
    kind = (outline.registration and outline.registration.visit_kind) or UNKNOWN
    ends = story.timed("consultation.ended")
    for position, seen in enumerate(outline.seen):
        dept = _dept(outline, seen)
        dims = (dept, _doctor(outline, seen), kind)
        part = _part(seen, position)
        end = _end_of(seen, outline.seen[position + 1 :], ends)
        if end is None:
            until = house.session_closes_at(dept, seen.at)
            yield waiting(CONSULT_DURATION, house, story.id, seen.at, until, dims, part=part, day=outline.day)
            continue
        capped = end.at - seen.at > CAP_MS
        yield finished(
            CONSULT_DURATION, house, story.id, seen.at, end.at, dims,
            part=part, day=outline.day, excluded="end_imputed" if end.end_imputed else "",
            flags=("capped",) if capped else (), millis=CAP_MS if capped else None,
        )  # fmt: skip


def _end_of(seen: Fact, later: list[Fact], ends: list[Fact]) -> Fact | None:
    number = seen.consultation_seq
    if number is not None:
        return next((end for end in ends if end.consultation_seq == number), None)
    until = next((fact.at for fact in later if fact.consultation_seq is None), None)
    return next(
        (e for e in ends if e.consultation_seq is None and e.at >= seen.at and (until is None or e.at < until)), None
    )
