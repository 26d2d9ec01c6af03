"""What becomes of a message: events, nothing of ours, or a dead letter; and when a feed has had enough."""

from __future__ import annotations

from collections.abc import Iterable

from ingest.connector import RawMessage
from ingest.errors import Ignored, Malformed
from ingest.events.envelope import Event, Instant, Telling, assemble
from ingest.events.queue import QueueJoined
from ingest.intake import MalformedShare, Outcome, missing_fields, take

NINE = 1_741_741_200_000
MINUTE = 60_000


def joined(at_ms: int) -> QueueJoined:
    telling = Telling(facility_id="H001", source_system="Q", ingested_at=NINE)
    return assemble(QueueJoined, telling, Instant(at_ms, "ms", 480), ticket_id="t", queue_id="q")


def message(fault: str = "") -> RawMessage:
    return RawMessage(body="张三".encode(), media_type="text/plain", received_at=NINE, fault=fault)


def test_events_ten_minutes_ahead_are_skew_and_one_second_more_is_put_aside() -> None:
    def tell(raw: RawMessage) -> Iterable[Event]:
        return [joined(NINE + 10 * MINUTE), joined(NINE + 10 * MINUTE + 1)]

    outcome = take(message(), tell)
    assert [event.occurred_at - NINE for event in outcome.events] == [10 * MINUTE]
    assert [event.occurred_at - NINE for event in outcome.future] == [10 * MINUTE + 1]


def test_ignored_and_malformed_are_reasons() -> None:
    def ignore(raw: RawMessage) -> Iterable[Event]:
        raise Ignored("trigger:ADT^A29")

    def refuse(raw: RawMessage) -> Iterable[Event]:
        yield joined(NINE)
        raise Malformed("missing time: EVN-2")

    assert take(message(), ignore) == Outcome(ignored="trigger:ADT^A29")
    assert take(message(), refuse) == Outcome(malformed="missing time: EVN-2")


def test_a_mistake_of_ours_is_a_dead_letter_that_quotes_nothing() -> None:
    def fail(raw: RawMessage) -> Iterable[Event]:
        raise ValueError(raw.body.decode())

    outcome = take(message(), fail)
    assert outcome.malformed.startswith("interpreter failed: ValueError in test_intake.py, line ")
    assert "张三" not in outcome.malformed


def test_what_the_connector_found_at_fault_is_not_interpreted() -> None:
    def never(raw: RawMessage) -> Iterable[Event]:
        raise AssertionError

    assert take(message("too long: frame"), never) == Outcome(malformed="too long: frame")


def test_missing_fields_are_named_with_their_event() -> None:
    assert "queue.joined ticket_no" in missing_fields(joined(NINE))


def test_a_feed_has_had_enough_when_a_half_full_window_passes_the_limit() -> None:
    share = MalformedShare(limit=0.2, window=20)
    bad, good = Outcome(malformed="unreadable: MSH-7"), Outcome(ignored="trigger:X")
    for _ in range(9):
        share.count(bad)
    assert share.passed() == ""  # too few to judge
    share.count(good)
    assert share.passed() == "9 of its last 10 messages were malformed, most often: unreadable: MSH-7"
    for _ in range(36):
        share.count(good)
    share.count(bad)
    assert share.passed() == ""
