"""Calls, complaints and inquiries: subjects that need no visit, told as timelines."""

from __future__ import annotations

import pytest

from streams.memory import shard_of
from tests.timeline import at, timeline
from tests.told_rows import HOUSE, one


@pytest.mark.parametrize(
    ("answered", "millis", "excluded", "until"),
    [
        ("09:00:40 - nursecall.answered call_id=C1", 40_000, "", None),
        ("09:00 - nursecall.answered call_id=C1 precision=day", None, "missing_end", None),
        ("", None, "", "21:00"),
    ],
)
def test_a_call_for_a_nurse(answered: str, millis: int | None, excluded: str, until: str | None) -> None:
    row = one("nurse_call", f"09:00 - nursecall.raised call_id=C1 ward=W7\n{answered}")
    assert (row.stage, row.millis, row.excluded, row.dims) == ("nurse_call", millis, excluded, ("W7",))
    assert row.open_until == (at(until) if until else None)


def test_the_first_response_to_a_complaint_counts() -> None:
    row = one(
        "complaint_response",
        """
        09:00  -  complaint.received   complaint_id=CP1 dept_code=CARD channel=phone
        10:00  -  complaint.responded  complaint_id=CP1
        15:00  -  complaint.responded  complaint_id=CP1
    """,
    )
    assert (row.millis, row.dims) == (3_600_000, ("CARD", "phone"))


@pytest.mark.parametrize(
    ("answers", "series", "minutes", "excluded"),
    [
        (
            "09:01 - inquiry.responded inquiry_id=I1 by=bot\n09:30 - inquiry.responded inquiry_id=I1 by=staff",
            "",
            30,
            "",
        ),
        ("09:01 - inquiry.responded inquiry_id=I1 by=bot", "bot", 1, ""),
        ("09:05 - inquiry.responded inquiry_id=I1", "", 5, "missing_by"),
    ],
)
def test_an_answer_by_a_bot_is_a_series_apart(answers: str, series: str, minutes: int, excluded: str) -> None:
    row = one("inquiry_response", f"09:00 - inquiry.received inquiry_id=I1 channel=desk\n{answers}")
    assert (row.series, row.millis, row.excluded) == (series, minutes * 60_000, excluded)


def test_an_answer_without_a_question_lacks_its_start() -> None:
    row = one("inquiry_response", "09:00 - inquiry.responded inquiry_id=I1 by=staff")
    assert (row.excluded, row.dims) == ("missing_start", ("?",))


def test_who_needs_no_visit_is_no_orphan() -> None:
    call = "09:00 - nursecall.raised call_id=C1 ward=W7"
    ticket = "09:00 - queue.joined ticket_id=T1 service_point_type=cashier"
    held = {name: shard_of(timeline(text), HOUSE).holding(name) for name, text in (("C1", call), ("T1", ticket))}
    assert not held["C1"].loose_since
    assert held["T1"].loose_since
