"""What must come out of patients who come again, of triage, and of when people come to the clinics."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

from infra.rehearsal.facts import Told
from infra.rehearsal.truth import HOUR, Row, World, first, of_kind
from infra.rehearsal.truth_outline import Visit, outline

_LONGEST_DAYS = 400
_FOREVER = 1 << 60


def arrival_rows(world: World, visit: Visit, nurse_dept: str) -> Iterator[Row]:
    """Was the triage right, and in which hour did the patient come to the clinic?"""
    triage = first(visit.facts, "triage.completed")
    if triage:
        seen = [f.at for f in of_kind(visit.facts, "consultation.started", "ed.seen")]
        day = visit.day or world.house.day_of(triage.at)
        nurse = triage.fields.get("nurse_id")
        dims = {"dept": triage.fields.get("assigned_dept") or nurse_dept or "?",
                "nurse": world.house.staff(nurse) if nurse else "?"}  # fmt: skip
        right = not _sent_on(world, visit, triage.at, min(seen, default=_FOREVER))
        yield Row("triaged", visit.id, day, triage.at, dims, hit=right)
    if visit.check_in and visit.kind in ("outpatient", "health_check"):
        at = visit.check_in.at
        dept = visit.check_in.fields.get("dept_code") or visit.dept or "?"
        minute = (at - world.house.midnight_after(visit.day)) // 60_000 + 24 * 60
        times = world.house.open_times.get(dept) or world.house.open_times[""]
        is_open = any(begins <= minute < ends for begins, ends in times)
        open_minutes = sum(ends - begins for begins, ends in times)
        yield Row("clinic_arrival", visit.id, visit.day, at, {"dept": dept, "hour": f"{minute // 60:02d}"},
                  reason="" if is_open else "closed", amount=str(open_minutes))  # fmt: skip


def _sent_on(world: World, visit: Visit, since: int, until: int) -> bool:
    """Did the patient register in another department before being seen?"""
    whose = patient_of(visit)
    return bool(whose) and any(
        f.kind == "registration.created" and f.patient == whose and f.visit != visit.id
        and f.fields["dept_code"] != visit.dept and since <= f.at < until
        and world.house.day_of(f.at) == world.house.day_of(since)
        for f in world.facts
    )  # fmt: skip


def patient_of(visit: Visit) -> str:
    """The number that messages about the visit carry."""
    return next((f.patient for f in visit.facts if f.patient), "")


def patient_rows(world: World) -> Iterator[Row]:
    """Outpatients who were seen: who comes again within a year; chronic patients after how long?"""
    joined = {
        f.fields["prior_patient_id"]: f.fields["surviving_patient_id"] for f in of_kind(world.facts, "patient.merged")
    }
    enrolled: dict[str, list[Told]] = defaultdict(list)
    for fact in of_kind(world.facts, "chronic.enrolled"):
        enrolled[joined.get(fact.fields["patient_id"], fact.fields["patient_id"])].append(fact)
    seen: dict[str, list[tuple[str, int, Visit]]] = defaultdict(list)
    for number in world.by_visit:
        visit = outline(world, number)
        whose = patient_of(visit)
        if visit.kind == "outpatient" and visit.seen and whose and number not in world.retracted:
            seen[joined.get(whose, whose)].append((visit.day, visit.seen[0].at, visit))
    for whose, visits in seen.items():
        for day, at, visit in visits:
            after = (date.fromisoformat(day) + timedelta(days=365)).isoformat()
            dims = {"dept": _dept(visit), "patient_group": visit.group}
            until = world.house.midnight_after(after)
            yield Row("returned", visit.id, day, at, dims, start=at, until=until)
        yield from _revisits(world, sorted(visits, key=lambda v: (v[1], v[2].id)), enrolled.get(whose, []))


def _revisits(world: World, visits: list[tuple[str, int, Visit]], enrolled: list[Told]) -> Iterator[Row]:
    firsts: dict[str, tuple[int, Visit]] = {}
    for day, at, visit in visits:
        firsts.setdefault(day, (at, visit))
    days = sorted(firsts)
    for before, day in pairwise(days):
        apart = (date.fromisoformat(day) - date.fromisoformat(before)).days
        for programme in enrolled:
            if world.house.day_of(programme.at) <= before and apart <= _LONGEST_DAYS:
                (start, _), (end, visit) = firsts[before], firsts[day]
                dims = {"disease": programme.fields["disease"], "dept": _dept(visit)}
                yield Row("chronic_revisit", visit.id, day, end, dims, start=start, end=end,
                          millis=apart * 24 * HOUR, part=programme.fields["programme_id"])  # fmt: skip


def _dept(visit: Visit) -> str:
    told = (f.fields.get("dept_code") for f in (visit.seen[0], visit.check_in, visit.registration) if f)
    return str(next((dept for dept in told if dept), "?"))
