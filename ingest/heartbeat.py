"""A feed's heartbeat: the connector is alive, and so far it has heard."""

from __future__ import annotations

from datetime import UTC, datetime

from ingest.events.control import FeedHeartbeat
from ingest.events.envelope import Instant, Telling, assemble
from ingest.feeds import Feed


def heartbeat(feed: Feed, now_ms: int, newest_at: int | None, lag_s: int) -> FeedHeartbeat:
    """The heartbeat of a feed at `now_ms`, hospital time; `newest_at` is the newest fact it has heard of."""
    offset = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(feed.site.zone).utcoffset()
    offset_min = int(offset.total_seconds() // 60) if offset else 0
    return assemble(
        FeedHeartbeat,
        Telling(
            facility_id=feed.site.hospital.facility_id,
            source_system=feed.settings.source_system,
            ingested_at=now_ms,
        ),
        Instant(now_ms, "ms", offset_min),
        feed=feed.name,
        last_source_ts=newest_at,
        lag_s=lag_s,
    )
