"""The emergency department: ed_door_to_triage, ed_door_to_doctor, ed_los_discharged.

One row of each for every visit with ed.arrived, whatever its class, that was not cancelled or retracted; day = local
date of ed.arrived. Without ed.arrived, an end that was told makes a row `missing_start` (of ed_los_discharged only
when disposition = discharged) in the end's own day. acuity = that of the first triage that says it.

ed_door_to_triage → first triage.completed. Entering resuscitation (first ed.resus_entered with kind resus) before the
  triage, or without one, is the end then, with length 0 and flag `resus`. Neither: `left` when departed as lwbs,
  `missing_end` when departed otherwise, else open for 12 h, later `missing_end`.
ed_door_to_doctor → ed.seen. Not seen: `left` when departed as lwbs, `missing_end` when departed otherwise, else open
  for 12 h, later `left` (left without being seen, by rule).
ed_los_discharged → ed.departed with disposition discharged. Any other disposition, or none told: `not_discharged`. Not
  departed: open for 72 h, later `missing_end`.
"""

from __future__ import annotations

from collections.abc import Iterator

from streams.house import HouseRules
from streams.stages.guards import UNKNOWN, finished, left_out, waiting
from streams.stages.stage import Stage, StageRow
from streams.story import Fact, Story
from streams.visit import FRAME_READS, frame

SCOPE = "visit"
READS = FRAME_READS | {"triage.completed"}
_HOUR_MS = 3600 * 1000
DIMS = ("acuity", "arrival_mode")

DOOR_TO_TRIAGE = Stage(
    code="ed_door_to_triage", zh="急诊到分诊", en="Door to triage", scope="visit", day="business",
    ceiling_s=72 * 3600, dims=DIMS,
)  # fmt: skip
DOOR_TO_DOCTOR = Stage(
    code="ed_door_to_doctor", zh="急诊到接诊", en="Door to doctor", scope="visit", day="business",
    ceiling_s=72 * 3600, unfinished="left", dims=DIMS,
)  # fmt: skip
LOS_DISCHARGED = Stage(
    code="ed_los_discharged", zh="急诊离院滞留", en="Arrival to departure, discharged", scope="visit", day="business",
    ceiling_s=72 * 3600, dims=DIMS,
)  # fmt: skip
STAGES = (DOOR_TO_TRIAGE, DOOR_TO_DOCTOR, LOS_DISCHARGED)


def rows(story: Story, house: HouseRules) -> Iterator[StageRow]:
    """All rows of one visit to the emergency department."""
    arrived, departed = story.told("ed.arrived"), story.first("ed.departed")
    triaged, seen = story.first("triage.completed"), story.first("ed.seen")
    if frame(story, house).dropped:
        return
    dims = dims_of(story)
    if arrived is None or not arrived.timed:
        day = house.local_day(arrived.at) if arrived is not None else ""
        yield from _without_arrival(story, house, dims, day)
        return
    visit = _Visit(story, house, arrived.at, departed, dims, house.local_day(arrived.at))
    resus = next((r for r in story.timed("ed.resus_entered") if r.kind == "resus"), None)
    if resus is not None and (triaged is None or resus.at < triaged.at):
        yield visit.to(DOOR_TO_TRIAGE, resus, 12, flags=("resus",), millis=0)
    else:
        yield visit.to(DOOR_TO_TRIAGE, triaged, 12)
    yield visit.to(DOOR_TO_DOCTOR, seen, 12)
    if departed is not None and departed.disposition != "discharged":
        yield left_out(
            LOS_DISCHARGED, house, story.id, "not_discharged", dims, start=arrived.at, end=departed.at, day=visit.day
        )
    else:
        yield visit.to(LOS_DISCHARGED, departed, 72)


def dims_of(story: Story) -> tuple[str, str]:
    """Acuity and arrival mode."""
    arrived = story.told("ed.arrived")
    acuity = next((t.acuity for t in story.all("triage.completed") if t.acuity), None)
    return (acuity or UNKNOWN, (arrived and arrived.arrival_mode) or UNKNOWN)


class _Visit:
    """An arrival, and how a stage from it ends."""

    def __init__(
        self,
        story: Story,
        house: HouseRules,
        arrived_at: int,
        departed: Fact | None,
        dims: tuple[str, ...],
        day: str,
    ) -> None:
        self.story, self.house, self.arrived_at, self.departed = story, house, arrived_at, departed
        self.dims, self.day = dims, day

    def to(
        self, stage: Stage, end: Fact | None, hours: int, flags: tuple[str, ...] = (), millis: int | None = None
    ) -> StageRow:
        """The row of a stage that ends with `end`, or has not ended yet."""
        start, scope_id = self.arrived_at, self.story.id
        if end is not None:
            return finished(
                stage, self.house, scope_id, start, end.at, self.dims, day=self.day, flags=flags, millis=millis
            )
        if self.departed is not None:
            reason = "left" if self.departed.disposition == "lwbs" else "missing_end"
            return left_out(stage, self.house, scope_id, reason, self.dims, start=start, day=self.day)
        return waiting(stage, self.house, scope_id, start, start + hours * _HOUR_MS, self.dims, day=self.day)


def _without_arrival(story: Story, house: HouseRules, dims: tuple[str, ...], day: str) -> Iterator[StageRow]:
    """Ends whose beginning nobody told. A triage alone says nothing: outpatients are triaged too."""
    seen, departed = story.first("ed.seen"), story.first("ed.departed")
    triaged = story.first("triage.completed")
    if triaged is not None and frame(story, house).visit_class == "emergency":
        yield left_out(DOOR_TO_TRIAGE, house, story.id, "missing_start", dims, end=triaged.at, day=day)
    if seen is not None:
        yield left_out(DOOR_TO_DOCTOR, house, story.id, "missing_start", dims, end=seen.at, day=day)
    if departed is not None and departed.disposition == "discharged":
        yield left_out(LOS_DISCHARGED, house, story.id, "missing_start", dims, end=departed.at, day=day)
