"""Times as a hospital writes them in text: 上午 9:05, 2025年3月3日 下午2时30分, 9:05:00 PM, or a half day only.

They become text that the reader of times knows. A half day alone is no time of day: its precision is the day.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_MORNING, _NOON, _EVENING = ("上午", "早上", "凌晨", "AM"), ("中午",), ("下午", "PM", "晚上", "夜间", "傍晚", "晚")
_BEGINS = {"上午": 0, "早上": 0, "凌晨": 0, "AM": 0, "中午": 12, "下午": 12, "PM": 12}  # of half days; else 18
_HALF = "|".join((*_MORNING, *_NOON, *_EVENING))
_DAY = r"(?P<day>\d{4}\D\d{1,2}\D\d{1,2}|\d{8})?"
_CLOCK = r"(?P<hour>\d{1,2})(?::(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?P<fraction>[.,]\d+)?)?)?"
_APART = r"(?<!\d)|\s+|$"  # an hour never touches the day: 202503031 is a number too short or too long, not one o'clock
_SPOKEN = re.compile(rf"{_DAY}(?:\s*(?P<half>{_HALF})\s*|{_APART})(?:{_CLOCK})?\s*(?P<after>AM|PM)?")
_PLAIN = str.maketrans(
    {"年": "-", "月": "-", "日": " ", "号": " ", "时": ":", "点": ":", "分": ":", "秒": " ", "：": ":"}
)


class Spoken(NamedTuple):
    """What a text says, as ISO text without a zone; `day` is empty where only a time of day was said."""

    day: str
    clock: str
    is_day: bool  # no time of day was said


def spoken(text: str) -> Spoken | None:
    """A text with Chinese or English words of the clock, or a time of day alone; None where it is neither."""
    plain = " ".join(text.translate(_PLAIN).upper().split()).rstrip(":")
    plain = re.sub(r":\s*$|:(?=\s)", "", plain)
    found = _SPOKEN.fullmatch(plain)
    half = (found["half"] or found["after"]) if found else None
    if found is None or not any((found["hour"], half, found["day"])):
        return None
    day = re.sub(r"\D", "-", found["day"] or "")
    if len(day) == 8 and day.isdigit():
        day = f"{day[:4]}-{day[4:6]}-{day[6:]}"
    if found["hour"] is None:
        return Spoken(day, f"{_BEGINS.get(half, 18):02d}:00" if half else "", True)
    hour = _of_24(int(found["hour"]), half)
    if hour is None:
        return None
    rest = [f"{int(found[part]):02d}" for part in ("minute", "second") if found[part]]
    return Spoken(day, ":".join([f"{hour:02d}", *(rest or ["00"])]) + (found["fraction"] or ""), False)


def _of_24(hour: int, half: str | None) -> int | None:
    """The hour of the day; None where none is meant."""
    if hour > 24 or (hour > 12 and half in _MORNING):
        return None
    if half in _MORNING:
        return hour % 12
    if half in _NOON:
        return hour + 12 if hour < 10 else hour
    if half in _EVENING and hour < 12:
        return hour + 12
    return None if hour == 12 and half in _EVENING[2:] else hour  # twelve in the evening: of which day?
