"""A whole visit: visit_los, visit_counted, refund_registration.

Visits that were cancelled or retracted have no rows. Rows belong to the visit's business day (streams/visit.py); the
bucket picks the hour.

visit_los (class outpatient, seen): first clinic check-in → the last of consultation.ended (not imputed by its source),
  bill.paid, dispensing.dispensed at or after the first consultation and before the end of the business day + 2 h. No
  row until the visit is seen. No check-in: `missing_start`, in the bucket of the first consultation. Turned into an
  emergency or an admission (any ed.* or inpatient.* event, or a consultation ended with outcome admitted or to_ed):
  `converted`. No such end yet: open until business-day end + 2 h, later `missing_end`. dept = the first
  consultation's, else the check-in's, else the registration's. path = `consult` and then, in this order and joined by
  `+`, `lab` (an order of category lab), `exam` (imaging, ultrasound, endoscopy, ecg, pathology), `drug` (a
  prescription submitted); cancelled ones count, they cost a walk.
visit_counted: one row a visit. Outpatient: seen, at the first consultation.started; emergency: at ed.arrived;
  inpatient: at inpatient.discharged, of that local date. Others: none. dept: outpatient as in visit_los; emergency the
  registration's; inpatient the admission's, else the ward of the discharge, else the registration's.
refund_registration: one row a registration.created, at its time; in the numerator when a registration.refunded exists;
  excluded `voided` when that came at most 5 min after it. amount = the fee, amount_num = the amount refunded. reason
  = the refund's code.
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
    "registration.refunded",
    "consultation.ended",
    "bill.paid",
    "dispensing.dispensed",
    "order.placed",
    "prescription.submitted",
}
VOID_MS = 5 * 60 * 1000
_EXAMS = frozenset({"imaging", "ultrasound", "endoscopy", "ecg", "pathology"})
_CONVERTED = tuple(sorted(name for name in FRAME_READS if name.startswith(("ed.", "inpatient."))))

VISIT_LOS = Stage(
    code="visit_los", zh="门诊全程", en="Length of visit", scope="visit", day="business", bucket="start",
    dims=("dept", "path", "patient_group"),
)  # fmt: skip
VISIT_COUNTED = Stage(
    code="visit_counted", zh="服务量", en="Visits", scope="visit", kind="count", day="business", bucket="start",
    dims=("dept", "class"),
)  # fmt: skip
REFUND_REGISTRATION = Stage(
    code="refund_registration", zh="退号", en="Refunded registrations", scope="visit", kind="share", day="business",
    dims=("item_class", "dept", "reason"),
)  # fmt: skip
STAGES = (VISIT_LOS, VISIT_COUNTED, REFUND_REGISTRATION)


def rows(story: Story, house: HouseRules) -> Iterator[StageRow]:
    """All rows of one visit."""
    outline = frame(story, house)
    if outline.dropped:
        return
    if outline.visit_class == "outpatient" and outline.seen:
        yield _los(story, house, outline)
    yield from _counted(story, house, outline)
    yield from _refund(story, house, outline)


def outpatient_dept(outline: Frame) -> str:
    facts = (outline.seen[0] if outline.seen else None, outline.check_in, outline.registration)
    return next((fact.dept_code for fact in facts if fact is not None and fact.dept_code), UNKNOWN)


def _los(story: Story, house: HouseRules, outline: Frame) -> StageRow:
    seen = outline.seen[0]
    dims = (outpatient_dept(outline), _path(story), outline.patient_group or UNKNOWN)
    day = outline.day or house.local_day(seen.at)
    if outline.check_in is None:
        return left_out(VISIT_LOS, house, story.id, "missing_start", dims, end=seen.at, day=day)
    arrived = outline.check_in.at
    closes_at = house.day_closes_at(day)
    end = max((fact.at for fact in _endings(story) if seen.at <= fact.at < closes_at), default=None)
    if is_converted(story):
        return left_out(VISIT_LOS, house, story.id, "converted", dims, start=arrived, end=end, day=day)
    if end is None:
        return waiting(VISIT_LOS, house, story.id, arrived, closes_at, dims, day=day)
    return finished(VISIT_LOS, house, story.id, arrived, end, dims, day=day)


def _endings(story: Story) -> Iterator[Fact]:
    yield from (end for end in story.timed("consultation.ended") if not end.end_imputed)
    yield from story.timed("bill.paid")
    yield from story.timed("dispensing.dispensed")


def is_converted(story: Story) -> bool:
    return any(story.all(name) for name in _CONVERTED) or any(
        end.outcome in ("admitted", "to_ed") for end in story.all("consultation.ended")
    )


def _path(story: Story) -> str:
    categories = {order.category for order in story.all("order.placed")}
    steps = ["consult"]
    if "lab" in categories:
        steps.append("lab")
    if categories & _EXAMS:
        steps.append("exam")
    if story.all("prescription.submitted"):
        steps.append("drug")
    return "+".join(steps)


def _counted(story: Story, house: HouseRules, outline: Frame) -> Iterator[StageRow]:
    registered = (outline.registration and outline.registration.dept_code) or UNKNOWN
    day, at, dept = outline.day, None, registered
    if outline.visit_class == "outpatient" and outline.seen:
        at, dept = outline.seen[0].at, outpatient_dept(outline)
    elif outline.visit_class == "emergency" and (arrived := story.first("ed.arrived")) is not None:
        at = arrived.at
    elif outline.visit_class == "inpatient" and (discharged := story.first("inpatient.discharged")) is not None:
        at, day = discharged.at, ""
        admitted = story.told("inpatient.admitted")
        dept = (admitted and admitted.dept) or discharged.ward or registered
    if at is None:
        return
    yield StageRow(
        stage=VISIT_COUNTED.code,
        scope_id=story.id,
        day=day or house.local_day(at),
        at=at,
        dims=(dept, outline.visit_class),
    )


def _refund(story: Story, house: HouseRules, outline: Frame) -> Iterator[StageRow]:
    registered = story.first("registration.created")
    if registered is None:
        return
    refunded = story.told("registration.refunded")
    void = refunded is not None and refunded.timed and refunded.at - registered.at <= VOID_MS
    yield StageRow(
        stage=REFUND_REGISTRATION.code,
        scope_id=story.id,
        day=outline.day or house.local_day(registered.at),
        at=registered.at,
        excluded="voided" if void else "",
        num=refunded is not None,
        amount=registered.amount or "",
        amount_num=(refunded.amount or "") if refunded is not None else "",
        dims=(
            "registration",
            registered.dept_code or UNKNOWN,
            (refunded.reason_code if refunded is not None else None) or UNKNOWN,
        ),
    )
