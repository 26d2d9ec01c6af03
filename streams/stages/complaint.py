"""A complaint: complaint_response, complaint_due, complaint_resolution, complaint_first_contact, complaint_counted.

dept, category, channel and severity = the complaint's. Rows belong to the local date of their bucket.

complaint_response: complaint.received → first complaint.responded, by the clock. Responded, never received:
  `missing_start`. No response: open for 14 days, later `missing_end`, which it is at once when responded by the day
  only.
complaint_due: due at complaint.received's due_at, plus the minutes for which it was paused as the last
  complaint.closed that says so has it. It lies at that instant. In time when the first complaint.resolved that was
  told to the complainant came by then (in whole seconds). Resolved by somebody who does not say whether it was told:
  `missing_told`; by the day only: `missing_end`; never received: `missing_start`; no due_at: `missing_due`.
complaint_resolution: complaint.received → last complaint.resolved, in time of working days (24 h of each), less what
  it was paused. Reopened after it, or not resolved: open for 60 days, later `missing_end`, which it is at once when
  resolved by the day only.
complaint_first_contact: complaints resolved, at the first resolution; in the numerator when it was handed to nobody
  (no complaint.assigned) and not reopened within 30 days.
complaint_counted: one row a complaint, at its receipt.
"""

from __future__ import annotations

from collections.abc import Iterator

from streams.house import HouseRules
from streams.stages.guards import UNKNOWN, by_deadline, finished, from_to, left_out, waiting
from streams.stages.stage import Stage, StageRow
from streams.story import Fact, Story

SCOPE = "complaint"
READS = {f"complaint.{name}" for name in ("received", "assigned", "responded", "resolved", "closed", "reopened")}
DAY_MS = 24 * 3600 * 1000
RESPONSE_OPEN_MS = 14 * DAY_MS
RESOLUTION_OPEN_MS = 60 * DAY_MS
REOPENED_WITHIN_MS = 30 * DAY_MS

COMPLAINT_RESPONSE = Stage(
    code="complaint_response", zh="投诉首次响应", en="Complaint to first response", scope="complaint", ceiling_s=None,
    dims=("dept", "channel"),
)  # fmt: skip
COMPLAINT_DUE = Stage(
    code="complaint_due", zh="投诉办理期限", en="Complaint by its due time", scope="complaint", kind="due",
    ceiling_s=None, dims=("dept", "category", "channel"),
)  # fmt: skip
COMPLAINT_RESOLUTION = Stage(
    code="complaint_resolution", zh="投诉办结", en="Complaint to resolution", scope="complaint", ceiling_s=None,
    dims=("dept", "category"),
)  # fmt: skip
COMPLAINT_FIRST_CONTACT = Stage(
    code="complaint_first_contact", zh="投诉首次解决", en="Complaint resolved at once", scope="complaint",
    kind="share", dims=("dept", "channel"),
)  # fmt: skip
COMPLAINT_COUNTED = Stage(
    code="complaint_counted", zh="投诉", en="Complaints", scope="complaint", kind="count", bucket="start",
    dims=("dept", "category", "channel", "severity"),
)  # fmt: skip
STAGES = (COMPLAINT_RESPONSE, COMPLAINT_DUE, COMPLAINT_RESOLUTION, COMPLAINT_FIRST_CONTACT, COMPLAINT_COUNTED)


def rows(story: Story, house: HouseRules) -> Iterator[StageRow]:
    """All rows of one complaint."""
    received = story.told("complaint.received")
    dept, category = (received and received.dept_code) or UNKNOWN, (received and received.category) or UNKNOWN
    channel, severity = (received and received.channel) or UNKNOWN, (received and received.severity) or UNKNOWN
    yield from from_to(
        COMPLAINT_RESPONSE, house, story, "complaint.received", "complaint.responded", (dept, channel),
        RESPONSE_OPEN_MS,
    )  # fmt: skip
    yield from _due(story, house, (dept, category, channel))
    yield from _resolution(story, house, (dept, category))
    yield from _first_contact(story, house, (dept, channel))
    if (begun := story.first("complaint.received")) is not None:
        yield StageRow(
            stage=COMPLAINT_COUNTED.code, scope_id=story.id, day=house.local_day(begun.at), at=begun.at,
            dims=(dept, category, channel, severity),
        )  # fmt: skip


def _paused_ms(story: Story) -> int:
    said = [closed.paused_minutes for closed in story.all("complaint.closed") if closed.paused_minutes is not None]
    return said[-1] * 60_000 if said else 0


def _due(story: Story, house: HouseRules, dims: tuple[str, ...]) -> Iterator[StageRow]:
    begun, resolved = story.first("complaint.received"), story.all("complaint.resolved")
    told = [fact for fact in resolved if fact.told_complainant]
    ended = next((fact for fact in told if fact.timed), None)
    unsaid = next((fact for fact in resolved if fact.told_complainant is None and fact.timed), None)
    if begun is None:
        if ended is not None:
            yield left_out(COMPLAINT_DUE, house, story.id, "missing_start", dims, end=ended.at)
    elif begun.due_at is None:
        yield left_out(COMPLAINT_DUE, house, story.id, "missing_due", dims, start=begun.at)
    elif ended is None and told:
        yield left_out(COMPLAINT_DUE, house, story.id, "missing_end", dims, start=begun.at)
    elif ended is None and unsaid is not None:
        yield left_out(COMPLAINT_DUE, house, story.id, "missing_told", dims, start=begun.at, end=unsaid.at)
    else:
        due_at = begun.due_at + _paused_ms(story)
        yield by_deadline(COMPLAINT_DUE, house, story.id, begun.at, due_at, ended.at if ended else None, dims)


def _resolution(story: Story, house: HouseRules, dims: tuple[str, ...]) -> Iterator[StageRow]:
    begun, ended = story.first("complaint.received"), story.last("complaint.resolved")
    if begun is None:
        if ended is not None:
            yield left_out(COMPLAINT_RESOLUTION, house, story.id, "missing_start", dims, end=ended.at)
    elif ended is not None and not _reopened(story, ended):
        worked = max(0, house.working_ms(begun.at, ended.at) - _paused_ms(story)) if ended.at >= begun.at else None
        yield finished(COMPLAINT_RESOLUTION, house, story.id, begun.at, ended.at, dims, millis=worked)
    elif ended is None and story.all("complaint.resolved"):
        yield left_out(COMPLAINT_RESOLUTION, house, story.id, "missing_end", dims, start=begun.at)
    else:
        until = begun.at + RESOLUTION_OPEN_MS
        yield waiting(COMPLAINT_RESOLUTION, house, story.id, begun.at, until, dims)


def _reopened(story: Story, resolved: Fact, within_ms: int | None = None) -> bool:
    """Was it taken up again after a resolution, at all or within so long?"""
    return any(
        again.at > resolved.at and (within_ms is None or again.at <= resolved.at + within_ms)
        for again in story.timed("complaint.reopened")
    )


def _first_contact(story: Story, house: HouseRules, dims: tuple[str, ...]) -> Iterator[StageRow]:
    resolved = story.first("complaint.resolved")
    if resolved is not None:
        yield StageRow(
            stage=COMPLAINT_FIRST_CONTACT.code, scope_id=story.id, day=house.local_day(resolved.at), at=resolved.at,
            num=not story.all("complaint.assigned") and not _reopened(story, resolved, REOPENED_WITHIN_MS), dims=dims,
        )  # fmt: skip
