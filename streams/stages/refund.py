"""A refund from its request to the money: refund_handling.

One row a refund of a bill (part = refund_id), on the local date of its bucket: bill.refund_requested →
bill.refunded. Refunded without a request: `missing_start`. Not refunded: open for 14 days, later `missing_end`, which
it is at once when refunded by the day only. item_class = the bill's; dept = the bill's, else that of the visit's
registration; steps = how many approvals the request needs. No ceiling: nobody waits for it in the house.
"""

from __future__ import annotations

from collections.abc import Iterator

from streams.house import HouseRules
from streams.stages.guards import UNKNOWN, finished, left_out, waiting
from streams.stages.stage import Stage, StageRow
from streams.story import Story

SCOPE = "bill"
READS = {"bill.created", "bill.refund_requested", "bill.refunded"}
OPEN_MS = 14 * 24 * 3600 * 1000

REFUND_HANDLING = Stage(
    code="refund_handling", zh="退费办理", en="Refund handling", scope="bill", ceiling_s=None,
    dims=("item_class", "dept", "steps"),
)  # fmt: skip
STAGES = (REFUND_HANDLING,)


def rows(story: Story, house: HouseRules) -> Iterator[StageRow]:
    """The rows of one bill's refunds."""
    requests, refunds = story.all("bill.refund_requested"), story.all("bill.refunded")
    if not requests and not refunds:
        return
    bill = story.told("bill.created")
    dept = (bill and bill.dept_code) or (story.visit.dept if story.visit else "") or UNKNOWN
    item_class = (bill and bill.item_class) or UNKNOWN
    for refund_id in sorted({fact.refund_id or "" for fact in (*requests, *refunds)}):
        asked = [fact for fact in requests if (fact.refund_id or "") == refund_id]
        given = [fact for fact in refunds if (fact.refund_id or "") == refund_id]
        begun = next((fact.at for fact in asked if fact.timed), None)
        ended = next((fact.at for fact in given if fact.timed), None)
        steps = asked[0].steps_required if asked else None
        dims = (item_class, dept, UNKNOWN if steps is None else str(steps))
        if begun is not None and ended is not None:
            yield finished(REFUND_HANDLING, house, story.id, begun, ended, dims, part=refund_id)
        elif begun is None and ended is not None:
            yield left_out(REFUND_HANDLING, house, story.id, "missing_start", dims, end=ended, part=refund_id)
        elif begun is not None and given:
            yield left_out(REFUND_HANDLING, house, story.id, "missing_end", dims, start=begun, part=refund_id)
        elif begun is not None:
            yield waiting(REFUND_HANDLING, house, story.id, begun, begun + OPEN_MS, dims, part=refund_id)
