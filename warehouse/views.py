"""What reads from `events`: the winners, the day that a build works on, and one typed view per event type.

Three relations, each made from the vocabulary:

* `won_events`: one row per fact that holds, over all history. Of all tellings of an event_id the source first in the
  site's priority counts (unlisted ones after it, by name), of that source the highest revision, of equal ones the
  first heard; a retract leaves no row. Restrict it by event_id: it reads whatever you do not exclude.
* `day_events`, filled by `fill_day(warehouse, site, day)` once per build: the winners of all that touches a local day,
  marked `build_day`. Taken are all events of every subject and visit that anything names on that day (and three hours
  around it), or that is planned for it, and of every subject and visit that those name in turn, two weeks back and
  forth. Thus an order placed on Monday and reported on Thursday is there on Thursday with both ends and its visit. It
  is a superset: each query still decides which of its rows belong to the day.
* `ev_<event type, dots as underscores>`: the rows of `day_events` of that type with the payload in typed columns.
  **Always restrict by build_day**: `from ev_queue_joined where build_day = {day:Date}`; it selects one partition.
  The envelope's ids are '' where absent; payload columns are Nullable, lists are arrays. Instants are
  Nullable(DateTime64(3, 'UTC')), days Nullable(Date), amounts Nullable(Decimal(14, 4)); inside lists of parts instants
  stay whole milliseconds.

Beside them are the marts that people ask for by name (`warehouse/library`), views over what was published.

Two builds of the same day must not run at once; builds of different days may.
"""

from __future__ import annotations

from collections.abc import Sequence

from ingest.events import catalogue
from warehouse.client import Warehouse
from warehouse.columns import TOLD
from warehouse.day import fill_day as fill_day
from warehouse.library import make_library
from warehouse.typed import typed_view

_LAST_WORD = TOLD[1:]  # all but the event_id, which it is the last word on


def make_views(warehouse: Warehouse) -> list[str]:
    """Make or replace every view, and return their names."""
    views = {"won_events": _won_events(), **{view_name(name): typed_view(kind) for name, kind in catalogue().items()}}
    for name, query in views.items():
        warehouse.command(f"create or replace view `{name}` as\n{query}")
    return [*views, *make_library(warehouse)]


def set_source_priority(warehouse: Warehouse, sources: Sequence[str]) -> None:
    """Whose telling of a fact counts first, for `won_events`. Changes nothing when it is so already."""
    now = warehouse.rows("select argMax(sources, set_at) as sources from source_priority")
    if not now or list(now[0]["sources"]) != list(sources):
        warehouse.insert("source_priority", ("sources",), [(list(sources),)])


def view_name(event_type: str) -> str:
    """The typed view of an event type: `queue.joined` → `ev_queue_joined`."""
    return "ev_" + event_type.replace(".", "_")


def _won_events() -> str:
    """The last word of each source, then the best source; both group by event_id, so a filter on it comes first."""
    told = ", ".join(_LAST_WORD)
    columns = ",\n    ".join(f"won.{number} as {name}" for number, name in enumerate(_LAST_WORD, 1))
    return f"""with
    (select argMax(sources, set_at) from source_priority) as priority,
    last_words as (
        select
            event_id,
            source_system as source,
            if(has(priority, source_system), indexOf(priority, source_system), 65535) as place,
            argMax(tuple({told}), (revision, -toUnixTimestamp64Milli(ingested_at))) as last_word
        from events
        group by event_id, source_system
    ),
    winners as (select event_id, argMin(last_word, (place, source)) as won from last_words group by event_id)
select
    event_id,
    {columns}
from winners
where won.2 = 'assert'"""
