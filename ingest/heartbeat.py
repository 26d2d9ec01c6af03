"""A feed's heartbeat: the connector is alive, and so far it has heard."""

from __future__ import annotations

from datetime import UTC, datetime

from ingest.events.control import FeedHeartbeat
from ingest.events.envelope import Instant, Telling, assemble
from ingest.feeds import Feed
from ingest.metrics import FeedCounts


def heartbeat(feed: Feed, now_ms: int, counts: FeedCounts, kept_bytes: int | None = None) -> FeedHeartbeat:
    """The heartbeat of a feed at `now_ms`, hospital time, with the newest fact it has heard of, what it lacks and what
    the HIS keeps for it."""
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
        last_source_ts=counts.newest_at,
        lag_s=counts.lag_s(now_ms),
        compared_at=counts.compared_at,
        residual=counts.residual,
        kept_bytes=kept_bytes,
    )
