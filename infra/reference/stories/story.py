"""What a worked timeline says: which KPIs it is about, what happens, and when somebody looks.

Its numbers are never written down: they are worked out by the fold. Rows of stages that only SQL works out are told
beside the events; a test builds the events in the real engine and refuses a row that it does not give.
"""

from __future__ import annotations

import msgspec

from infra.reference.timeline import DAY, at
from streams.stages import stages
from streams.stages.stage import StageRow


class WorkedStory(msgspec.Struct, frozen=True, kw_only=True):
    """One short story."""

    code: str
    kpis: tuple[str, ...]
    zh: str  # what happens, in a sentence
    en: str
    text: str  # a timeline, as infra/reference/timeline.py reads it
    as_of: str  # when somebody looks
    queried: tuple[StageRow, ...] = ()  # rows that only SQL gives


def queried(
    stage: str, scope: str, dims: str, *, start: str = "", end: str = "", instant: str = "", until: str = "",
    part: str = "", series: str = "", num: bool | None = None, amount: str = "", excluded: str = "",
    score: int | None = None,
) -> StageRow:  # fmt: skip
    """A row of the story's day: what begins and ends at local times, or happens at an instant."""
    begins, ends = (at(clock) if clock else None for clock in (start, end))
    bucket = start if stages()[stage].bucket == "start" or not end else end
    length = ends - begins if begins is not None and ends is not None else None
    return StageRow(
        stage=stage,
        scope_id=scope,
        part=part,
        series=series,
        day=DAY,
        at=at(instant or bucket),
        started_at=begins,
        ended_at=ends,
        millis=length if score is None else score,
        open_until=at(until) if until else None,
        excluded=excluded,
        num=num,
        amount=amount,
        dims=tuple(dims.split()),
    )
