"""A follow-up of a chronic disease: followup_due.

One row for every followup.scheduled of kind chronic, at the beginning of its due_date. In time when the first
followup.completed that reached the patient came by the end of the seventh day (a site may say otherwise) after it.
Tried, and the patient had died or refused: `died`, `refused`. Reached by the day only counts as of that day's
beginning. No due_date: `missing_due`, at its scheduling. medium = that of the follow-up which reached the patient.
"""

from __future__ import annotations

from collections.abc import Iterator

from streams.house import HouseRules
from streams.stages.guards import UNKNOWN, left_out
from streams.stages.stage import Stage, StageRow
from streams.story import Story

SCOPE = "followup"
READS = {"followup.scheduled", "followup.completed"}

FOLLOWUP_DUE = Stage(
    code="followup_due", zh="慢病随访期限", en="Chronic follow-up by its due date", scope="followup", kind="due",
    bucket="start", ceiling_s=None, within_s=7 * 24 * 3600, dims=("programme", "medium"),
)  # fmt: skip
STAGES = (FOLLOWUP_DUE,)


def rows(story: Story, house: HouseRules) -> Iterator[StageRow]:
    """The row of one follow-up."""
    scheduled = story.told("followup.scheduled")
    if scheduled is None or scheduled.kind != "chronic":
        return
    tried = story.all("followup.completed")
    reached = next((fact for fact in tried if fact.outcome == "reached"), None)
    dims = (scheduled.programme or UNKNOWN, (reached and reached.medium) or UNKNOWN)
    if scheduled.due_date is None:
        yield left_out(FOLLOWUP_DUE, house, story.id, "missing_due", dims, start=scheduled.at)
        return
    due_from = house.instant(scheduled.due_date, 0)
    outcomes = {fact.outcome for fact in tried}
    reason = next((why for why in ("died", "refused") if why in outcomes), "") if reached is None else ""
    too_late_at = (
        house.instant(scheduled.due_date, 24 * 60) + house.within_s(FOLLOWUP_DUE.code, FOLLOWUP_DUE.within_s) * 1000
    )
    is_open = reached is None and not reason
    yield StageRow(
        stage=FOLLOWUP_DUE.code,
        scope_id=story.id,
        day=scheduled.due_date,
        at=due_from,
        started_at=due_from,
        ended_at=reached.at if reached is not None else None,
        millis=max(0, reached.at - due_from) if reached is not None else None,
        open_until=too_late_at if is_open else None,
        excluded=reason,
        num=reached.at < too_late_at if reached is not None else None,
        dims=dims,
    )
