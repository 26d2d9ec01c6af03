"""The answer to a message: in the mode that it asks for, with a code that says whether to send it again."""

from __future__ import annotations

import pytest

from ingest.interpret.acknowledgement import acknowledgements
from tests.golden.speech import PV1, message

AT = 1_740_963_600_123  # 2025-03-03 01:00:00.123 UTC
WRONG, NEVER = "illegal code: ZQU-2", "version: MSH-12"


def asking(accept: str, application: str) -> bytes:
    """A registration whose sender asks for these acknowledgements (MSH-15, MSH-16)."""
    return message("ADT^A04", PV1).replace(b"|2.5||||||GB", f"|2.5|||{accept}|{application}||GB".encode())


def codes(body: bytes, reason: str = "") -> list[str]:
    """MSA-1 of each answer."""
    return [segments(answer)["MSA"][1] for answer in acknowledgements(body, AT, reason)]


def segments(answer: bytes) -> dict[str, list[str]]:
    return {line[:3]: line.split("|") for line in answer.decode("gb18030").split("\r") if line}


@pytest.mark.parametrize(
    ("accept", "application", "well", "wrong", "never"),
    [
        ("", "", ["AA"], ["AE"], ["AR"]),  # original mode
        ("AL", "", ["CA"], ["CE"], ["CR"]),
        ("", "AL", ["AA"], ["AE"], ["AR"]),
        ("AL", "AL", ["CA", "AA"], ["CE", "AE"], ["CR", "AR"]),
        ("AL", "NE", ["CA"], ["CE"], ["CR"]),
        ("NE", "AL", ["AA"], ["AE"], ["AR"]),
        ("NE", "NE", [], [], []),
        ("ER", "NE", [], ["CE"], ["CR"]),
        ("SU", "NE", ["CA"], [], []),
        ("NE", "ER", [], ["AE"], ["AR"]),
        ("NE", "SU", ["AA"], [], []),
        ("SU", "ER", ["CA"], ["AE"], ["AR"]),
        ("al", "ne", ["CA"], ["CE"], ["CR"]),
    ],
)
def test_each_gets_the_answers_it_asks_for(
    accept: str, application: str, well: list[str], wrong: list[str], never: list[str]
) -> None:
    body = asking(accept, application)
    assert (codes(body), codes(body, WRONG), codes(body, NEVER)) == (well, wrong, never)


@pytest.mark.parametrize(
    "reason",
    ["not HL7: MSH", "no start block: frame", "version: MSH-12", "message type: MSH-9", "wrong sender: MSH-4"],
)
def test_what_must_not_be_sent_again_is_rejected(reason: str) -> None:
    assert codes(asking("", ""), reason) == ["AR"] and codes(asking("AL", "NE"), reason) == ["CR"]


@pytest.mark.parametrize(
    ("reason", "location", "condition"),
    [
        ("missing segment: SCH", "SCH^1", "100"),
        ("missing subject: PV1-19", "PV1^1^19", "101"),
        ("missing time: ZQU-9", "ZQU^1^9", "101"),
        ("unreadable time: SCH-11.4", "SCH^1^11^1^4", "102"),
        ("not an amount: FT1-11", "FT1^1^11", "102"),
        ("illegal code: ZRV-3", "ZRV^1^3", "103"),
        ("message type: MSH-9", "MSH^1^9", "200"),
        ("version: MSH-12", "MSH^1^12", "203"),
        ("too long: frame", "", "207"),
        ("missing subject: ticket_id", "", "101"),
    ],
)
def test_an_error_says_where_and_which(reason: str, location: str, condition: str) -> None:
    (answer,) = acknowledgements(asking("", ""), AT, reason)
    assert segments(answer)["ERR"][2:5] == [location, condition, "E"]
    assert segments(answer)["MSA"] == ["MSA", "AE" if condition not in ("200", "203") else "AR", "M1", reason]


def test_an_answer_goes_back_to_its_sender_in_the_senders_own_terms() -> None:
    body = message("ADT^A04", PV1, mode="P").replace(b"|M1|", "|张1|".encode("gb18030"))
    (answer,) = acknowledgements(body, AT)
    msh = answer.decode("gb18030").split("\r")[0].split("|")
    assert msh[2:6] == ["PULSE", "H001", "HIS", "DEMO"]
    assert (msh[6], msh[8], msh[10:12], msh[17]) == ("20250303010000.123+0000", "ACK^A04", ["P", "2.5"], "GB18030")
    assert segments(answer)["MSA"] == ["MSA", "AA", "张1"]


def test_no_two_answers_have_one_control_id() -> None:
    bodies = [asking("AL", "AL")] * 3
    told = [
        segments(answer)["MSH"][9]
        for n, body in enumerate(bodies)
        for answer in acknowledgements(body, AT, "", None, n)
    ]
    assert len(set(told)) == 6 and all(len(number) <= 20 for number in told)


@pytest.mark.parametrize("body", [b"", b"hello", b"\xff\xff\x80|"])
def test_what_is_no_message_is_answered_all_the_same(body: bytes) -> None:
    assert codes(body, "not HL7: MSH") == ["AR"]
