"""What a worked timeline comes to: its rows and numbers, read as the wall and the report read them.

Live KPIs go the whole way without Kafka: events through a shard of the fold, its cells as they are published, and the
reading that the wall has of them. Daily ones are the aggregate over the rows that the fold and the queries give.
"""

from __future__ import annotations

from functools import cache

import msgspec

from infra.reference.stories.story import WorkedStory
from infra.reference.timeline import DAY, at, timeline
from ingest.settings import load_site
from streams.book import CellBook, is_over
from streams.house import HouseRules, house_rules
from streams.kpis.aggregate import Value, aggregate, of_kpi
from streams.kpis.kpi import Kpi, Quality, Reduction, Split
from streams.live import LiveValues
from streams.memory import shard_of
from streams.publish import Publisher
from streams.stages import folded_stages
from streams.stages.stage import StageRow

_FIRST = "2025-02-24"  # the stretch with which reductions compare


class Worked(msgspec.Struct, frozen=True):
    """A story folded: its rows, and what the wall reads."""

    rows: tuple[StageRow, ...]
    live: LiveValues


@cache
def house() -> HouseRules:
    """The hospital in which the stories happen: the one that comes with the system."""
    return msgspec.structs.replace(house_rules(load_site("demo")), baseline=(_FIRST, _FIRST))


@cache
def worked(story: WorkedStory) -> Worked:
    """A story through the fold and the publishing."""
    book = CellBook()
    shard = shard_of(timeline(story.text), house(), book)
    live = LiveValues(house(), 1)
    for record in Publisher(0, {}, {}).flush(shard, book, at(story.as_of)):
        live.apply((record.key or b"").decode(), record.value)
    rows = [row for row in (*shard.rows(), *story.queried) if not is_over(row)]
    return Worked(tuple(sorted(rows, key=lambda row: (row.stage, row.at, row.scope_id, row.part, row.series))), live)


def rows_of(kpi: Kpi, story: WorkedStory) -> list[StageRow]:
    """The rows of a KPI, of the story's day; of a reduction those of the baseline too."""
    days = {DAY, _FIRST} if isinstance(kpi, Reduction) else {DAY}
    return [row for row in worked(story).rows if row.day in days and of_kpi(kpi, row.stage, row.series)]


def values_of(kpi: Kpi, story: WorkedStory) -> list[Value]:
    """Its values when somebody looks: of each series that has any, of a split each part's."""
    now = at(story.as_of)
    if kpi.mode != "D":
        found = [worked(story).live.measure(kpi.code, now, day=DAY, series=series) for series in kpi.series]
        return [value for value in found if value.status != "empty"]
    rows = rows_of(kpi, story)
    today, before = ([row for row in rows if row.day == day] for day in (DAY, _FIRST))
    return aggregate(kpi, today, now, by=[kpi.by] if isinstance(kpi, Split) else [], baseline=before)


def is_live(kpi: Kpi) -> bool:
    """Is it one of those that the fold works out by itself?"""
    return isinstance(kpi, Quality) or folded_stages().issuperset(kpi.over)
