"""Where the time of an outpatient's visit must have gone: of all that goes on at once the first by rank counts.

Everything that goes on is a span between two acts; between any two ends of spans exactly one thing holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from infra.rehearsal.facts import Told
from infra.rehearsal.truth import HOUR, TWO_HOURS, Row, World, first, interval, still_open
from infra.rehearsal.truth_outline import Visit

_COURSE = (  # what comes first at one instant
    "patient.checked_in", "queue.joined", "queue.requeued", "queue.recalled", "queue.missed", "queue.served",
    "consultation.started", "bill.created", "bill.paid", "specimen.collected", "exam.started", "report.issued",
    "dispensing.dispensed", "consultation.ended", "queue.completed", "queue.left",
)  # fmt: skip
_LINES = {
    "ultrasound": "exam_wait", "imaging": "exam_wait", "phlebotomy": "lab_wait", "pharmacy": "pharmacy",
    "cashier": "payment", "registration": "desk", "service_desk": "desk",
}  # fmt: skip
_ACT_OF_LINE = {
    "exam.started": "exam_wait", "specimen.collected": "lab_wait", "dispensing.dispensed": "pharmacy",
    "bill.paid": "payment",
}  # fmt: skip
_RANK = ("service", "early", "missed", "consult", "exam_wait", "lab_wait", "pharmacy", "payment", "desk",
         "exam_report", "lab_report", "paid_drugs", "unpaid", "late", "unannounced")  # fmt: skip
_PART = {"missed": "patient", "late": "patient", "paid_drugs": "pharmacy", "unpaid": "payment",
         "unannounced": "consult", "": "walking"}  # fmt: skip
_TOLD = ("early", "consult", "exam_wait", "exam_report", "lab_wait", "lab_report", "pharmacy", "payment", "desk",
         "service", "patient", "walking")  # fmt: skip
_AWAY = ("specimen.collected", "exam.started", "dispensing.dispensed", "consultation.started")
_WALK = 10 * 60_000
_NEVER = 1 << 60


@dataclass
class _Span:
    what: str
    start: int
    end: int
    known: int = -1  # the place of the act by which one knows of it


def time_rows(world: World, visit: Visit, dept: str, slot: int) -> Iterator[Row]:
    """The split of an outpatient's visit, and what goes on after the last act."""
    if visit.check_in is None or _converted(visit):
        return
    acts = sorted((f for f in visit.facts if f.kind in _COURSE), key=lambda f: (f.at, _COURSE.index(f.kind)))
    came, spans = visit.check_in.at, list(_spans(acts, slot))
    closes = world.house.midnight_after(visit.day) + TWO_HOURS
    seen = next((n for n, f in enumerate(acts) if f.kind == "consultation.started"), len(acts))
    done = [n for n, f in enumerate(acts) if n > seen and f.at < closes and _is_done(f)]
    if done and came < acts[done[-1]].at <= came + 12 * HOUR:
        end, parts = acts[done[-1]].at, dict.fromkeys(_TOLD, 0)
        for what, since, until in _stretches([s for s in spans if s.known <= done[-1]], came, end):
            parts[_PART.get(what, what)] += until - since
        said = ";".join(f"{part}={millis}" for part, millis in parts.items() if millis)
        dims = {"dept": dept, "parts": said}
        yield interval(world, "visit_time", visit.id, came, end, dims, ceiling_h=None, day=visit.day)
    what, since, _ = _runs(_stretches(spans, came, _NEVER))[-1]
    if what and (seen < len(acts) or first(visit.facts, "registration.refunded") is None):
        dims, until = {"dept": dept, "parts": _PART.get(what, what)}, world.house.closes(dept, since)
        yield still_open(world, "visit_time", visit.id, since, until, dims, series="now", day=visit.day)


def _converted(visit: Visit) -> bool:
    return any(
        f.kind.startswith(("ed.", "inpatient.")) or f.fields.get("outcome") in ("admitted", "to_ed")
        for f in visit.facts
        if f.kind.startswith(("ed.", "inpatient.")) or f.kind == "consultation.ended"
    )


def _is_done(fact: Told) -> bool:
    return fact.kind in ("bill.paid", "dispensing.dispensed") or _ends(fact)


def _ends(fact: Told) -> bool:
    return fact.kind == "consultation.ended" and not fact.fields.get("end_imputed")


def _line(fact: Told) -> str:
    return _LINES.get(fact.fields.get("service_point_type") or "", "") if fact.kind.startswith("queue.") else ""


def _arrives(fact: Told) -> bool:
    point = fact.fields.get("point")
    return fact.kind == "patient.checked_in" and (point == "clinic" or not (point or fact.fields.get("order_id")))


