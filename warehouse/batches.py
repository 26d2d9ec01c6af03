"""Feeds that come in batches: whether a day's last batch has come, and all of what it declared.

A batch that was made after the feed's working day ended completes that day; one from the night before does not.
"""

from __future__ import annotations

import msgspec

from ingest.feeds import feed_settings
from ingest.settings import Site
from streams.house import house_rules, last_end
from warehouse.client import Warehouse
from warehouse.mart_queries import stamp

_DAY_MS = 24 * 3600 * 1000

# One row a feed: its batches since a moment, each as it was last told; short are those of the first day after it.
_CLOSED = """
with
    closings as (
        select
            event_id,
            argMax(op, revision) as last_op,
            argMax(occurred_at, revision) as made_at,
            argMax(JSONExtractString(body, 'feed'), revision) as feed,
            argMax(JSONExtract(body, 'declared_count', 'Nullable(Int64)'), revision) as declared,
            argMax(JSONExtract(body, 'received_count', 'Nullable(Int64)'), revision) as received
        from events
        where event_type = 'feed.batch_closed' and facility_id = {facility:String}
            and occurred_at >= {since:DateTime64(3, 'UTC')}
            and JSONExtractString(body, 'view') = '' -- a reconciliation of a view closes no batch
        group by event_id
    ),
    judged as (
        select *, ifNull(declared != received, false) and made_at < {until:DateTime64(3, 'UTC')} as is_short
        from closings
    )
select
    count() as batches,
    sumIf(judged.declared, is_short) as declared,
    sumIf(judged.received, is_short) as received,
    countIf(is_short) as short
from judged
where feed = {feed:String} and last_op = 'assert'
"""


class Batches(msgspec.Struct, frozen=True):
    """What is known of the batches that complete a feed's day. Counts are those of batches that came short."""

    batches: int
    declared: int | None
    received: int | None
    short: int


def batches_missing(warehouse: Warehouse, site: Site, day: str) -> list[str]:
    """What a day still waits for, a sentence for each feed that `closes_days` and has not."""
    said = (
        (name, _closing(warehouse, site, name, day)) for name, feed in feed_settings(site).items() if feed.closes_days
    )
    return [sentence for name, found in said if (sentence := _missing(name, found))]


def _missing(feed: str, found: Batches) -> str:
    if not found.batches:
        return f"the last batch of feed {feed}"
    if found.short:
        lacking = (found.declared or 0) - (found.received or 0)
        return f"{lacking} of the {found.declared} messages that the last batch of feed {feed} declared"
    return ""


def _closing(warehouse: Warehouse, site: Site, feed: str, day: str) -> Batches:
    house = house_rules(site)
    hours = feed_settings(site)[feed].open_hours
    since_ms = house.instant(day, last_end(hours) if hours else house.session_end)
    found = warehouse.rows(
        _CLOSED,
        {
            "facility": house.facility_id,
            "feed": feed,
            "since": stamp(since_ms),
            "until": stamp(since_ms + _DAY_MS),
        },
    )
    return Batches(**found[0])
