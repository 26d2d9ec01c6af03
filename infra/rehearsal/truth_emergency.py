"""What must come out of stays in the emergency department: how soon, how long, and how they ended."""

from __future__ import annotations

from collections.abc import Iterator

from infra.rehearsal.truth import HOUR, Row, World, first, interval, of_kind, still_open, without
from infra.rehearsal.truth_outline import Visit

_WELL = {"discharged", "admitted", "transferred"}


def emergency_rows(world: World, visit: Visit) -> Iterator[Row]:
    """All rows of one stay."""
    yield from _from_the_door(world, visit)
    yield from _four_hours(world, visit)
    yield from _unseen(world, visit)
    yield from _boarding(world, visit)
    yield from _green_channel(world, visit)


def _from_the_door(world: World, visit: Visit) -> Iterator[Row]:
    arrived, departed = first(visit.facts, "ed.arrived"), first(visit.facts, "ed.departed")
    triaged, seen = first(visit.facts, "triage.completed"), first(visit.facts, "ed.seen")
    resus = first(visit.facts, "ed.resus_entered")  # these feeds know no other room
    at_once = arrived is not None and resus is not None and (triaged is None or resus.at < triaged.at)
    dims, went = _dims(visit), departed.fields.get("disposition") if departed else None
    ends = {
        "ed_door_to_triage": resus if at_once else triaged,
        "ed_door_to_doctor": seen,
        "ed_los_discharged": departed,
    }
    for stage, end in ends.items():
        if end is not None and stage == "ed_los_discharged" and went != "discharged":
            if arrived:
                yield without(world, stage, visit.id, "not_discharged", end.at, dims, day=visit.day)
        elif end is not None and arrived is None and (visit.kind == "emergency"):
            yield without(world, stage, visit.id, "missing_start", end.at, dims, day=world.house.day_of(end.at))
        elif end is not None and arrived:
            millis = 0 if end is resus else None
            yield interval(world, stage, visit.id, arrived.at, end.at, dims, ceiling_h=72, day=visit.day, millis=millis)
        elif arrived and departed and stage != "ed_los_discharged":
            reason = "left" if went == "lwbs" else "missing_end"
            yield without(world, stage, visit.id, reason, departed.at, dims, day=visit.day)
        elif arrived:
            hours = 72 if stage == "ed_los_discharged" else 12
            yield still_open(world, stage, visit.id, arrived.at, arrived.at + hours * HOUR, dims, day=visit.day)


def _dims(visit: Visit) -> dict[str, str]:
    arrived, triaged = first(visit.facts, "ed.arrived"), first(visit.facts, "triage.completed")
    return {
        "acuity": triaged.fields.get("acuity", "?") if triaged else "?",
        "arrival_mode": arrived.fields.get("arrival_mode", "?") if arrived else "?",
    }


def _four_hours(world: World, visit: Visit) -> Iterator[Row]:
    arrived, departed = first(visit.facts, "ed.arrived"), first(visit.facts, "ed.departed")
    stage, dims = "ed_4h", _dims(visit)
    if arrived and departed:
        in_time = (departed.at - arrived.at) // 1000 <= 4 * 3600
        yield interval(world, stage, visit.id, arrived.at, departed.at, dims, bucket="start", ceiling_h=None,
                       day=visit.day, hit=in_time and departed.fields["disposition"] in _WELL)  # fmt: skip
    elif departed:
        yield without(world, stage, visit.id, "missing_start", departed.at, dims)
    elif arrived:
        too_late = arrived.at + 4 * HOUR + 1000
        yield still_open(world, stage, visit.id, arrived.at, too_late, dims, day=visit.day)


def _unseen(world: World, visit: Visit) -> Iterator[Row]:
    arrived, departed = first(visit.facts, "ed.arrived"), first(visit.facts, "ed.departed")
    if arrived is None:
        return
    seen, went = first(visit.facts, "ed.seen"), departed.fields["disposition"] if departed else ""
    triage = "after" if first(visit.facts, "triage.completed") else "before"
    dims = {"acuity": _dims(visit)["acuity"], "triage": triage}
    if seen and departed:
        yield Row("ed_lwbs", visit.id, visit.day, arrived.at, dims, hit=went in ("lwbs", "ama"), series="after_seen")
    if seen or departed:
        died = not seen and went == "died"
        yield Row("ed_lwbs", visit.id, visit.day, arrived.at, dims, hit=not seen and went == "lwbs",
                  reason="died" if died else "")  # fmt: skip
    else:
        too_late = arrived.at + 12 * HOUR + 1000
        yield still_open(world, "ed_lwbs", visit.id, arrived.at, too_late, dims, day=visit.day)


def _boarding(world: World, visit: Visit) -> Iterator[Row]:
    departed = first(visit.facts, "ed.departed")
    decisions = of_kind(visit.facts, "ed.disposition_decided")
    to_admit = next((d for d in decisions if d.fields["decision"] == "admit"), None)
    went = departed.fields["disposition"] if departed else ""
    stage, dims = "ed_boarding", {"target_ward": "?"}  # these feeds name no ward
    if to_admit and departed and went == "admitted":
        yield interval(world, stage, visit.id, to_admit.at, departed.at, dims, ceiling_h=72, day=visit.day)
    elif to_admit and departed:
        yield without(world, stage, visit.id, "not_admitted", departed.at, dims, day=visit.day)
    elif to_admit:
        yield still_open(world, stage, visit.id, to_admit.at, to_admit.at + 72 * HOUR, dims, day=visit.day)
    elif departed and went == "admitted":
        yield without(world, stage, visit.id, "missing_start", departed.at, dims, day=visit.day)


def _green_channel(world: World, visit: Visit) -> Iterator[Row]:
    arrived, dims = first(visit.facts, "ed.arrived"), {"arrival_mode": _dims(visit)["arrival_mode"]}
    for reached in of_kind(visit.facts, "ed.green_channel_milestone"):
        more = {"series": f"{reached.fields['pathway']}:{reached.fields['kind']}", "day": visit.day}
        if arrived:
            yield interval(world, "ed_green_channel", visit.id, arrived.at, reached.at, dims, ceiling_h=72, **more)
        else:
            yield without(world, "ed_green_channel", visit.id, "missing_start", reached.at, dims, **more)
