"""How requests to the embedded warehouse are read: where an insert's rows begin, and what is set before it."""

from __future__ import annotations

import io
import zlib

import lz4.frame
import pytest
import zstandard

from warehouse.bodies import body_of
from warehouse.statements import code_of, insert_of, may_be_insert, reading_of, settings_statement


def test_rows_begin_after_the_format() -> None:
    insert = insert_of(b"INSERT INTO `t` (`a`, `b`) FORMAT Native\n\x02\x01rows; format CSV\n")
    assert insert is not None
    assert (insert.head, insert.format, insert.rows) == (
        "INSERT INTO `t` (`a`, `b`)",
        "Native",
        b"\x02\x01rows; format CSV\n",
    )


def test_an_insert_may_bring_settings() -> None:
    insert = insert_of(b"insert into t settings async_insert = 0 format CSV\n1,2\n")
    assert insert is not None
    assert (insert.head, insert.settings) == ("insert into t", "async_insert = 0")


@pytest.mark.parametrize(
    "text",
    [b"insert into t select 1 format Null", b"insert into t values (1, 'format CSV\n')", b"select 1 format CSV\n"],
)
def test_what_brings_no_rows_is_a_statement_whole(text: bytes) -> None:
    assert insert_of(text) is None


def test_an_insert_is_known_by_its_first_letters() -> None:
    assert may_be_insert(b"  ins") and may_be_insert(b"INSERT INTO")
    assert not may_be_insert(b"select")


def test_only_reads_in_formats_that_can_be_cut_are_streamed() -> None:
    assert reading_of("-- a\nselect 1 format Native", "TSV").streams
    assert not reading_of("select 1 format JSON", "TSV").streams
    assert not reading_of("describe t", "Native").streams
    assert reading_of("with 1 as a select a format Native;", "TSV").text == "with 1 as a select a"


def test_settings_are_quoted_and_readonly_comes_last() -> None:
    told = settings_statement(
        [("readonly", "2"), ("param_x", "it's\\t"), ("max_threads", "1"), ("database", "d")],
        {"max_threads": "9"},
        False,
    )
    assert told == "set max_threads = '1', param_x = 'it\\'s\\\\t', readonly = '2'"
    assert settings_statement([], {"a": "1"}, readonly=True) == "set a = '1', readonly = '1'"


@pytest.mark.parametrize("name", ["a=1,b", "param_x'; drop", "X", "param_-"])
def test_a_name_that_is_no_setting_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="neither a setting"):
        settings_statement([(name, "1")], {}, False)


def test_an_error_s_number_is_found_in_its_text() -> None:
    assert code_of("Streaming query failed: Code: 395. DB::Exception: …") == 395
    assert code_of("out of sorts") == 1002


PLAIN = b"0123456789" * 100_000


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("identity", PLAIN),
        ("gzip", zlib.compress(PLAIN, wbits=31)),
        ("deflate", zlib.compress(PLAIN)),
        ("lz4", lz4.frame.compress(PLAIN[:5]) + lz4.frame.compress(PLAIN[5:])),
        ("zstd", zstandard.compress(PLAIN[:5]) + zstandard.compress(PLAIN[5:])),
    ],
)
def test_bodies_are_unpacked(encoding: str, packed: bytes) -> None:
    headers = {"content-encoding": encoding, "Content-Length": str(len(packed))}
    assert b"".join(body_of(headers, io.BytesIO(packed + b"next request"))) == PLAIN


def test_a_chunked_body_ends_at_its_last_chunk() -> None:
    source = io.BytesIO(b"3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\nnext request")
    assert b"".join(body_of({"Transfer-Encoding": "chunked"}, source)) == b"abcde"
    assert source.read() == b"next request"


@pytest.mark.parametrize(
    ("headers", "content"),
    [
        ({"Content-Length": "9"}, b"short"),
        ({"Transfer-Encoding": "chunked"}, b"9\r\nshort"),
        ({"Content-Encoding": "br"}, b""),
    ],
)
def test_a_body_that_is_cut_off_or_packed_strangely_is_refused(headers: dict[str, str], content: bytes) -> None:
    with pytest.raises(ValueError, match=r"body ended|Content-Encoding"):
        list(body_of(headers, io.BytesIO(content)))
