"""A suggestion: suggestion_adopted, suggestion_rectified.

dept, topic and source = the suggestion's. Rows belong to the local date of their bucket.

suggestion_adopted: one row a suggestion.received, at its receipt; in the numerator when suggestion.resolved says
  adopted and when it was rectified. Excluded `duplicate` where it says so.
suggestion_rectified: suggestion.received → rectified_at of an adopted one. Rejected, or the duplicate of another:
  `not_adopted`. Resolved without an outcome: `missing_outcome`. Rectified, never received: `missing_start`. Not
  resolved, or adopted and not rectified yet: open for 180 days, later `missing_end`.
"""

from __future__ import annotations

from collections.abc import Iterator

from streams.house import HouseRules
from streams.stages.guards import UNKNOWN, finished, left_out, waiting
from streams.stages.stage import Stage, StageRow
from streams.story import Story

SCOPE = "suggestion"
READS = {"suggestion.received", "suggestion.resolved"}
OPEN_MS = 180 * 24 * 3600 * 1000

SUGGESTION_ADOPTED = Stage(
    code="suggestion_adopted", zh="意见建议采纳", en="Suggestions adopted", scope="suggestion", kind="share",
    dims=("dept", "topic", "source"),
)  # fmt: skip
SUGGESTION_RECTIFIED = Stage(
    code="suggestion_rectified", zh="意见建议整改", en="Suggestion to rectification", scope="suggestion",
    ceiling_s=None, dims=("dept", "topic"),
)  # fmt: skip
STAGES = (SUGGESTION_ADOPTED, SUGGESTION_RECTIFIED)


def rows(story: Story, house: HouseRules) -> Iterator[StageRow]:
    """All rows of one suggestion."""
    told, begun = story.told("suggestion.received"), story.first("suggestion.received")
    resolved = story.told("suggestion.resolved")
    outcome = resolved.outcome if resolved is not None else None
    rectified_at = resolved.rectified_at if resolved is not None and outcome == "adopted" else None
    dims = ((told and told.dept_code) or UNKNOWN, (told and told.topic) or UNKNOWN)
    if begun is None:
        if rectified_at is not None:
            yield left_out(SUGGESTION_RECTIFIED, house, story.id, "missing_start", dims, end=rectified_at)
        return
    yield StageRow(
        stage=SUGGESTION_ADOPTED.code, scope_id=story.id, day=house.local_day(begun.at), at=begun.at,
        excluded="duplicate" if outcome == "duplicate" else "", num=rectified_at is not None,
        dims=(*dims, begun.source or UNKNOWN),
    )  # fmt: skip
    if rectified_at is not None:
        yield finished(SUGGESTION_RECTIFIED, house, story.id, begun.at, rectified_at, dims)
    elif resolved is not None and outcome != "adopted":
        reason = "not_adopted" if outcome else "missing_outcome"
        yield left_out(SUGGESTION_RECTIFIED, house, story.id, reason, dims, start=begun.at)
    else:
        yield waiting(SUGGESTION_RECTIFIED, house, story.id, begun.at, begun.at + OPEN_MS, dims)
