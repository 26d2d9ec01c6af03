"""How a row is made: lengths guarded against skewed clocks and absurd durations, in one place for all rules.

Source: domain specification 1.4 and 3.0 (3), (7), (8). A negative length of up to two minutes, inclusive, becomes 0
and is flagged `skew_adjusted`; a longer one is excluded as `negative` and keeps its negative `millis`. A length above
the stage's ceiling is excluded as `ceiling`; equal counts. A deadline counts in whole seconds, and includes its last.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from streams.house import HouseRules
from streams.stages.stage import Stage, StageRow

if TYPE_CHECKING:
    from streams.story import Story

UNKNOWN = "?"


def finished(
    stage: Stage,
    house: HouseRules,
    scope_id: str,
    start: int,
    end: int,
    dims: tuple[str, ...],
    *,
    part: str = "",
    series: str = "",
    day: str = "",
    excluded: str = "",
    flags: tuple[str, ...] = (),
    millis: int | None = None,
) -> StageRow:
    """A row with both ends. `day`: of visit rows, else the bucket's local date; `millis` overrides end − start."""
    length = end - start if millis is None else millis
    if length >= 0:
        ceiling = house.ceilings_s.get(stage.code, stage.ceiling_s) if house.ceilings_s else stage.ceiling_s
        if ceiling is not None and length > ceiling * 1000:
            excluded = excluded or "ceiling"
    elif length >= -house.skew_ms:
        length, flags = 0, tuple(sorted((*flags, "skew_adjusted")))
    else:
        excluded = excluded or "negative"
    at = start if stage.bucket == "start" else end
    return _row(stage, house, scope_id, at, start, end, dims, part, series, day, flags, excluded, length)


def waiting(
    stage: Stage,
    house: HouseRules,
    scope_id: str,
    start: int,
    open_until: int,
    dims: tuple[str, ...],
    *,
    part: str = "",
    series: str = "",
    day: str = "",
    flags: tuple[str, ...] = (),
) -> StageRow:
    """A row that has begun and not ended; it lies in the bucket of its start until it ends."""
    return _row(stage, house, scope_id, start, start, None, dims, part, series, day, flags, "", None, open_until)


def left_out(
    stage: Stage,
    house: HouseRules,
    scope_id: str,
    reason: str,
    dims: tuple[str, ...],
    *,
    start: int | None = None,
    end: int | None = None,
    part: str = "",
    series: str = "",
    day: str = "",
    flags: tuple[str, ...] = (),
) -> StageRow:
    """A row without a length: an end is missing, or the stage does not apply. It lies in the bucket of the end it has.

    With both ends (a ticket that left, a specimen rejected) it lies where a finished row would; it has no `millis`.
    """
    known = (start, end) if stage.bucket == "start" else (end, start)
    at = known[0] if known[0] is not None else known[1]
    assert at is not None, "a row has at least one end"
    return _row(stage, house, scope_id, at, start, end, dims, part, series, day, flags, reason, None)


def due(
    stage: Stage,
    house: HouseRules,
    scope_id: str,
    start: int,
    end: int | None,
    dims: tuple[str, ...],
    *,
    part: str = "",
    day: str = "",
    fulfilled: bool = True,
) -> StageRow:
    """A row of a stage with one deadline for all: open until it is too late, or ended, in the numerator if in time.

    `fulfilled`: whether it ended as it should; what did not is never in time.
    """
    too_late_at = start + (house.within_s(stage.code, stage.within_s) + 1) * 1000
    if end is None:
        return waiting(stage, house, scope_id, start, too_late_at, dims, part=part, day=day)
    row = finished(stage, house, scope_id, start, end, dims, part=part, day=day)
    return msgspec.structs.replace(row, num=fulfilled and end < too_late_at)


def by_deadline(
    stage: Stage,
    house: HouseRules,
    scope_id: str,
    start: int,
    due_at: int,
    end: int | None,
    dims: tuple[str, ...],
    *,
    part: str = "",
) -> StageRow:
    """A row with a deadline of its own, at which it lies: open until that is past, in the numerator if in time."""
    too_late_at = (due_at // 1000 + 1) * 1000
    if end is None:
        row = waiting(stage, house, scope_id, start, too_late_at, dims, part=part)
    else:
        row = finished(stage, house, scope_id, start, end, dims, part=part)
        row = msgspec.structs.replace(row, num=end < too_late_at)
    return msgspec.structs.replace(row, at=due_at, day=house.local_day(due_at))


def from_to(
    stage: Stage, house: HouseRules, story: Story, start: str, end: str, dims: tuple[str, ...], open_ms: int
) -> Iterator[StageRow]:
    """The row from the first fact of one type to the first of another: of stages that are no more than that."""
    begun, ended = story.first(start), story.first(end)
    if begun is None:
        if ended is not None:
            yield left_out(stage, house, story.id, "missing_start", dims, end=ended.at)
    elif ended is not None:
        yield finished(stage, house, story.id, begun.at, ended.at, dims)
    elif story.all(end):
        yield left_out(stage, house, story.id, "missing_end", dims, start=begun.at)
    else:
        yield waiting(stage, house, story.id, begun.at, begun.at + open_ms, dims)


def _row(
    stage: Stage, house: HouseRules, scope_id: str, at: int, start: int | None, end: int | None, dims: tuple[str, ...],
    part: str, series: str, day: str, flags: tuple[str, ...], excluded: str, millis: int | None,
    open_until: int | None = None,
) -> StageRow:  # fmt: skip
    return StageRow(
        stage=stage.code,
        scope_id=scope_id,
        part=part,
        series=series,
        day=day or house.local_day(at),
        at=at,
        started_at=start,
        ended_at=end,
        millis=millis,
        open_until=open_until,
        excluded=excluded,
        dims=dims,
        flags=flags,
    )
