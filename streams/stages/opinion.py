"""What patients say of a visit: satisfaction.

One row for every survey.submitted of the visit (part = survey_id), at its time and local date: the share of its valid
items that have at least 80 % of their scale. Fewer than 60 % answered: `incomplete`; not said: `missing_share`; no
valid item: `no_answers`. Of several of one survey_type the first valid counts, later ones are `duplicate`. Staff are a
series apart. dept = that of the visit's registration, else `?`.
"""

from __future__ import annotations

from collections.abc import Iterator

from streams.house import HouseRules
from streams.stages.guards import UNKNOWN
from streams.stages.stage import Stage, StageRow
from streams.stages.survey import opinion_of, why_invalid
from streams.story import Story

SCOPE = "visit"
READS = {"survey.submitted", "registration.created"}

SATISFACTION = Stage(
    code="satisfaction", zh="满意度", en="Satisfaction", scope="visit", kind="score", ceiling_s=None,
    dims=("survey_type", "dept"),
)  # fmt: skip
STAGES = (SATISFACTION,)


def rows(story: Story, house: HouseRules) -> Iterator[StageRow]:
    """The rows of one visit's questionnaires."""
    submitted = story.timed("survey.submitted")
    if not submitted:
        return
    registered = story.told("registration.created")
    dept = (registered and registered.dept_code) or UNKNOWN
    heard: set[str | None] = set()
    for form in submitted:
        reason = why_invalid(form)
        if not reason and form.survey_type in heard:
            reason = "duplicate"
        if not reason:
            heard.add(form.survey_type)
        yield opinion_of(SATISFACTION, house, story.id, form, dept, reason, part=form.survey_id or "")
