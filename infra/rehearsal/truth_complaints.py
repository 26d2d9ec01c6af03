"""What must come out of complaints: this hospital's view of them names no due time and tells no reopening."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from infra.rehearsal.facts import Told
from infra.rehearsal.truth import HOUR, House, Row, World, first, interval, of_kind, still_open, without


def complaint_rows(world: World, number: str, about: list[Told]) -> Iterator[Row]:
    """All rows of one complaint."""
    received, responded = first(about, "complaint.received"), first(about, "complaint.responded")
    told = received.fields if received else {}
    dims = {name: told.get(field) or "?" for name, field in _DIMS.items()}
    response = {name: dims[name] for name in ("dept", "channel")}
    if received and responded:
        yield interval(world, "complaint_response", number, received.at, responded.at, response, ceiling_h=None)
    elif received:
        until = received.at + 14 * 24 * HOUR
        yield still_open(world, "complaint_response", number, received.at, until, response)
    elif responded:
        yield without(world, "complaint_response", number, "missing_start", responded.at, response)
    if received:
        due = {name: dims[name] for name in ("dept", "category", "channel")}
        yield without(world, "complaint_due", number, "missing_due", received.at, due)
        yield Row("complaint_counted", number, world.house.day_of(received.at), received.at, dims)
    yield from _resolved(world, number, about, received, dims)


_DIMS = {"dept": "dept_code", "category": "category", "channel": "channel", "severity": "severity"}


def _resolved(
    world: World, number: str, about: list[Told], received: Told | None, dims: dict[str, str]
) -> Iterator[Row]:
    resolved = of_kind(about, "complaint.resolved")
    own = {name: dims[name] for name in ("dept", "category")}
    stage = "complaint_resolution"
    if received and resolved:
        since, until = received.at, resolved[-1].at
        worked = _worked(world.house, since, until) if until >= since else None
        yield interval(world, stage, number, since, until, own, ceiling_h=None, millis=worked)
    elif received:
        yield still_open(world, stage, number, received.at, received.at + 60 * 24 * HOUR, own)
    elif resolved:
        yield without(world, stage, number, "missing_start", resolved[-1].at, own)
    if resolved:
        at = resolved[0].at
        contact = {name: dims[name] for name in ("dept", "channel")}
        yield Row("complaint_first_contact", number, world.house.day_of(at), at, contact,
                  hit=first(about, "complaint.assigned") is None)  # fmt: skip


def _worked(house: House, since: int, until: int) -> int:
    """The part of a stretch of time that lies on Mondays to Fridays; this hospital names no holidays."""
    total, day = 0, datetime.fromisoformat(house.day_of(since)).replace(tzinfo=house.zone)
    while (begins := round(day.timestamp() * 1000)) < until:
        ends = round((day + timedelta(days=1)).timestamp() * 1000)
        if day.weekday() < 5:
            total += min(until, ends) - max(since, begins)
        day += timedelta(days=1)
    return total
