"""What must come out of rooms and beds: stays in resuscitation, and how stays on a ward end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from infra.rehearsal.truth import HOUR, Row, World, first, interval, of_kind, still_open, without
from infra.rehearsal.truth_outline import Visit


def stay_rows(world: World, visit: Visit) -> Iterator[Row]:
    """All rows of one visit's stays."""
    yield from _resuscitation(world, visit)
    yield from _discharge(world, visit)


def _resuscitation(world: World, visit: Visit) -> Iterator[Row]:
    """These feeds tell one stay a visit, in one room."""
    entered, left = first(visit.facts, "ed.resus_entered"), first(visit.facts, "ed.resus_left")
    triaged = first(visit.facts, "triage.completed")
    dims = {"acuity": triaged.fields.get("acuity", "?") if triaged else "?"}
    arrived = first(visit.facts, "ed.arrived")
    more: dict[str, Any] = {"day": world.house.day_of(arrived.at) if arrived else ""}
    if entered and left and left.at >= entered.at:
        yield interval(world, "ed_resus_stay", visit.id, entered.at, left.at, dims, ceiling_h=72, **more)
        return
    if entered:
        until = entered.at + 72 * HOUR
        yield still_open(world, "ed_resus_stay", visit.id, entered.at, until, dims, **more)
    if left:
        yield without(world, "ed_resus_stay", visit.id, "missing_start", left.at, dims, **more)


def _discharge(world: World, visit: Visit) -> Iterator[Row]:
    ordered, settled = first(visit.facts, "inpatient.discharge_ordered"), first(visit.facts, "inpatient.settled")
    discharged, day_of = first(visit.facts, "inpatient.discharged"), world.house.day_of
    dims = {
        "ward": discharged.fields["ward"] if discharged else "?",
        "settle_place": settled.fields["settle_place"] if settled else "?",
    }
    stage = "discharge_process"
    if ordered and settled:
        yield interval(world, stage, visit.id, ordered.at, settled.at, dims, ceiling_h=None, day=day_of(ordered.at))
    elif ordered:
        yield still_open(world, stage, visit.id, ordered.at, ordered.at + 7 * 24 * HOUR, dims)
    elif settled:
        yield without(world, stage, visit.id, "missing_start", settled.at, dims)
    if discharged:
        day = day_of(discharged.at)
        same_day = any(day_of(s.at) == day for s in of_kind(visit.facts, "inpatient.settled"))
        yield Row("discharge_settled", visit.id, day, discharged.at, dims, hit=same_day)
