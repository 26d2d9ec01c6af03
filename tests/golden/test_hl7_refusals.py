"""HL7 v2 that tells nothing, is refused, or would say too much."""

from __future__ import annotations

import pytest

from ingest.errors import Ignored, Malformed
from ingest.events import encode
from ingest.events.registration import RegistrationCreated
from tests.golden.speech import PV1, WARD, fields, message, the, told


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (message("ADT^A29", "EVN|A29|20250303", PV1), "trigger:ADT^A29"),
        (message("MDM^T02", "EVN|T02|20250303", PV1), "document without a state"),
        (message("MDM^T02", "EVN|T02|20250303", PV1, "TXA|1|PN||||||||||D1|||||AU"), "document of no order"),
        (message("ADT^A31", "EVN|A31|20250303"), "A31 without a visit"),
        (message("ADT^A04", "EVN|A04|20250303", PV1, mode="T"), "processing:T"),
        (message("ADT^A04", "EVN|A04|20250303", PV1, mode="D"), "processing:D"),
        (message("ACK", "MSA|AA|1"), "acknowledgement"),
    ],
)
def test_what_is_none_of_our_business(body: bytes, reason: str) -> None:
    with pytest.raises(Ignored) as ignored:
        told(body)
    assert str(ignored.value) == reason


@pytest.mark.parametrize(
    ("segment", "reason"),
    [
        ("ZQU|1|FLY|T1|A1|cashier|Q|||20250303090000", "illegal code: ZQU-2"),
        ("ZQU|1|JOIN||A1|cashier|Q|||20250303090000", "missing subject: ticket_id"),
        ("ZQU|1|JOIN|T1|A1|cashier|Q|||2025-99-99", "unreadable time: ZQU-9"),
        ("ZQU|1|CALL|T1|A1|cashier|Q|||20250303090000|many", "not a number: ZQU-10"),
        ("ZPY|1|B1|P1|WX|much|20250303090000", "not an amount: ZPY-5"),
        ("ZRV|1|RX1|PERHAPS|20250303090000", "illegal code: ZRV-3"),
        ("ZDP|1||PREPARED|20250303090000", "missing subject: ZDP-2"),
    ],
)
def test_what_will_never_be_valid_names_the_field_and_not_the_content(segment: str, reason: str) -> None:
    with pytest.raises(Malformed) as malformed:
        told(
            message(
                "ZQN^Z01" if segment.startswith("ZQU") else "ADT^A08",
                "EVN|Z01",
                PV1.replace("20250303084000", ""),
                segment,
            )
        )
    assert str(malformed.value) == reason


def test_text_where_a_free_code_belongs_stays_outside() -> None:
    (event,) = told(message("ADT^A04", "EVN|A04|||||20250303084100", PV1.replace("|WX|", "|王小明介绍|")))
    assert fields(event, "channel") == (None,) and "unmapped:channel" in event.quality_flags


def test_a_code_that_nobody_mapped_is_flagged_and_kept_only_when_harmless() -> None:
    (harmless,) = told(message("ADT^A04", "EVN|A04|||||20250303084100", PV1.replace("|WX|", "|X9|")))
    (a_name,) = told(message("ADT^A04", "EVN|A04|||||20250303084100", PV1.replace("|elderly|", "|张三|")))
    assert the(RegistrationCreated, harmless).channel == "X9"  # a free code
    assert "unmapped:patient_group" in a_name.quality_flags and a_name.raw_codes == {"channel": "WX"}


def test_what_a_screen_says_beside_a_ticket_number_stays_outside() -> None:
    zqu = "ZQU|1|JOIN|T1^QUEUE|{}|clinic|{}|301^{}|D01|20250303090000"
    (called,) = told(message("ZQN^Z01", zqu.format("A012 请张伟到3号诊室", "内科 王主任", "R1")))
    assert fields(called, "ticket_no", "queue_id") == ("A012", None)
    assert {"unmapped:ticket_no", "unmapped:queue_id"} <= set(called.quality_flags)
    (glued,) = told(message("ZQN^Z01", zqu.format("A012张伟", "13800000000", "R1")))
    assert fields(glued, "ticket_no", "queue_id") == ("A012", None)
    (named,) = told(message("ZQN^Z01", zqu.format("张伟", "Q1", "R1")))
    assert fields(named, "ticket_no", "queue_id") == (None, "Q1")


def test_text_in_the_place_of_a_code_stays_outside_in_every_message() -> None:
    obr = "OBR|1|O1||X|||20250303094000" + "|" * 15 + "20250303103700|||F"
    spm = "SPM|1|S1" + "|" * 15 + "20250303094000|20250303095200|||溶血,李四"
    events = [
        *told(message("ADT^A04", "EVN|A04|||||20250303084100", PV1.replace("0301", "王主任"))),
        *told(message("ADT^A03", "EVN|A03|||||20250303150000", WARD.replace("W3", "张伟的床"))),
        *told(message("ADT^A08", "EVN|A08|||||20250303085000", PV1.replace("|A77||", "|A77|李四|"))),
        *told(message("OML^O21", PV1, "ORC|NW|O1|||||||20250303092000", "OBR|1|O1||张伟 血常规")),
        *told(message("ORU^R01", PV1, obr, spm)),
    ]
    assert len(events) >= 7
    body = b"".join(encode(event) for event in events)
    for said in ("王", "张", "李", "四", "溶血"):
        assert said.encode() not in body


def test_a_message_number_that_may_be_a_persons_is_a_pseudonym() -> None:
    body = message("ADT^A04", "EVN|A04|||||20250303084100", PV1)
    (event,) = told(body.replace(b"|M1|", b"|V20250303084000-10001|"))
    assert event.source_msg_id is not None and len(event.source_msg_id) == 32
    assert told(body)[0].source_msg_id == "M1"


def test_absurdly_many_repetitions_are_malformed_at_once() -> None:
    with pytest.raises(Malformed, match=r"^too many repetitions: ZQU-13$"):
        told(message("ZQN^Z01", "ZQU|1|JOIN|T1|A1|cashier|Q|W|D|20250303090000||||" + "~".join("B" * 100_000)))
