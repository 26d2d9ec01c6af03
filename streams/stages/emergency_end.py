"""How stays in the emergency department end: ed_4h, ed_lwbs, ed_boarding; and ed_green_channel on the way there.

Of visits that were not cancelled or retracted; day = local date of ed.arrived, where it was told. acuity and
arrival_mode as in emergency.py.

ed_4h: one row for every ed.arrived, due within 4 h: departed in time as discharged, admitted or transferred is in the
  numerator, departed otherwise or later is not. Departed, nobody knows how: `missing_disposition`; told by the day
  only: `missing_end`. Departed without an arrival: `missing_start`.
ed_lwbs: one row for every ed.arrived. Seen: not in the numerator. Never seen: in it when departed as lwbs; `died`
  (dead on arrival); `missing_disposition`; departed otherwise: not in it; still here: open for 12 h, then in it, by
  rule. Series `after_seen`: one row for everybody seen who departed, in the numerator as lwbs or ama. triage = `before`
  or `after`: whether the patient was ever triaged.
ed_boarding: decision admit → ed.departed with disposition admitted. Admitted without a decision: `missing_start`.
  Departed otherwise: `not_admitted`, nobody knows how: `missing_disposition`. Not departed: open for 72 h, later
  `missing_end`, which it is at once when departed by the day only. target_ward = the decision's.
ed_green_channel: ed.arrived → every ed.green_channel_milestone, in a series `<pathway>:<kind>` each: different
  milestones have no common number. Arrival not told: `missing_start`; pathway or kind not told: `missing_pathway`, in
  the series `?`.
"""

from __future__ import annotations

from collections.abc import Iterator

from streams.house import HouseRules
from streams.stages.emergency import DIMS, dims_of
from streams.stages.guards import UNKNOWN, due, finished, left_out, waiting
from streams.stages.stage import Stage, StageRow
from streams.story import Fact, Story
from streams.visit import FRAME_READS, frame

SCOPE = "visit"
READS = FRAME_READS | {"triage.completed"}
_HOUR_S = 3600
_AS_IT_SHOULD = frozenset({"discharged", "admitted", "transferred"})

FOUR_HOURS = Stage(
    code="ed_4h", zh="急诊4小时离开", en="Out within four hours", scope="visit", kind="due", day="business",
    bucket="start", ceiling_s=None, within_s=4 * _HOUR_S, dims=DIMS,
)  # fmt: skip
LWBS = Stage(
    code="ed_lwbs", zh="急诊未就诊离开", en="Left without being seen", scope="visit", kind="due", day="business",
    bucket="start", ceiling_s=None, within_s=12 * _HOUR_S, overdue_counts=True, dims=("acuity", "triage"),
)  # fmt: skip
BOARDING = Stage(
    code="ed_boarding", zh="急诊待入院", en="Decision to admit until departure", scope="visit", day="business",
    ceiling_s=72 * _HOUR_S, dims=("target_ward",),
)  # fmt: skip
GREEN_CHANNEL = Stage(
    code="ed_green_channel", zh="急诊绿色通道", en="Door to milestone", scope="visit", day="business",
    ceiling_s=72 * _HOUR_S, dims=("arrival_mode",),
)  # fmt: skip
STAGES = (FOUR_HOURS, LWBS, BOARDING, GREEN_CHANNEL)


def rows(story: Story, house: HouseRules) -> Iterator[StageRow]:
    """All rows of one visit to the emergency department."""
    arrived, departed = story.told("ed.arrived"), story.told("ed.departed")
    decided = next((d for d in story.timed("ed.disposition_decided") if d.decision == "admit"), None)
    milestones = story.timed("ed.green_channel_milestone")
    if (arrived or departed or decided or milestones) is None or frame(story, house).dropped:
        return
    day = house.local_day(arrived.at) if arrived is not None else ""
    since = arrived.at if arrived is not None and arrived.timed else None
    dims = dims_of(story)
    yield from _four_hours(story, house, since, dims, day)
    if since is not None:
        yield from _unseen(story, house, since, departed, dims[0], day)
    yield from _boarding(story, house, decided, day)
    for milestone in milestones:
        yield _green_channel(story, house, since, milestone, dims[1], day)


