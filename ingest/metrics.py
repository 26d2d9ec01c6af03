"""What a feed counts, for Prometheus: messages, events, and each reason why something did not become an event."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

from ingest.control_ids import FLAG as REUSED
from ingest.events.control import FeedBatchClosed
from ingest.events.envelope import Event, kind_of
from ingest.intake import Outcome, missing_fields

_MESSAGES = Counter("hispulse_ingest_messages", "Messages settled", ["feed", "outcome"])
_EVENTS = Counter("hispulse_ingest_events", "Events published", ["feed", "event_type"])
_IGNORED = Counter("hispulse_ingest_ignored", "Messages that are none of our business", ["feed", "reason"])
_MALFORMED = Counter("hispulse_ingest_malformed", "Messages kept as dead letters", ["feed", "reason"])
_FUTURE = Counter("hispulse_ingest_future_time", "Events put aside for a time yet to come", ["feed", "event_type"])
_MISSING = Counter("hispulse_ingest_missing_fields", "Expected fields that did not come", ["feed", "field"])
_REUSED = Counter("hispulse_ingest_control_id_reuse", "Messages under the control id of another one", ["feed"])
_LAG = Gauge("hispulse_ingest_lag_seconds", "Hospital time since the newest fact heard", ["feed"])
_AWAY = Gauge("hispulse_ingest_unavailable", "1 while Kafka or the source is away", ["feed"])
_STOPPED = Gauge("hispulse_ingest_stopped", "1 when too much was malformed and the feed stopped", ["feed"])

_COMPARED_DAYS = 7  # of one view; [feeds.<name>] reconcile_days are fewer
_MOST_REASONS = 100  # of one feed; a flood of odd triggers must not become a flood of series


class FeedCounts:
    """The counts of one feed."""

    def __init__(self, feed: str) -> None:
        self._feed = feed
        self._reasons: set[str] = set()
        self.messages = 0
        self.events = 0
        self.ignored = 0
        self.malformed = 0
        self.compared_at: int | None = None  # with the HIS, UTC ms
        self._residuals: dict[tuple[str, str], int] = {}  # view and day → rows that do not agree
        self.newest_at: int | None = None  # the newest occurred_at heard, UTC ms
        _AWAY.labels(feed).set(0)
        _STOPPED.labels(feed).set(0)

    def settled(self, outcome: Outcome) -> None:
        """Count a message that is durable."""
        self.messages += 1
        if outcome.ignored:
            self.ignored += 1
            _MESSAGES.labels(self._feed, "ignored").inc()
            _IGNORED.labels(self._feed, self._reason(outcome.ignored)).inc()
        elif outcome.malformed:
            self.malformed += 1
            _MESSAGES.labels(self._feed, "malformed").inc()
            _MALFORMED.labels(self._feed, self._reason(outcome.malformed)).inc()
        else:
            _MESSAGES.labels(self._feed, "taken").inc()
        if any(REUSED in event.quality_flags for event in outcome.events):
            _REUSED.labels(self._feed).inc()
        for event in outcome.events:
            self._event(event)
        for event in outcome.future:
            _FUTURE.labels(self._feed, kind_of(event)).inc()

    @property
    def residual(self) -> int | None:
        """How many rows do not agree with the HIS's; None: never compared."""
        return None if self.compared_at is None else sum(self._residuals.values())

    def _event(self, event: Event) -> None:
        if isinstance(event, FeedBatchClosed) and event.view and event.business_date:
            self._compared(event, event.view, event.business_date)
            return
        self.events += 1
        self.newest_at = max(self.newest_at or 0, event.occurred_at)
        _EVENTS.labels(self._feed, kind_of(event)).inc()
        for field in missing_fields(event):
            _MISSING.labels(self._feed, field).inc()

    def _compared(self, event: FeedBatchClosed, view: str, day: str) -> None:
        """A day of a view was compared with the HIS; of the view's days the latest are kept."""
        self.compared_at = event.occurred_at
        self._residuals[view, day] = sum(sum(each.why.values()) for each in event.departments)
        for old in sorted(key for key in self._residuals if key[0] == view)[:-_COMPARED_DAYS]:
            del self._residuals[old]

    def lag_s(self, now_ms: int) -> int:
        """Hospital seconds since the newest fact heard; 0 before the first."""
        lag = 0 if self.newest_at is None else max(0, (now_ms - self.newest_at) // 1000)
        _LAG.labels(self._feed).set(lag)
        return lag

    def away(self, yes: bool) -> None:
        """Note that Kafka or the source is away, or back."""
        _AWAY.labels(self._feed).set(int(yes))

    def stopped(self) -> None:
        """Note that the feed stopped for good."""
        _STOPPED.labels(self._feed).set(1)

    def _reason(self, text: str) -> str:
        if text not in self._reasons and len(self._reasons) >= _MOST_REASONS:
            return "other"
        self._reasons.add(text)
        return text
