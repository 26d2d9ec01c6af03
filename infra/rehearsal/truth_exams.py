"""What must come out of examinations, where the ticket, the check-in, the booking, the order and the visit meet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from infra.rehearsal.facts import Told
from infra.rehearsal.truth import HOUR, Row, World, first, interval, of_kind, still_open, without
from infra.rehearsal.truth_outline import Visit, outline

_COMES_OF = ("order.placed", "exam.booked", "exam.started")


def exam_rows(world: World, visit: Visit) -> Iterator[Row]:
    """A row an order that somebody came for, or that was begun."""
    kinds = (*_COMES_OF, "patient.checked_in")
    orders = {f.fields["order_id"] for f in visit.facts if f.kind in kinds and f.fields.get("order_id")}
    for number in sorted(orders):
        yield from _wait(world, visit, number)


def _wait(world: World, visit: Visit, number: str) -> Iterator[Row]:
    about = [f for f in visit.facts if f.fields.get("order_id") == number]
    arrivals = _arrivals(visit, number, about)
    started, booked = first(about, "exam.started"), first(about, "exam.booked")
    dims = {
        "modality": _modality(about) or "?",
        "device": started.fields["device_id"] if started else "?",
        "patient_class": visit.kind or "?",
    }
    stage = "exam_wait"
    more: dict[str, Any] = {"part": number}
    if not arrivals:
        if started:
            yield without(world, stage, visit.id, "missing_start", started.at, dims, **more)
        return
    came = arrivals[0].at
    scheduled = booked.fields["scheduled_start"] if booked else came
    ready = max(came, scheduled)
    if started is None:
        yield _not_started(world, visit, about, arrivals, ready, dims, more)
    elif started.at < came:
        yield interval(world, stage, visit.id, came, started.at, dims, **more)
    else:
        more |= {"millis": 0} if started.at < scheduled else {}
        yield interval(world, stage, visit.id, ready, started.at, dims, **more)


def _arrivals(visit: Visit, number: str, about: list[Told]) -> list[Told]:
    """What says that the patient is there for the order: a check-in, or a ticket that names it."""
    found = of_kind(about, "patient.checked_in")
    if any(f.kind in _COMES_OF for f in about):
        tickets = [t for t in of_kind(visit.facts, "queue.joined") if number in (t.fields.get("ref_ids") or ())]
        found += [t for t in tickets if t.fields["service_point_type"] in ("ultrasound", "imaging")]
    return sorted(found, key=lambda f: f.at)


def _modality(about: list[Told]) -> str:
    told = (first(about, kind) for kind in ("exam.started", "exam.booked", "order.placed"))
    return next((m for f in told if f and (m := f.fields.get("modality"))), "")


def _not_started(
    world: World, visit: Visit, about: list[Told], arrivals: list[Told], ready: int, dims: dict[str, str],
    more: dict[str, Any],
) -> Row:  # fmt: skip
    own = {t.fields["ticket_id"] for t in arrivals if "ticket_id" in t.fields}
    left = next((f for f in of_kind(visit.facts, "queue.left") if f.fields["ticket_id"] in own), None)
    if left:
        return without(world, "exam_wait", visit.id, "left", left.at, dims, **more)
    if any(r.fields["status"] == "final" for r in of_kind(about, "report.issued")):
        return without(world, "exam_wait", visit.id, "missing_end", ready, dims, **more)
    dept = arrivals[0].fields.get("dept_code") or visit.dept
    return still_open(world, "exam_wait", visit.id, ready, world.house.closes(dept, ready), dims, **more)


def exam_order_rows(world: World) -> Iterator[Row]:
    """Orders for large equipment, of which this hospital has a CT; and every order that was booked."""
    for (kind, number), about in world.by_subject.items():
        if kind == "order":
            visit = outline(world, found) if (found := world.visit_of.get(("order", number))) else None
            yield from _ordered(world, number, about, visit)
            yield from _booked(world, number, about, visit)


def _ordered(world: World, number: str, about: list[Told], visit: Visit | None) -> Iterator[Row]:
    if _modality(about) != "CT":
        return
    placed = first(about, "order.placed")
    dims = {"modality": "CT", "patient_class": (visit.kind if visit else "") or "?"}
    final = next((r for r in of_kind(about, "report.issued") if r.fields["status"] == "final"), None)
    if placed and final:
        yield interval(world, "exam_order_report", number, placed.at, final.at, dims, ceiling_h=None)
    elif placed:
        yield still_open(world, "exam_order_report", number, placed.at, placed.at + 14 * 24 * HOUR, dims)
    elif final:
        yield without(world, "exam_order_report", number, "missing_start", final.at, dims)


def _booked(world: World, number: str, about: list[Told], visit: Visit | None) -> Iterator[Row]:
    booked, placed, started = (first(about, kind) for kind in ("exam.booked", "order.placed", "exam.started"))
    if booked is None:
        return
    dims = {
        "modality": _modality(about) or "?",
        "patient_class": (visit.kind if visit else "") or "?",
        "dept": (placed.fields["ordering_dept"] if placed else visit.dept if visit else "") or "?",
        "device": started.fields["device_id"] if started else "?",
    }
    scheduled = booked.fields["scheduled_start"]
    if placed:
        yield interval(world, "exam_booking", number, placed.at, scheduled, dims, ceiling_h=None)
    else:
        yield without(world, "exam_booking", number, "missing_start", scheduled, dims)
