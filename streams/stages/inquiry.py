"""A question somebody asked: inquiry_response.

One row an inquiry, at the local date of its bucket: inquiry.received → first inquiry.responded by staff. Only a bot
answered: series `bot`, to its first answer. Only answers that do not say by whom: `missing_by` (at the first).
Answered, never received: `missing_start`, in the series that the answer gives it. Not answered: open for 24 h, later
`missing_end`, which it is at once when answered by the day only.
"""

from __future__ import annotations

from collections.abc import Iterator

from streams.house import HouseRules
from streams.stages.guards import UNKNOWN, finished, left_out, waiting
from streams.stages.stage import Stage, StageRow
from streams.story import Story

SCOPE = "inquiry"
READS = {"inquiry.received", "inquiry.responded"}
OPEN_MS = 24 * 3600 * 1000

INQUIRY_RESPONSE = Stage(
    code="inquiry_response", zh="咨询响应", en="Inquiry to answer", scope="inquiry", ceiling_s=None, dims=("channel",)
)
STAGES = (INQUIRY_RESPONSE,)


def rows(story: Story, house: HouseRules) -> Iterator[StageRow]:
    """The row of one inquiry."""
    received, told = story.first("inquiry.received"), story.told("inquiry.received")
    dims = ((told and told.channel) or UNKNOWN,)
    by_whom = {answer.by: answer for answer in reversed(story.timed("inquiry.responded"))}
    answer = by_whom.get("staff") or by_whom.get("bot") or by_whom.get(None)
    if answer is not None:
        series = "bot" if answer.by == "bot" else ""
        if received is None:
            yield left_out(INQUIRY_RESPONSE, house, story.id, "missing_start", dims, end=answer.at, series=series)
        else:
            yield finished(
                INQUIRY_RESPONSE, house, story.id, received.at, answer.at, dims, series=series,
                excluded="" if answer.by else "missing_by",
            )  # fmt: skip
    elif received is not None and story.all("inquiry.responded"):
        yield left_out(INQUIRY_RESPONSE, house, story.id, "missing_end", dims, start=received.at)
    elif received is not None:
        yield waiting(INQUIRY_RESPONSE, house, story.id, received.at, received.at + OPEN_MS, dims)
