"""The HL7 v2 reader: delimiters, escapes, encodings and line ends, and nothing that makes it crash."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import Ignored, Malformed
from ingest.interpret.acknowledgement import acknowledgements
from ingest.interpret.encodings import is_readable
from ingest.interpret.hl7 import read
from ingest.interpret.messages import interpret_message
from ingest.interpret.teller import Source
from ingest.privacy import Pseudonyms, SiteKey

HEAD = rb"MSH|^~\&|HIS|DEMO|PULSE|H001|20250303084000+0800||ADT^A04|M1|P|2.5"
TRAPS = "珅昞玘皛"  # in GB18030 their second bytes are | \ ^ ~


def test_fields_components_subcomponents_and_repetitions() -> None:
    message = read(HEAD + b"\rPID|1||10^^^HIS&1.2&ISO^MR~20^^^SB^SS\rPV1|1|O")
    pid = message.segments("PID")[0]
    assert (pid.value(3), pid.value(3, 4), pid.part(3, 4, 2), pid.value(3, 5)) == ("10", "HIS", "1.2", "MR")
    assert (pid.count(3), pid.part(3, repetition=2), pid.part(3, repetition=3)) == (2, "20", "")
    assert message.header.raw(1) == "|" and message.header.raw(2) == "^~\\&" and message.get("MSH", 9, 2) == "A04"
    assert message.get("PV1", 44) == "" and message.get("ZZZ", 1) == ""


def test_delimiters_are_those_of_the_message() -> None:
    message = read(b"MSH#$~\\}#HIS#DEMO#####ADT$A04#M1#P#2.3\rPID#1##7$$$A}B#X^Y")
    assert message.get("MSH", 8) == "" and message.get("MSH", 9, 1) == "ADT" and message.get("MSH", 9, 2) == "A04"
    assert (message.segments("PID")[0].part(3, 4, 2), message.get("PID", 4)) == ("B", "X^Y")


@pytest.mark.parametrize("second", ["^^~&", "A~\\&", "^~ &", "&~\\"])
def test_impossible_delimiters_are_malformed(second: str) -> None:
    with pytest.raises(Malformed, match=r"^delimiters: MSH-2$"):
        read(f"MSH|{second}|HIS|DEMO\rPID|1".encode())


def test_a_doubled_escape_character_is_one() -> None:
    assert read(b"MSH|^~\\\\&|HIS\rPID|1||a&b^c").segments("PID")[0].part(3, 1, 2) == "b"


def test_null_is_not_empty_and_neither_is_a_value() -> None:
    pid = read(HEAD + b'\rPID|1||""||').segments("PID")[0]
    assert pid.is_null(3) and not pid.is_null(4)
    assert pid.value(3) == pid.value(4) == ""


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        (rb"a\F\b", "a|b"),
        (rb"a\S\b\T\c\R\d\E\e", "a^b&c~d\\e"),
        (rb"one\.br\two", "one\ntwo"),
        (rb"\H\bold\N\ ", "bold "),
        (rb"\X4142\ ", "AB "),
        (rb"\Xzz\ ", r"\Xzz" + "\\ "),
        (rb"\Z07\ ", r"\Z07" + "\\ "),
        (rb"half \F", r"half \F"),
    ],
)
def test_escapes(sent: bytes, meant: str) -> None:
    assert read(HEAD + b"\rNTE|1||" + sent + b"|").segments("NTE")[0].value(3) == meant


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\r\r\n"])
def test_any_line_end(end: bytes) -> None:
    message = read(end.join([HEAD, b"PID|1||7", b"PV1|1|O", b""]))
    assert [segment.name for segment in message] == ["MSH", "PID", "PV1"]


@pytest.mark.parametrize("before", [b"\xef\xbb\xbf", b"\x0b", b"\x0b\xef\xbb\xbf", b"\r\n", b"\x84\x31\x95\x33"])
def test_frames_and_byte_order_marks_are_stripped(before: bytes) -> None:
    assert read(before + HEAD + b"\rPID|1||7\x1c\r").get("PID", 3) == "7"


@pytest.mark.parametrize("declared", [b"GB 18030-2000", b"GB18030", b"GBK", b"", b"ASCII", b"UNICODE UTF-8"])
def test_characters_whose_second_byte_is_a_delimiter_survive(declared: bytes) -> None:
    head = HEAD + b"||||||" + declared
    body = head + b"\rPID|1||7^^^HIS||" + TRAPS.encode("gb18030") + b"^X|next"
    pid = read(body).segments("PID")[0]
    assert (pid.value(5), pid.value(5, 2), pid.value(6)) == (TRAPS, "X", "next")


@pytest.mark.parametrize("declared", [b"8859/1", b"UNICODE UTF-8", b"UNICODE", b"8859/1~GB 18030-2000", b"LATIN"])
def test_a_header_that_declares_something_else_does_not_cut_a_name(declared: bytes) -> None:
    body = HEAD + b"||||||" + declared + b"\rPID|1||7^^^HIS||\xb0\x7c\xab\x5e^X|next|\x95\x5c"
    message = read(body)
    pid = message.segments("PID")[0]
    assert message.encoding == "gb18030"
    assert (pid.value(5), pid.value(5, 2), pid.value(6), pid.value(7)) == ("皘玘", "X", "next", "昞")


def test_nothing_is_read_as_latin_1() -> None:
    assert read(HEAD + b"||||||8859/1\rPID|1||7||Ren\xc3\xa9").get("PID", 5) == "René"  # it was UTF-8 all along
    with pytest.raises(Malformed, match=r"^encoding: MSH-18$"):
        read(HEAD + b"||||||8859/1\rPID|1||7||Ren\xe9")  # no UTF-8, no GB18030: put aside, not guessed at


def test_a_sources_own_encoding_gives_way_when_the_bytes_are_none_of_it() -> None:
    body = HEAD + b"\rPID|1||7||" + TRAPS.encode("gb18030")
    assert read(body, "utf-8").get("PID", 5) == read(body, "ascii").get("PID", 5) == TRAPS
    with pytest.raises(Malformed, match=r"^encoding: MSH-18$"):
        read(HEAD + b"\rPID|1||\xff\xff\x80|", "gb18030")


@pytest.mark.parametrize("name", ["latin-1", "ISO-8859-1", "L1", "8859", "gb1803", "rot13", "utf-16"])
def test_a_source_cannot_be_configured_to_send_latin_1_or_what_nobody_knows(name: str) -> None:
    assert not is_readable(name)
    assert all(is_readable(good) for good in ("gb18030", "GBK", "utf-8", "big5", "euc_kr"))


def test_bytes_that_are_text_in_two_encodings_are_what_the_header_declares() -> None:
    body = HEAD + b"||||||%b\rPID|1||7||\xc3\xa9"
    assert read(body % b"GB 18030-2000").get("PID", 5) == "茅"
    assert read(body % b"UNICODE UTF-8").get("PID", 5) == read(body % b"").get("PID", 5) == "é"


def test_utf8_that_nobody_declared_is_utf8() -> None:
    assert read(HEAD + b"\rPID|1||7||" + TRAPS.encode()).get("PID", 5) == TRAPS


def test_the_sources_own_encoding_outranks_what_the_message_says() -> None:
    body = HEAD + b"||||||UNICODE UTF-8\rPID|1||7||" + "香港".encode("big5hkscs")
    assert read(body, "big5hkscs").get("PID", 5) == "香港"


@pytest.mark.parametrize(
    "body", [b"MSH\rPID|1|2|3", b"MSH        ", b"MSH", b"MSH|", b"MSH\x1c\x1c\x1c\x1c\x1c\x1c", b""]
)
def test_a_header_that_is_none(body: bytes) -> None:
    with pytest.raises(Malformed, match=r"^(not HL7: MSH|delimiters: MSH-2)$"):
        read(body)


def test_bytes_that_are_no_text_are_malformed() -> None:
    with pytest.raises(Malformed, match=r"^encoding: MSH-18$"):
        read(HEAD + b"\rPID|1||\xff\xff\x80|")


SOURCE = Source(facility_id="H001", pseudonyms=Pseudonyms(SiteKey(b"k" * 32)))
_NAMES = "PID|PV1|PV2|EVN|ZQU|ZCN|ZPY|ZDP|ZRV|ZCV|ORC|OBR|SPM|FT1|RXE|RXD|RXO|RXA|PR1|PRB|SCH|AIS|MRG|OBX"
_LINES = st.lists(st.from_regex(rf"({_NAMES})(\|[0-9A-Z^~&\\\"+.]{{0,9}}){{0,30}}", fullmatch=True), max_size=8)
_TRIGGERS = st.sampled_from(
    ["ADT^A01", "ADT^A04", "ADT^A08", "ADT^A40", "ADT^A45", "SIU^S12", "SIU^S14", "ZQN^Z01", "ORM^O01", "ORU^R01",
     "OUL^R22", "DFT^P03", "RDE^O11", "RDS^O13", "OMP^O09", "RAS^O17", "PPR^PC1", "BAR^P06", "ADT^A43", "XYZ^Q99",
     "ACK", "", "^", "ADT"]
)  # fmt: skip


@given(st.binary(max_size=400))
def test_random_bytes_are_malformed_or_ignored(noise: bytes) -> None:
    _interpret(noise)
    _interpret(HEAD + noise)
    _interpret(b"MSH" + noise)


@given(_TRIGGERS, _LINES)
def test_random_messages_become_events_or_a_reason(trigger: str, lines: list[str]) -> None:
    head = f"MSH|^~\\&|HIS|DEMO|||20250303084000+0800||{trigger}|M1|P|2.5"
    _interpret("\r".join([head, *lines]).encode())


def _interpret(body: bytes) -> None:
    for reason in ("", "illegal code: ZQU-2"):
        acknowledgements(body, 1_741_000_000_000, reason)
    try:
        interpret_message(body, SOURCE, 1_741_000_000_000)
    except (Ignored, Malformed) as reason:
        assert len(str(reason)) < 80
