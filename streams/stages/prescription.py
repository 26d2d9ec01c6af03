"""One prescription: rx_review.

Rows belong to the local date of their bucket. dept = the prescription's, else that of the visit's registration, else
`?`.

rx_review, main series: prescription.submitted → first prescription.reviewed with mode pharmacist, whatever its result.
  Only automatic reviews: series `auto`, to the first of them. Only reviews that do not say their mode: `missing_mode`
  (at the first). Reviewed, never submitted: `missing_start`, in the series that the review gives it. Not reviewed:
  `cancelled` when the prescription was, else open until session end + 2 h, later `missing_end`. mode = the review's.
"""

from __future__ import annotations

from collections.abc import Iterator

from streams.house import HouseRules
from streams.stages.guards import UNKNOWN, finished, left_out, waiting
from streams.stages.stage import Stage, StageRow
from streams.story import Story

SCOPE = "prescription"
READS = {"prescription.submitted", "prescription.reviewed", "prescription.cancelled"}

RX_REVIEW = Stage(
    code="rx_review", zh="处方审核", en="Prescription review", scope="prescription", dims=("mode", "dept")
)
STAGES = (RX_REVIEW,)


def rows(story: Story, house: HouseRules) -> Iterator[StageRow]:
    """The row of one prescription."""
    submitted = story.first("prescription.submitted")
    reviews = story.timed("prescription.reviewed")
    told = story.told("prescription.submitted")
    dept = (told and told.dept_code) or (story.visit.dept if story.visit else "") or UNKNOWN
    by_mode = {review.mode: review for review in reversed(reviews)}
    review = by_mode.get("pharmacist") or by_mode.get("auto") or by_mode.get(None)
    if review is not None:
        series = "auto" if review.mode == "auto" else ""
        dims = (review.mode or UNKNOWN, dept)
        if submitted is None:
            yield left_out(RX_REVIEW, house, story.id, "missing_start", dims, end=review.at, series=series)
        else:
            reason = "" if review.mode else "missing_mode"
            yield finished(RX_REVIEW, house, story.id, submitted.at, review.at, dims, series=series, excluded=reason)
    elif submitted is not None:
        dims = (UNKNOWN, dept)
        if story.all("prescription.cancelled"):
            yield left_out(RX_REVIEW, house, story.id, "cancelled", dims, start=submitted.at)
        else:
            until = house.session_closes_at(dept, submitted.at)
            yield waiting(RX_REVIEW, house, story.id, submitted.at, until, dims)
