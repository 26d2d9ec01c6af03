"""The specification's column HL7 v2, row by row, against what the interpreter reads: what it leaves unread is named."""

from __future__ import annotations

import re
from itertools import combinations

import pytest

from ingest.errors import Ignored, Malformed
from ingest.events import catalogue, encode
from ingest.interpret.messages import interpret_message
from tests.contract.test_events import ALIASES, rows
from tests.golden.hl7_stories import SITE, STORIES, UNTOLD

HEARD_AT = 1_741_000_000_000
_FIELD = re.compile(r"\b([A-Z][A-Z0-9]{2})-(\d+)")
_TYPE = re.compile(r"\b([A-Z]{3})\^([A-Z][A-Z0-9]\d)")

# Row → fields that the specification names and nothing of ours needs, or nothing of ours can use.
UNREAD: dict[str, set[str]] = {
    "schedule.session_suspended": {"SCH-25"},  # the trigger says it
    "appointment.booked": {"SCH-8", "SCH-20", "SCH-22", "PV1-2"},  # an appointment has no type, clerk, hall or class
    "registration.created": {"PV1-20", "PV1-51"},  # who pays is no measure
    "order.placed": {"ORC-4"},  # an order is counted by itself
    "exam.booked": {"AIS-3"},  # what is examined, its order says
    "bill.created": {"FT1-21"},  # a bill has no doctor
    "bill.paid": {"PMT-4", "PMT-5", "PMT-6"},  # PMT is in no message of a payment: ZPY says how
    "prescription.submitted": {"RXE-2", "RXE-10", "RXE-32"},  # drugs and quantities are no measure
    "dispensing.dispensed": {"RXD-4"},
    "ed.seen": {"ORC-9"},  # the first of several messages: no message knows that it is the first
    "ed.disposition_decided": {"EVN-3"},  # when it is planned is no field of the event
    "inpatient.discharge_ordered": {"ORC-9"},  # which item is a discharge, no message says
    "record.corrected": {"OBR-25"},  # a corrected report says so itself
}


def said(segments: list[str], without: tuple[str, ...] = ()) -> str:
    """What a message tells once these fields are empty: its events, or why there is none."""
    kind, *lines = [_blanked(segment, without) for segment in segments]
    body = "\r".join([rf"MSH|^~\&|HIS|DEMO|PULSE|H001|{_sent(without)}||{kind}|M1|P|2.5", *lines]).encode()
    try:
        return "\n".join(encode(event).decode() for event in interpret_message(body, SITE, HEARD_AT))
    except (Ignored, Malformed) as reason:
        return str(reason)


def _sent(without: tuple[str, ...]) -> str:
    return "" if "MSH-7" in without else "20250303120000"


def _blanked(segment: str, without: tuple[str, ...]) -> str:
    fields = segment.split("|")
    return "|".join("" if n and f"{fields[0]}-{n}" in without else value for n, value in enumerate(fields))


def is_read(event: str, field: str, named: list[str]) -> bool:
    """Does a message of the row's story tell something else without the field, alone or where others are missing?"""
    others = [other for other in named if other != field]
    return any(
        said(message, missing) != said(message, (*missing, field))
        for number in (0, 1, 2)
        for missing in combinations(others, number)
        for message in STORIES[event]
    )


@pytest.mark.parametrize("event", STORIES)
def test_a_story_tells_its_event(event: str) -> None:
    for message in STORIES[event]:
        assert f'"event_type":"{event}"' in said(message) or message is not STORIES[event][0], said(message)


def test_every_event_is_told_or_named_with_the_reason() -> None:
    assert set(STORIES) | set(UNTOLD) == set(catalogue()) and not set(STORIES) & set(UNTOLD)


@pytest.mark.shared
def test_what_is_untold_is_none_of_hl7_by_the_specification() -> None:
    column = {name: row["std"] for name, row in rows().items()}
    assert {name for name in UNTOLD if column[name] not in "NZ"} == {"feed.batch_closed"}
    assert {name for name, std in column.items() if std != "N"} - set(STORIES) - ALIASES == {
        "bill.refund_requested", "nursecall.raised", "nursecall.answered", "feed.batch_closed",
    }  # fmt: skip


@pytest.mark.shared
@pytest.mark.parametrize("event", STORIES)
def test_the_messages_of_a_row_are_routed(event: str) -> None:
    for kind, trigger in _TYPE.findall(rows()[event]["hl7v2"]):
        assert not said([f"{kind}^{trigger}"]).startswith("trigger:"), f"{kind}^{trigger}"


@pytest.mark.shared
@pytest.mark.parametrize("event", STORIES)
def test_every_field_of_a_row_is_read_or_named(event: str) -> None:
    named = list(dict.fromkeys(f"{segment}-{n}" for segment, n in _FIELD.findall(rows()[event]["hl7v2"])))
    assert {field for field in named if not is_read(event, field, named)} == UNREAD.get(event, set())
