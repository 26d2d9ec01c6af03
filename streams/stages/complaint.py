"""A complaint: complaint_response.

One row a complaint: complaint.received → first complaint.responded, by the clock, at the local date of its bucket.
Responded, never received: `missing_start`. No response: open for 14 days, later `missing_end`, which it is at once when
responded by the day only. dept and channel = the complaint's.
"""

from __future__ import annotations

from collections.abc import Iterator

from streams.house import HouseRules
from streams.stages.guards import UNKNOWN, from_to
from streams.stages.stage import Stage, StageRow
from streams.story import Story

SCOPE = "complaint"
READS = {"complaint.received", "complaint.responded"}
OPEN_MS = 14 * 24 * 3600 * 1000

COMPLAINT_RESPONSE = Stage(
    code="complaint_response", zh="投诉首次响应", en="Complaint to first response", scope="complaint", ceiling_s=None,
    dims=("dept", "channel"),
)  # fmt: skip
STAGES = (COMPLAINT_RESPONSE,)


def rows(story: Story, house: HouseRules) -> Iterator[StageRow]:
    """The row of one complaint."""
    received = story.told("complaint.received")
    dims = ((received and received.dept_code) or UNKNOWN, (received and received.channel) or UNKNOWN)
    yield from from_to(COMPLAINT_RESPONSE, house, story, "complaint.received", "complaint.responded", dims, OPEN_MS)
