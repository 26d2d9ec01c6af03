"""Stays in a room of the emergency department: ed_resus_stay, ed_observation_stay.

One row for every ed.resus_entered of kind resus, or observation (part = its place among them): → the next
ed.resus_left of the same location, before anybody entered that location again. Died there: `died`. Not left: open for
72 h (observation 14 days), later `missing_end`. Left, and says of which kind, and entered nowhere: `missing_start`.
day = local date of ed.arrived, else of the bucket. Visits that were cancelled or retracted have no rows.
acuity = that of the first triage that says it.
"""

from __future__ import annotations

from collections.abc import Iterator

from streams.house import HouseRules
from streams.stages.emergency import dims_of
from streams.stages.guards import finished, left_out, waiting
from streams.stages.stage import Stage, StageRow
from streams.story import Fact, Story
from streams.visit import FRAME_READS, frame

SCOPE = "visit"
READS = FRAME_READS | {"triage.completed"}
_HOUR_S = 3600

RESUS_STAY = Stage(
    code="ed_resus_stay", zh="抢救室滞留", en="Stay in resuscitation", scope="visit", day="business",
    ceiling_s=72 * _HOUR_S, dims=("acuity",),
)  # fmt: skip
OBSERVATION_STAY = Stage(
    code="ed_observation_stay", zh="急诊留观", en="Stay in observation", scope="visit", day="business",
    ceiling_s=14 * 24 * _HOUR_S, dims=("acuity",),
)  # fmt: skip
STAGES = (RESUS_STAY, OBSERVATION_STAY)
_OF_KIND = {"resus": RESUS_STAY, "observation": OBSERVATION_STAY}


def rows(story: Story, house: HouseRules) -> Iterator[StageRow]:
    """All rows of one visit to the emergency department."""
    entries, leavings = story.timed("ed.resus_entered"), story.timed("ed.resus_left")
    if not (entries or leavings) or frame(story, house).dropped:
        return
    arrived = story.told("ed.arrived")
    day = house.local_day(arrived.at) if arrived is not None else ""
    dims = dims_of(story)[:1]
    places: dict[str | None, int] = dict.fromkeys(_OF_KIND, 0)
    paired: list[Fact] = []
    for n, entry in enumerate(entries):
        left = _leaving(entry, entries[n + 1 :], leavings)
        if left is not None:
            paired.append(left)
        if (stage := _OF_KIND.get(entry.kind or "")) is not None:
            places[entry.kind] += 1
            yield _stay(stage, house, story.id, entry, left, dims, day, str(places[entry.kind]))
    for left in leavings:
        stage = _OF_KIND.get(left.kind or "")
        if stage is not None and all(left is not one for one in paired):
            places[left.kind] += 1
            part = str(places[left.kind])
            yield left_out(stage, house, story.id, "missing_start", dims, end=left.at, part=part, day=day)


def _leaving(entry: Fact, later: list[Fact], leavings: list[Fact]) -> Fact | None:
    again = next((fact.at for fact in later if fact.location_id == entry.location_id), None)
    for left in leavings:
        if left.location_id == entry.location_id and left.at >= entry.at and (again is None or left.at < again):
            return left
    return None


def _stay(
    stage: Stage, house: HouseRules, visit_id: str, entry: Fact, left: Fact | None, dims: tuple[str, ...], day: str,
    part: str,
) -> StageRow:  # fmt: skip
    if left is None:
        until = entry.at + (stage.ceiling_s or 0) * 1000
        return waiting(stage, house, visit_id, entry.at, until, dims, part=part, day=day)
    reason = "died" if left.died else ""
    return finished(stage, house, visit_id, entry.at, left.at, dims, part=part, day=day, excluded=reason)
