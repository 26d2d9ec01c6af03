"""A session of a doctor or clinic: session_suspended.

One row for every schedule.session_published, on its session_date and at its session_start (where they are not told, on
the local date of that start, and at its publishing); in the numerator when a schedule.session_suspended exists.
Suspended before anybody had booked (affected_appointments 0): `unbooked`.
"""

from __future__ import annotations

from collections.abc import Iterator

from streams.house import HouseRules
from streams.stages.guards import UNKNOWN
from streams.stages.stage import Stage, StageRow
from streams.story import Story

SCOPE = "session"
READS = {"schedule.session_published", "schedule.session_suspended"}

SESSION_SUSPENDED = Stage(
    code="session_suspended", zh="停诊", en="Sessions suspended", scope="session", kind="share",
    dims=("dept", "doctor"),
)  # fmt: skip
STAGES = (SESSION_SUSPENDED,)


def rows(story: Story, house: HouseRules) -> Iterator[StageRow]:
    """The row of one session."""
    published, suspended = story.told("schedule.session_published"), story.told("schedule.session_suspended")
    if published is None:
        return
    at = published.at if published.session_start is None else published.session_start
    yield StageRow(
        stage=SESSION_SUSPENDED.code,
        scope_id=story.id,
        day=published.session_date or house.local_day(at),
        at=at,
        excluded="unbooked" if suspended is not None and suspended.affected_appointments == 0 else "",
        num=suspended is not None,
        dims=(published.dept_code or UNKNOWN, published.doctor_id or UNKNOWN),
    )
