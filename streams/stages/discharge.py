"""The end of an inpatient stay: discharge_process, discharge_settled.

Visits that were cancelled or retracted have no rows. ward = that of the discharge; settle_place = that of the first
settlement; both `?` while not known.

discharge_process: first inpatient.discharge_ordered → first inpatient.settled, on the local date of its start. Died,
  or left against advice (disposition died, ama): `died`, `ama`. Settled without an order: `missing_start`. Not settled:
  open for 7 days, later `missing_end`, which it is at once when settled by the day only.
discharge_settled: one row an inpatient.discharged; in the numerator when an inpatient.settled is of the same local
  date.
"""

from __future__ import annotations

from collections.abc import Iterator

from streams.house import HouseRules
from streams.stages.guards import UNKNOWN, finished, left_out, waiting
from streams.stages.stage import Stage, StageRow
from streams.story import Story
from streams.visit import FRAME_READS, frame

SCOPE = "visit"
READS = FRAME_READS
OPEN_MS = 7 * 24 * 3600 * 1000
_NOT_COUNTED = frozenset({"died", "ama"})

DISCHARGE_PROCESS = Stage(
    code="discharge_process", zh="出院办理", en="Discharge processing", scope="visit", day="business", ceiling_s=None,
    dims=("ward", "settle_place"),
)  # fmt: skip
DISCHARGE_SETTLED = Stage(
    code="discharge_settled", zh="出院当日结算", en="Discharges settled the same day", scope="visit", kind="share",
    dims=("ward", "settle_place"),
)  # fmt: skip
STAGES = (DISCHARGE_PROCESS, DISCHARGE_SETTLED)


def rows(story: Story, house: HouseRules) -> Iterator[StageRow]:
    """All rows of one stay."""
    ordered, settled = story.first("inpatient.discharge_ordered"), story.first("inpatient.settled")
    discharged, settlements = story.told("inpatient.discharged"), story.all("inpatient.settled")
    if (ordered is None and settled is None and discharged is None) or frame(story, house).dropped:
        return
    place = (settlements[0].settle_place if settlements else None) or UNKNOWN
    dims = ((discharged and discharged.ward) or UNKNOWN, place)
    disposition = (discharged.disposition if discharged is not None else None) or ""
    reason = disposition if disposition in _NOT_COUNTED else ""
    start = ordered.at if ordered is not None else None
    end = settled.at if settled is not None else None
    if start is not None or end is not None:
        if start is None:
            reason = "missing_start"
        elif end is None and settlements:
            reason = reason or "missing_end"
        yield _process(house, story.id, start, end, dims, reason)
    if discharged is not None and discharged.timed:
        day = house.local_day(discharged.at)
        yield StageRow(
            stage=DISCHARGE_SETTLED.code, scope_id=story.id, day=day, at=discharged.at, dims=dims,
            num=any(house.local_day(fact.at) == day for fact in settlements),
        )  # fmt: skip


def _process(
    house: HouseRules, visit_id: str, start: int | None, end: int | None, dims: tuple[str, ...], reason: str
) -> StageRow:
    """On the local date of its start, else of its end."""
    day = house.local_day(start if start is not None else end or 0)
    if start is not None and end is not None:
        return finished(DISCHARGE_PROCESS, house, visit_id, start, end, dims, day=day, excluded=reason)
    if reason or start is None:
        return left_out(DISCHARGE_PROCESS, house, visit_id, reason, dims, start=start, end=end, day=day)
    return waiting(DISCHARGE_PROCESS, house, visit_id, start, start + OPEN_MS, dims, day=day)
