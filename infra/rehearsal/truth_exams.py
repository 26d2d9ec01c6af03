"""What must come out of waits for examinations, where the ticket, the order and the visit meet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from infra.rehearsal.truth import HOUR, Row, World, first, interval, of_kind, still_open, without
from infra.rehearsal.truth_outline import Visit, outline


def exam_rows(world: World, visit: Visit) -> Iterator[Row]:
    """A row an order that somebody came for, or that was begun. These feeds tell no bookings and no exam check-ins."""
    orders = {f.fields["order_id"] for f in visit.facts if f.kind in ("order.placed", "exam.started")}
    for number in sorted(orders):
        yield from _wait(world, visit, number)


def _wait(world: World, visit: Visit, number: str) -> Iterator[Row]:
    about = [f for f in visit.facts if f.fields.get("order_id") == number]
    tickets = [t for t in of_kind(visit.facts, "queue.joined") if number in (t.fields.get("ref_ids") or ())
               and t.fields["service_point_type"] in ("ultrasound", "imaging")]  # fmt: skip
    started, placed = first(about, "exam.started"), first(about, "order.placed")
    modalities = [f.fields.get("modality") for f in (started, placed) if f]
    dims = {
        "modality": next((m for m in modalities if m), "?"),
        "device": started.fields["device_id"] if started else "?",
        "patient_class": visit.kind or "?",
    }
    stage = "exam_wait"
    more: dict[str, Any] = {"part": number}
    if started and tickets:
        yield interval(world, stage, visit.id, tickets[0].at, started.at, dims, **more)
    elif started:
        yield without(world, stage, visit.id, "missing_start", started.at, dims, **more)
    elif tickets:
        yield _not_started(world, visit, about, tickets, dims, more)


def _not_started(
    world: World, visit: Visit, about: list[Any], tickets: list[Any], dims: dict[str, str], more: dict[str, Any]
) -> Row:
    own, since = {t.fields["ticket_id"] for t in tickets}, tickets[0].at
    left = next((f for f in of_kind(visit.facts, "queue.left") if f.fields["ticket_id"] in own), None)
    if left:
        return without(world, "exam_wait", visit.id, "left", left.at, dims, **more)
    if any(r.fields["status"] == "final" for r in of_kind(about, "report.issued")):
        return without(world, "exam_wait", visit.id, "missing_end", since, dims, **more)
    dept = tickets[0].fields.get("dept_code") or visit.dept
    return still_open(world, "exam_wait", visit.id, since, world.house.closes(dept, since), dims, **more)


def large_exam_rows(world: World) -> Iterator[Row]:
    """Orders for large equipment, of which this hospital has a CT; it books none of them."""
    for (kind, number), about in world.by_subject.items():
        if kind == "order":
            yield from _ordered(world, number, about)


def _ordered(world: World, number: str, about: list[Any]) -> Iterator[Row]:
    placed, started = first(about, "order.placed"), first(about, "exam.started")
    modalities = [f.fields.get("modality") for f in (started, placed) if f]
    if next((m for m in modalities if m), "") != "CT":
        return
    visit = world.visit_of.get(("order", number), "")
    dims = {"modality": "CT", "patient_class": (outline(world, visit).kind if visit else "") or "?"}
    final = next((r for r in of_kind(about, "report.issued") if r.fields["status"] == "final"), None)
    if placed and final:
        yield interval(world, "exam_order_report", number, placed.at, final.at, dims, ceiling_h=None)
    elif placed:
        yield still_open(world, "exam_order_report", number, placed.at, placed.at + 14 * 24 * HOUR, dims)
    elif final:
        yield without(world, "exam_order_report", number, "missing_start", final.at, dims)