def _four_hours(
    story: Story, house: HouseRules, since: int | None, dims: tuple[str, ...], day: str
) -> Iterator[StageRow]:
    departed = story.first("ed.departed")
    left_at = departed.at if departed is not None else None
    if since is None:
        if left_at is not None:
            yield left_out(FOUR_HOURS, house, story.id, "missing_start", dims, end=left_at, day=day)
    elif departed is None and story.all("ed.departed"):
        yield left_out(FOUR_HOURS, house, story.id, "missing_end", dims, start=since, day=day)
    elif departed is not None and not departed.disposition:
        yield left_out(FOUR_HOURS, house, story.id, "missing_disposition", dims, start=since, end=left_at, day=day)
    else:
        well = departed is not None and departed.disposition in _AS_IT_SHOULD
        yield due(FOUR_HOURS, house, story.id, since, left_at, dims, day=day, fulfilled=well)


def _unseen(
    story: Story, house: HouseRules, since: int, departed: Fact | None, acuity: str, day: str
) -> Iterator[StageRow]:
    dims = (acuity, "after" if story.all("triage.completed") else "before")
    how = departed.disposition or "" if departed is not None else None
    if story.all("ed.seen"):
        yield _decided(story, since, "", False, dims, day)
        if how is not None:
            reason = "" if how else "missing_disposition"
            yield _decided(story, since, reason, how in ("lwbs", "ama"), dims, day, series="after_seen")
    elif how is None:
        yield due(LWBS, house, story.id, since, None, dims, day=day)
    else:
        reason = "died" if how == "died" else "" if how else "missing_disposition"
        yield _decided(story, since, reason, how == "lwbs", dims, day)


def _decided(
    story: Story, since: int, reason: str, num: bool, dims: tuple[str, ...], day: str, series: str = ""
) -> StageRow:
    return StageRow(
        stage=LWBS.code, scope_id=story.id, series=series, day=day, at=since, started_at=since, excluded=reason,
        num=num, dims=dims,
    )  # fmt: skip


def _boarding(story: Story, house: HouseRules, decided: Fact | None, day: str) -> Iterator[StageRow]:
    departed = story.first("ed.departed")
    dims = ((decided and decided.target_ward) or UNKNOWN,)
    how = departed.disposition or "" if departed is not None else ""
    if decided is None:
        if departed is not None and how == "admitted":
            yield left_out(BOARDING, house, story.id, "missing_start", dims, end=departed.at, day=day)
    elif departed is None and not story.all("ed.departed"):
        until = decided.at + 72 * _HOUR_S * 1000
        yield waiting(BOARDING, house, story.id, decided.at, until, dims, day=day)
    elif departed is None:
        yield left_out(BOARDING, house, story.id, "missing_end", dims, start=decided.at, day=day)
    elif how == "admitted":
        yield finished(BOARDING, house, story.id, decided.at, departed.at, dims, day=day)
    else:
        reason = "not_admitted" if how else "missing_disposition"
        yield left_out(BOARDING, house, story.id, reason, dims, start=decided.at, end=departed.at, day=day)


def _green_channel(
    story: Story, house: HouseRules, since: int | None, milestone: Fact, arrival_mode: str, day: str
) -> StageRow:
    is_named = milestone.pathway is not None and milestone.kind is not None
    series = f"{milestone.pathway}:{milestone.kind}" if is_named else UNKNOWN
    dims = (arrival_mode,)
    if since is None or not is_named:
        reason = "missing_start" if since is None else "missing_pathway"
        return left_out(
            GREEN_CHANNEL, house, story.id, reason, dims, start=since, end=milestone.at, series=series, day=day
        )
    return finished(GREEN_CHANNEL, house, story.id, since, milestone.at, dims, series=series, day=day)
