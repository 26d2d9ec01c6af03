"""What the stream worker counts, for Prometheus."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import Counter, Gauge, Histogram

EVENTS = Counter("hispulse_stream_events", "Records taken from the log", ["topic"])
TAKE_SECONDS = Counter("hispulse_stream_take_seconds", "Seconds spent decoding and observing")
SETTLE_SECONDS = Histogram("hispulse_stream_settle_seconds", "Seconds from the first change to everything stored")
DIRTY = Counter("hispulse_stream_refolded_scopes", "Scopes worked out again")
SAID = Counter("hispulse_stream_said", "Placements and hints written")
LAG = Gauge("hispulse_stream_lag_records", "Records of the log not yet folded", ["shard"])
ORPHANS = Gauge("hispulse_stream_orphans", "Subjects without a visit after 24 hours", ["shard"])
ORPHANS_OF = Gauge(
    "hispulse_stream_orphans_by_kind", "Subjects without a visit after 24 hours", ["shard", "source", "kind"]
)
BROKEN = Gauge("hispulse_stream_broken_stages", "Stages whose rule failed on an event that was set aside", ["shard"])
UNDECODABLE = Gauge("hispulse_stream_undecodable", "Records that could not be read", ["shard"])
LATE = Gauge("hispulse_stream_beyond_horizon", "Corrections too old for the live fold", ["shard"])
CAUGHT_UP = Gauge("hispulse_stream_caught_up", "1 when the shard's numbers are published", ["shard"])
INCIDENTS = Gauge("hispulse_alerts_open", "Incidents that are open")
UNDELIVERED = Gauge("hispulse_alerts_undelivered", "Incidents of which the webhook was not told everything")
_KINDS: dict[str, set[str]] = {}  # by shard, those that were said


def orphans(shard: str, counts: Mapping[str, int]) -> None:
    """A shard's orphans, by `source|kind`; what is none any more is said as none."""
    ORPHANS.labels(shard).set(sum(counts.values()))
    known = _KINDS.setdefault(shard, set())
    known |= counts.keys()
    for each in known:
        source, _, kind = each.rpartition("|")
        ORPHANS_OF.labels(shard, source, kind).set(counts.get(each, 0))
