"""A questionnaire: survey_answered, and satisfaction_alone for what names no visit.

survey_answered: survey.sent → survey.submitted within 14 days, at the sending. Answered by the day only:
  `missing_end`; sent by the day only: `missing_start`; answered and never sent (a code on the wall): `unsolicited`.
  channel = that of the sending; dept = that of the visit's registration, else `?`.
satisfaction_alone: what one questionnaire without a visit says, see opinion_of; with one it is in satisfaction.
"""

from __future__ import annotations

from collections.abc import Iterator

from streams.house import HouseRules
from streams.stages.guards import UNKNOWN, due, left_out
from streams.stages.stage import Stage, StageRow
from streams.story import Fact, Story

SCOPE = "survey"
READS = {"survey.sent", "survey.submitted"}
LEAST_SHARE = 0.6  # of the items, answered: less is no opinion

SURVEY_ANSWERED = Stage(
    code="survey_answered", zh="问卷回收", en="Questionnaire to answer", scope="survey", kind="due", bucket="start",
    ceiling_s=None, within_s=14 * 24 * 3600, dims=("channel", "dept"),
)  # fmt: skip
SATISFACTION_ALONE = Stage(
    code="satisfaction_alone", zh="满意度(未关联就诊)", en="Satisfaction, no visit named", scope="survey", kind="score",
    ceiling_s=None,
    dims=("survey_type", "dept"),
)  # fmt: skip
STAGES = (SURVEY_ANSWERED, SATISFACTION_ALONE)


def rows(story: Story, house: HouseRules) -> Iterator[StageRow]:
    """All rows of one questionnaire."""
    yield from _answered(story, house)
    submitted = story.first("survey.submitted")
    if submitted is not None and story.visit is None:
        yield opinion_of(SATISFACTION_ALONE, house, story.id, submitted, UNKNOWN, why_invalid(submitted))


def why_invalid(submitted: Fact) -> str:
    """Why a questionnaire is no opinion; "" = it is one."""
    if submitted.complete_share is None:
        return "missing_share"
    if submitted.complete_share < LEAST_SHARE:
        return "incomplete"
    return "no_answers" if submitted.satisfied is None else ""


def opinion_of(
    stage: Stage, house: HouseRules, scope_id: str, submitted: Fact, dept: str, excluded: str, part: str = ""
) -> StageRow:
    """What one respondent says: the share of the valid items with at least 80 % of the scale, in billionths.

    `series` staff: what staff say is shown apart.
    """
    return StageRow(
        stage=stage.code,
        scope_id=scope_id,
        part=part,
        series="staff" if submitted.survey_type == "staff" else "",
        day=house.local_day(submitted.at),
        at=submitted.at,
        ended_at=submitted.at,
        millis=None if excluded else submitted.satisfied,
        excluded=excluded,
        dims=(submitted.survey_type or UNKNOWN, dept),
    )


def _answered(story: Story, house: HouseRules) -> Iterator[StageRow]:
    sent, told = story.first("survey.sent"), story.told("survey.sent")
    submitted = story.first("survey.submitted")
    dept = (story.visit.dept if story.visit else "") or UNKNOWN
    dims = ((told and told.channel) or UNKNOWN, dept)
    if sent is None:
        if submitted is not None:
            reason = "missing_start" if told is not None else "unsolicited"
            yield left_out(SURVEY_ANSWERED, house, story.id, reason, dims, end=submitted.at)
    elif submitted is None and story.all("survey.submitted"):
        yield left_out(SURVEY_ANSWERED, house, story.id, "missing_end", dims, start=sent.at)
    else:
        yield due(SURVEY_ANSWERED, house, story.id, sent.at, submitted.at if submitted else None, dims)
