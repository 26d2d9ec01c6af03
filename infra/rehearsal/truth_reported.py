"""What must come out of what only the day's report says: of whole outpatient visits, waits for beds, discharges."""

from __future__ import annotations

from collections.abc import Iterator

from infra.rehearsal.facts import Told
from infra.rehearsal.truth import TWO_HOURS, Row, World, first, interval, of_kind, still_open, without
from infra.rehearsal.truth_outline import Visit, outline

_NO_WINDOW = {"clinic", "ultrasound", "imaging"}  # who is called there is counted as seen there
_MONTH = 30 * 24 * 3600 * 1000


def outpatient_rows(world: World, visit: Visit, dept: str, doctor: str, path: str) -> Iterator[Row]:
    """Was it booked, was it seen, and at how many places?"""
    seen = visit.seen[0] if visit.seen else None
    if seen:
        day = visit.day or world.house.day_of(seen.at)
        told = visit.registration.fields if visit.registration else {}
        dims = {"dept": dept, "doctor": doctor, "channel": told.get("channel") or "?",
                "visit_kind": told.get("visit_kind") or "?"}  # fmt: skip
        yield Row("opd_booked", visit.id, day, seen.at, dims, hit=bool(told.get("appointment_id")))
        yield Row("visit_stops", visit.id, day, seen.at, {"dept": dept, "path": path}, start=seen.at, end=seen.at,
                  millis=1000 * _stops(visit))  # fmt: skip
    if visit.check_in:
        yield _unseen(world, visit, seen, {"dept": dept, "doctor": doctor})


def _stops(visit: Visit) -> int:
    served = [f for f in visit.facts if f.kind == "queue.served" and f.fields["service_point_type"] not in _NO_WINDOW]
    exams = {f.fields["order_id"] for f in visit.facts if f.kind == "exam.started"}
    return len(visit.seen) + len(exams) + len({f.fields["ticket_id"] for f in served})


def _unseen(world: World, visit: Visit, seen: Told | None, dims: dict[str, str]) -> Row:
    assert visit.check_in is not None
    came, stage = visit.check_in.at, "opd_unseen"
    too_late = world.house.midnight_after(visit.day) + TWO_HOURS
    refund = first(visit.facts, "registration.refunded")
    if any(f.kind.startswith(("ed.", "inpatient.")) for f in visit.facts):
        return without(world, stage, visit.id, "converted", came, dims, day=visit.day)
    if seen:
        return interval(world, stage, visit.id, came, seen.at, dims, bucket="start", ceiling_h=None, day=visit.day,
                        hit=seen.at >= too_late)  # fmt: skip
    if refund and refund.at < came:
        return without(world, stage, visit.id, "refunded", came, dims, day=visit.day)
    return still_open(world, stage, visit.id, came, too_late, dims, day=visit.day)


def discharge_rows(world: World, visit: Visit) -> Iterator[Row]:
    """This hospital tells of no follow-ups: nobody was visited or called."""
    discharged, admitted = first(visit.facts, "inpatient.discharged"), first(visit.facts, "inpatient.admitted")
    if discharged:
        day = world.house.day_of(discharged.at)
        dept = (admitted.fields.get("dept") if admitted else "") or visit.dept or "?"
        of_whom = {"dept": dept, "channel": "?", "patient_group": visit.group}
        yield Row("discharge_followup", visit.id, day, discharged.at, of_whom, hit=False)
        yield Row("three_visits", visit.id, day, discharged.at, {"ward": discharged.fields["ward"]}, hit=False)


def bed_rows(world: World) -> Iterator[Row]:
    """A row a request for a bed, and a row an admission that names one which nobody told."""
    requests = {f.fields["request_id"]: f for f in reversed(of_kind(world.facts, "admission.requested"))}
    stays = of_kind(world.facts, "inpatient.admitted")
    admissions = {f.fields["request_id"]: f for f in reversed(stays) if f.fields.get("request_id")}
    for number in sorted({*requests, *admissions}):
        asked, stay = requests.get(number), admissions.get(number)
        dims = {
            "ward": stay.fields["ward"] if stay else "?",
            "dept": asked.fields["target_dept"] if asked else stay.fields["dept"] if stay else "?",
            "source": (outline(world, asked.visit).kind or "?") if asked and asked.visit else "?",
        }
        if asked and stay:
            yield interval(world, "bed_wait", number, asked.at, stay.at, dims, ceiling_h=None)
        elif asked:
            yield still_open(world, "bed_wait", number, asked.at, asked.at + _MONTH, dims)
        elif stay:
            yield without(world, "bed_wait", number, "missing_start", stay.at, dims)
