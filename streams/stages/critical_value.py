"""Critical values of one order: critical_value (a row a dangerous result, due to be acknowledged).

One row for every critical_value.raised (part = critical_id), at its time, due within 15 min: the first
critical_value.acknowledged of the same id. The same item raised again of the same specimen (or, where none is told, of
none) is one result: the first row has whichever acknowledgement came first, the others are `duplicate`. An item that
is not told is like no other. Acknowledged by the day only: `missing_end`; acknowledged, never raised: `missing_start`.
dept = the ordering department, else that of the visit's registration.
"""

from __future__ import annotations

from collections.abc import Iterator

from streams.house import HouseRules
from streams.stages.guards import UNKNOWN, due, left_out
from streams.stages.stage import Stage, StageRow
from streams.story import Fact, Story

SCOPE = "order"
READS = {"critical_value.raised", "critical_value.acknowledged", "order.placed"}

CRITICAL_VALUE = Stage(
    code="critical_value", zh="危急值处置", en="Critical value to acknowledgement", scope="order", kind="due",
    bucket="start", ceiling_s=None, within_s=15 * 60, dims=("item_code", "dept"),
)  # fmt: skip
STAGES = (CRITICAL_VALUE,)


def rows(story: Story, house: HouseRules) -> Iterator[StageRow]:
    """All rows of one order."""
    results: dict[tuple[str | None, str | None], list[Fact]] = {}
    for raised in story.timed("critical_value.raised"):
        known_as = (raised.specimen_id, raised.item_code) if raised.item_code else ("", raised.critical_id)
        results.setdefault(known_as, []).append(raised)
    told = story.all("critical_value.acknowledged")
    if not results and not told:
        return
    placed = story.told("order.placed")
    dept = (placed and placed.dept_code) or (story.visit.dept if story.visit else "") or UNKNOWN
    for same in results.values():
        yield from _result(story, house, same, dept)
    known = {raised.critical_id for same in results.values() for raised in same}
    for ack in story.timed("critical_value.acknowledged"):
        if ack.critical_id not in known:
            part = ack.critical_id or ""
            yield left_out(CRITICAL_VALUE, house, story.id, "missing_start", (UNKNOWN, dept), end=ack.at, part=part)


def _result(story: Story, house: HouseRules, same: list[Fact], dept: str) -> Iterator[StageRow]:
    first, ids = same[0], {raised.critical_id for raised in same}
    dims, part = (first.item_code or UNKNOWN, dept), first.critical_id or ""
    acks = [ack for ack in story.all("critical_value.acknowledged") if ack.critical_id in ids]
    ended = next((ack.at for ack in acks if ack.timed), None)
    if acks and ended is None:
        yield left_out(CRITICAL_VALUE, house, story.id, "missing_end", dims, start=first.at, part=part)
    else:
        yield due(CRITICAL_VALUE, house, story.id, first.at, ended, dims, part=part)
    for again in same[1:]:
        part = again.critical_id or ""
        yield left_out(CRITICAL_VALUE, house, story.id, "duplicate", dims, start=again.at, part=part)
