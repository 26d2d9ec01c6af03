"""Batches of HL7 v2 messages in files: each is closed where its trailer stands, with the counts declared and come."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.clock import Clock
from ingest.connectors import files
from ingest.events.control import FeedBatchClosed
from ingest.events.envelope import Event
from ingest.intake import take
from ingest.settings import load_site
from tests.golden.speech import PSEUDONYMS, fields, the

FILE = r"FHS|^~\&|LIS|DEMO|PULSE|H001|20250304013000+0800||||F7"
BATCH = r"BHS|^~\&|LIS|DEMO|PULSE|H001|20250304013005+0800||||B{}"
ONE = (
    r"MSH|^~\&|LIS|DEMO|||20250303090000+0800||ZQN^Z01|{0}|P|2.5" + "\r"
    "ZQU|1|JOIN|T{0}|A{0}|phlebotomy|Q|||20250303090000+0800"
)


def outcomes(directory: Path, *lines: str, end: str = "\r") -> tuple[list[Event], list[str]]:
    path = directory / "night.hl7"
    path.write_bytes("\r".join(lines).replace("\r", end).encode())
    feed = files.files_feed(load_site("demo"), Clock(), PSEUDONYMS)
    told: list[Event] = []
    reasons: list[str] = []
    interpret = files.interpreter(feed)
    for message in files.read_file(path, feed):
        outcome = take(message, interpret)
        told += outcome.events
        reasons += [outcome.malformed or outcome.ignored] if not outcome.events else []
    return told, reasons


def closed(events: list[Event]) -> list[tuple[object, ...]]:
    return [
        fields(event, "batch_id", "declared_count", "received_count", "business_date")
        for event in events
        if isinstance(event, FeedBatchClosed)
    ]


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_a_batch_is_closed_with_what_was_declared_and_what_came(tmp_path: Path, end: str) -> None:
    events, reasons = outcomes(
        tmp_path, FILE, BATCH.format(1), ONE.format(1), ONE.format(2), "BTS|2", "FTS|1", "", end=end
    )
    assert closed(events) == [("B1", 2, 2, "2025-03-04"), ("file-F7", 1, 1, "2025-03-04")]
    assert not reasons
    first, *_, batch, _ = events
    assert fields(batch, "source_system", "feed") == ("LIS^DEMO", "files")
    assert "batch" in first.quality_flags


def test_messages_that_were_lost_on_the_way_are_seen(tmp_path: Path) -> None:
    events, _ = outcomes(tmp_path, FILE, BATCH.format(1), ONE.format(1), "BTS|3", BATCH.format(2), "BTS|0", "FTS|3")
    assert closed(events) == [
        ("B1", 3, 1, "2025-03-04"),
        ("B2", 0, 0, "2025-03-04"),
        ("file-F7", 3, 2, "2025-03-04"),
    ]


def test_a_batch_that_was_cut_off_is_not_closed(tmp_path: Path) -> None:
    assert closed(outcomes(tmp_path, FILE, BATCH.format(1), ONE.format(1))[0]) == []
    assert closed(outcomes(tmp_path, FILE, BATCH.format(1), ONE.format(1), "FTS|1")[0]) == []


def test_a_file_without_batches_closes_as_one_and_its_trailer_counts_no_messages(tmp_path: Path) -> None:
    events, _ = outcomes(tmp_path, FILE, ONE.format(1), ONE.format(2), "FTS|1")
    assert closed(events) == [("file-F7", None, 2, "2025-03-04")]


def test_a_batch_of_its_own_that_says_no_number_goes_by_its_time(tmp_path: Path) -> None:
    (event,) = outcomes(tmp_path, r"BHS|^~\&|LIS|DEMO|||20250304013005+0800", "BTS|")[0]
    batch_id = the(FeedBatchClosed, event).batch_id
    assert closed([event]) == [(batch_id, None, 0, "2025-03-04")]
    assert event.source_system == "LIS^DEMO" and len(str(batch_id)) == 32


def test_what_cannot_be_a_count_closes_nothing_and_names_the_place_only(tmp_path: Path) -> None:
    events, reasons = outcomes(tmp_path, BATCH.format(1), ONE.format(1), "BTS|张三")
    assert closed(events) == [] and reasons == ["not a number: BTS-1"]


def test_a_batch_nobody_can_name_is_ignored(tmp_path: Path) -> None:
    events, reasons = outcomes(tmp_path, r"BHS|^~\&", ONE.format(1), "BTS|1")
    assert closed(events) == [] and reasons == ["batch without a number or a time"]


def test_messages_outside_a_batch_are_no_batch(tmp_path: Path) -> None:
    events, reasons = outcomes(tmp_path, ONE.format(1), "BTS|7", "FTS|7")
    assert closed(events) == [] and not reasons
    assert "batch" not in events[0].quality_flags
