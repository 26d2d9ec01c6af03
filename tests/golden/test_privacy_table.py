"""Domain specification 9, row by row: what may identify somebody is dropped, becomes a pseudonym, or is made coarse.

A field that is dropped leaves no trace: the events are the same, byte for byte, whatever stood in it. One that becomes
a pseudonym is in no event as it was sent, and makes another fact of it when it changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from ingest.errors import Ignored, Malformed
from ingest.events import encode
from ingest.events.envelope import Event
from ingest.interpret.messages import interpret_message
from ingest.topics import DEADLETTER, RAW, BusSettings, topics
from tests.canaries.written import BESIDE
from tests.golden.hl7_stories import SITE, STORIES
from tests.golden.view_rows import ROWS
from tests.golden.view_rows import told as row_told

Fields = dict[str, tuple[int, ...]]
DROPPED: dict[str, Fields] = {
    "names": {"PID": (5, 6, 9), "NK1": (2,), "GT1": (3,), "IN1": (16,), "MRG": (7,)},
    "births of relatives": {"IN1": (18,), "GT1": (8,), "NK1": (16,)},
    "addresses": {"PID": (11, 12, 23), "NK1": (4,), "GT1": (5,), "SCH": (14, 18)},
    "phones and e-mail": {"PID": (13, 14, 40), "NK1": (5, 6), "SCH": (13, 17), "GT1": (6,)},
    "SSN, licence, policy": {"PID": (19, 20), "GT1": (12,), "IN1": (36, 49)},
    "VIP, race, religion, nationality": {"PV1": (16,), "PID": (10, 17, 22, 26, 28)},
    "results, notes, diagnoses": {
        "OBX": (5,), "NTE": (3,), "OBR": (13,), "DG1": (3, 4), "TXA": (9, 12, 16), "FT1": (19,), "PV2": (3, 12),
    },
}  # fmt: skip
HASHED: dict[str, Fields] = {
    "patient": {"PID": (2, 3, 4)},
    "account, alternate visit": {"PID": (18,), "PV1": (50,)},
    "numbers": {
        "PV1": (19,), "MRG": (5,), "SCH": (1, 2), "ORC": (2, 3), "OBR": (2, 3), "RXE": (15,), "RXD": (7,),
        "FT1": (2, 30), "SPM": (2,), "ZPY": (2, 3), "ZQU": (3, 12, 13), "ZDP": (2,), "ZCV": (2,),
    },
    "staff": {"PV1": (7, 8, 9, 17), "ORC": (12,), "OBR": (16,), "AIP": (3,), "RXD": (10,), "ZQU": (8,), "ZCN": (5,)},
}  # fmt: skip
# Numbers of these rows that nothing is told of are dropped: that is more than the row asks.
# What is read only where another field says nothing.
INSTEAD_OF = {"PID-2": "PID-3", "PV1-50": "PV1-19", "SCH-2": "SCH-1", "OBR-2": "ORC-2"}
UNREAD = {"PID-4", "PID-18", "PV1-8", "PV1-9", "PV1-17", "OBR-16", "ZQU-12"}
MESSAGES = [("".join(kind), segments) for told in STORIES.values() for kind, *segments in told]
BESIDE_THEM = ["NK1|1", "GT1|1", "IN1|1", "DG1|1", "NTE|1", "TXA|1", "MRG|1"]


def _places(rows: dict[str, Fields]) -> Iterator[tuple[str, str, int]]:
    for row, fields in rows.items():
        for segment, numbers in fields.items():
            yield from ((row, segment, number) for number in numbers)


def said(kind: str, segments: list[str], name: str, field: int, value: str) -> list[Event]:
    """The events of a message with that value in a field, of every segment of that name."""
    patient = [] if any(each.startswith("PID") for each in segments) else ["PID|1||10001^^^HIS^MR"]
    beside = [each for each in BESIDE_THEM if not any(s.startswith(each[:3]) for s in segments)]
    lines = []
    for segment in [*patient, *segments, *beside]:
        fields = segment.split("|")
        if fields[0] == name and not (name == "OBX" and "ACUITY" in fields):
            fields += [""] * (field + 1 - len(fields))
            fields[field] = value
        lines.append("|".join(fields))
    head = rf"MSH|^~\&|HIS|DEMO|PULSE|H001|20250303090000||{kind}|M1|P|2.5||||||GB18030"
    try:
        return interpret_message("\r".join([head, *lines]).encode("gb18030"), SITE, 1_741_000_000_000)
    except (Ignored, Malformed):  # without the number, nothing can be told
        return []


def _without(segment: str, place: str) -> str:
    """The segment with nothing in that field, if it is one of its own."""
    name, _, number = place.partition("-")
    fields = segment.split("|")
    if fields[0] == name and int(number) < len(fields):
        fields[int(number)] = ""
    return "|".join(fields)


@cache
def with_segment(name: str) -> list[tuple[str, list[str]]]:
    """Messages in which a segment is: one of each kind, where there are many."""
    have = [m for m in MESSAGES if any(s.startswith(name) for s in m[1])]
    return list({kind: (kind, segments) for kind, segments in have or MESSAGES[::7]}.values()) + have[:6]


@pytest.mark.parametrize(("row", "segment", "field"), [*_places(DROPPED)])
def test_what_is_dropped_leaves_no_trace(row: str, segment: str, field: int) -> None:
    told = 0
    for kind, segments in with_segment(segment):
        one, other = (said(kind, segments, segment, field, value) for value in ("张三^San", "19491001"))
        assert [encode(event) for event in one] == [encode(event) for event in other], f"{row}: {kind}"
        told += len(one)
    assert told


@pytest.mark.parametrize(("row", "segment", "field"), [*_places(HASHED)])
def test_a_number_leaves_as_a_pseudonym(row: str, segment: str, field: int) -> None:
    differs = False
    first = INSTEAD_OF.get(f"{segment}-{field}", "")
    for kind, segments in with_segment(segment):
        left = [_without(each, first) for each in segments]
        one, other = (said(kind, left, segment, field, value) for value in ("ZX81A^张三", "ZX82B^李四"))
        bodies = [encode(event) for event in (*one, *other)]
        assert not any(b"ZX8" in body or "张".encode() in body for body in bodies), f"{row}: {kind}"
        differs |= bodies[: len(one)] != bodies[len(one) :]
    assert differs == (f"{segment}-{field}" not in UNREAD)


def test_of_a_patient_s_numbers_one_counts_and_cards_never() -> None:
    visit = "PV1|1|O|0301||||||||||||||||V1" + "|" * 25 + "20250303084000"
    mr, card, policy = "10001^^^HIS^MR", "110101199001011234^^^^NI", "0101^^^^HC"
    several = [
        said("ADT^A04", [f"PID|1||{ids}", visit], "ZZZ", 1, "")[0].patient_id
        for ids in (mr, f"{card}~{mr}", f"{mr}~{policy}~{card}")
    ]
    assert len(set(several)) == 1


def test_a_birth_date_becomes_an_age_band() -> None:
    visit = "PV1|1|O|0301||||||||||||||||V1" + "|" * 25 + "20250303084000"
    bands = {}
    for born in ("20150303", "20110304", "20110303", "19491001", "19350101", "19340303"):
        (event,) = said("ADT^A04", ["PID|1||10001", visit], "PID", 7, born)
        assert born.encode() not in encode(event)
        bands[born] = getattr(event, "age_band", None)
    assert list(bands.values()) == ["0-13", "0-13", "14-59", "65-79", "90+", "90+"]


def test_sex_and_times_are_kept_and_a_bed_is_not() -> None:
    visit = "PV1|1|I|W3^301^{}||||||||||||||||V1" + "|" * 25 + "20250303084000"
    one, other = (said("ADT^A01", ["EVN|A01|20250303084100", visit.format(bed)], "PID", 8, "F") for bed in "12")
    assert [encode(event) for event in one] == [encode(event) for event in other]
    assert getattr(one[0], "sex", None) == "f" and one[0].occurred_at == 1_740_962_400_000


def test_flags_and_states_of_results_are_kept() -> None:
    kind, *segments = STORIES["critical_value.raised"][0]
    flags = {getattr(event, "flag", None) for event in said(kind, segments, "OBX", 8, "LL")}
    assert "LL" in flags


@pytest.mark.parametrize("view", sorted(ROWS))
def test_columns_of_a_his_that_nobody_asked_for_leave_no_trace(view: str) -> None:
    columns, _ = ROWS[view]
    beside: dict[str, Any] = dict.fromkeys(BESIDE, "张三 13800138000")
    assert [encode(e) for e in row_told(view, **columns, **beside)] == [encode(e) for e in row_told(view, **columns)]


@pytest.mark.parametrize("shown", ["A012 请张三到3号窗口", "A012张三", "A012^张三"])
def test_the_text_called_out_beside_a_ticket_s_number_is_left_out(shown: str) -> None:
    kind, *segments = STORIES["queue.called"][0]
    (event,) = said(kind, segments, "ZQU", 4, shown)
    assert getattr(event, "ticket_no", None) == "A012" and "张".encode() not in encode(event)


def test_staff_have_a_key_of_their_own() -> None:
    assert SITE.pseudonyms.staff("D01") != SITE.pseudonyms.of("staff", "H001", "", "D01")


def test_what_holds_raw_messages_is_kept_for_days() -> None:
    kept = {topic.name: int(topic.configs.get("retention.ms", 0)) for topic in topics(BusSettings(), ())}
    month_ms = 31 * 86_400_000
    assert 0 < kept[RAW] <= month_ms and 0 < kept[DEADLETTER] <= month_ms
