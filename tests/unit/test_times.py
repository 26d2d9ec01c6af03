"""Times as sources write them: precision, and never without a zone."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from ingest.events.envelope import Instant
from ingest.interpret.times import Unreadable, read_date, read_offset, read_time

SHANGHAI = ZoneInfo("Asia/Shanghai")
EIGHT_FORTY = 1_740_962_400_000  # 2025-03-03 08:40 at +08:00


def test_the_same_instant_in_three_notations_is_one_value() -> None:
    assert {
        read_time(text, None, SHANGHAI).ms
        for text in (
            "20250303084000+0800",
            "20250303004000+0000",
            "2025-03-03T08:40:00",
            "2025/3/3 8:40",
            "202503030840",
        )
    } == {EIGHT_FORTY}


def test_offset_in_the_field_then_in_the_message_then_the_sources_zone_then_refused() -> None:
    assert read_time("20250303084000+0215", 480, SHANGHAI) == Instant(EIGHT_FORTY + 20_700_000, "second", 135, False)
    assert read_time("20250303084000", 135, SHANGHAI).offset_min == 135
    assert read_time("20250303084000", None, SHANGHAI) == Instant(EIGHT_FORTY, "second", 480, True)
    with pytest.raises(Unreadable):
        read_time("20250303084000", None, None)


@pytest.mark.parametrize(
    ("text", "precision"),
    [
        ("20250303", "day"),
        ("2025030308", "hour"),
        ("202503030840", "minute"),
        ("20250303084000", "second"),
        ("20250303084000.4", "ms"),
        ("20250303084000.1234-0500", "ms"),
        ("2025-03-03", "day"),
        ("2025-03-03 8:40", "minute"),
    ],
)
def test_precision(text: str, precision: str) -> None:
    assert read_time(text, None, SHANGHAI).precision == precision


@pytest.mark.parametrize(
    "text",
    [
        "2025",
        "202503",
        "20251303",
        "20250230",
        "2025030324",
        "20250303086000",
        "20250303+99",
        "yesterday",
        "0000",
        "20250303084000+1900",
        "99999999999999",
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read_time(text, None, SHANGHAI)


def test_offsets() -> None:
    assert (read_offset("201203141259-0215"), read_offset("20250303084000"), read_offset("x")) == (-135, None, None)


@pytest.mark.parametrize(
    ("text", "iso", "precision"),
    [
        ("2025-03-03 上午 9:05", "2025-03-03 09:05", "minute"),
        ("2025/3/3 下午2:30", "2025-03-03 14:30", "minute"),
        ("2025年3月3日 下午2时30分15秒", "2025-03-03 14:30:15", "second"),
        ("2025年03月03日 9点05分", "2025-03-03 09:05", "minute"),
        ("20250303 晚上8：15", "2025-03-03 20:15", "minute"),
        ("2025-03-03 中午12:10", "2025-03-03 12:10", "minute"),
        ("2025-03-03 中午1:10", "2025-03-03 13:10", "minute"),
        ("2025-03-03 凌晨12:10", "2025-03-03 00:10", "minute"),
        ("2025-03-03 09:05:00 PM", "2025-03-03 21:05:00", "second"),
        ("2025-03-03 下午14:30", "2025-03-03 14:30", "minute"),
        ("2025-03-03 上午", "2025-03-03 00:00", "day"),
        ("2025-03-03 下午", "2025-03-03 12:00", "day"),
        ("2025-03-03 夜间", "2025-03-03 18:00", "day"),
        ("2025年3月3日", "2025-03-03", "day"),
    ],
)
def test_a_time_in_words_of_the_clock(text: str, iso: str, precision: str) -> None:
    told, plain = read_time(text, None, SHANGHAI), read_time(iso, None, SHANGHAI)
    assert (told.ms, told.precision, told.defaulted) == (plain.ms, precision, True)
    assert read_date(text) == read_date("2025-03-03")


@pytest.mark.parametrize(
    "text",
    [
        *("上午", "9:05", "2025-03-03 晚上12:00", "2025-03-03 上午 14:30", "下午", "2025年13月3日"),
        *("202503031", "2025-03-0312"),  # cut or glued: no hour
    ],
)
def test_words_that_name_no_day_or_no_hour_are_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read_time(text, None, SHANGHAI)