def _returns(fact: Told) -> bool:
    at_clinic = fact.fields.get("service_point_type") in ("clinic", None)
    return _arrives(fact) or (fact.kind in ("queue.joined", "queue.requeued") and at_clinic)


def _is_final(fact: Told) -> bool:
    return fact.kind == "report.issued" and fact.fields["status"] == "final"


def _spans(acts: list[Told], slot: int) -> Iterator[_Span]:
    """All that goes on, in no order."""

    def until(place: int, ends: Callable[[Told], bool]) -> int:
        return next((f.at for f in acts[place + 1 :] if ends(f)), _NEVER)

    seen = [n for n, f in enumerate(acts) if f.kind == "consultation.started"]
    arrived = next(n for n, f in enumerate(acts) if _arrives(f))
    if not seen or arrived < seen[0]:
        begins = acts[seen[0]].at if seen else _NEVER
        yield _Span("early", acts[arrived].at, min(slot, begins))
        yield _Span("consult", acts[arrived].at, begins)
    for place, act in enumerate(acts):
        yield from (_Span(what, act.at, until(place, ends)) for what, ends in _begun(acts[:place], act))
        if seen and place > seen[0] and _returns(act):
            yield _Span("consult", act.at, until(place, lambda f: f.kind == "consultation.started"))
        if seen and place > seen[0] and _is_final(act):
            yield from _with_results(acts, place)


def _with_results(acts: list[Told], place: int) -> Iterator[_Span]:
    """With a report in hand: late when back after the way takes longer, waiting when seen without a word."""
    for n, then in enumerate(acts[place + 1 :], place + 1):
        if _returns(then):
            yield _Span("late", acts[place].at + _WALK, then.at, known=n)
        elif then.kind == "consultation.started":
            yield _Span("unannounced", acts[place].at, then.at, known=n)
        elif not _is_final(then):
            continue
        return


def _begun(before: list[Told], act: Told) -> Iterator[tuple[str, Callable[[Told], bool]]]:
    """What begins with an act, and what ends it."""
    of = act.fields
    if act.kind == "consultation.started":
        yield "service", lambda f: f.kind in _AWAY or _ends(f) or (f.kind == "queue.served" and _line(f) != "")
    if act.kind == "queue.served" and _line(act):
        yield (
            "service",
            lambda f: (
                f.kind in (*_AWAY, "bill.paid") or (f.kind in ("queue.served", "queue.completed") and _line(f) != "")
            ),
        )
    if act.kind == "queue.missed":
        back = (*_AWAY, "bill.paid", "queue.requeued", "queue.recalled", "queue.served", "queue.left")
        yield "missed", lambda f: f.kind in back
    for_exam = act.kind == "patient.checked_in" and not _arrives(act) and of.get("order_id")
    line = "exam_wait" if for_exam else _line(act) if act.kind in ("queue.joined", "queue.requeued") else ""
    if line:
        out = ("queue.served", "queue.completed", "queue.left")
        yield line, lambda f: _ACT_OF_LINE.get(f.kind) == line or (f.kind in out and _line(f) == line)
    if act.kind in ("exam.started", "specimen.collected"):
        what = "exam_report" if act.kind == "exam.started" else "lab_report"
        yield what, lambda f: _is_final(f) and f.fields.get("order_id") == of.get("order_id")
    if act.kind == "bill.created":
        yield "unpaid", lambda f: f.kind == "bill.paid" and f.fields["bill_id"] == of["bill_id"]
    if act.kind == "bill.paid" and any(
        f.kind == "bill.created" and f.fields["bill_id"] == of["bill_id"] and f.fields["item_class"] == "drug"
        for f in before
    ):
        yield "paid_drugs", lambda f: f.kind == "dispensing.dispensed"


def _stretches(spans: list[_Span], came: int, end: int) -> Iterator[tuple[str, int, int]]:
    """From the arrival to the end, what holds from when to when."""
    ends = {at for span in spans for at in (span.start, span.end) if came < at < end}
    points = [came, *sorted(ends), end]
    for since, until in pairwise(points):
        held = [s.what for s in spans if s.start <= since < s.end]
        yield min(held, key=_RANK.index, default=""), since, until


def _runs(stretches: Iterator[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """Stretches of the same, one after the other, as one."""
    runs: list[tuple[str, int, int]] = []
    for what, since, until in stretches:
        if runs and _PART.get(runs[-1][0], runs[-1][0]) == _PART.get(what, what):
            since = runs.pop()[1]
        runs.append((what, since, until))
    return runs
