"""A patient's call for a nurse: nurse_call.

One row a call: nursecall.raised → nursecall.answered, at the local date of its bucket. Answered, never raised:
`missing_start`. Not answered: open for 12 h, later `missing_end`, which it is at once when answered by the day only.
"""

from __future__ import annotations

from collections.abc import Iterator

from streams.house import HouseRules
from streams.stages.guards import UNKNOWN, from_to
from streams.stages.stage import Stage, StageRow
from streams.story import Story

SCOPE = "call"
READS = {"nursecall.raised", "nursecall.answered"}
OPEN_MS = 12 * 3600 * 1000

NURSE_CALL = Stage(
    code="nurse_call", zh="护理呼叫", en="Nurse call", scope="call", ceiling_s=None, dims=("ward",)
)  # fmt: skip
STAGES = (NURSE_CALL,)


def rows(story: Story, house: HouseRules) -> Iterator[StageRow]:
    """The row of one call."""
    raised = story.told("nursecall.raised")
    dims = ((raised and raised.ward) or UNKNOWN,)
    yield from from_to(NURSE_CALL, house, story, "nursecall.raised", "nursecall.answered", dims, OPEN_MS)
