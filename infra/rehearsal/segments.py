"""Writes HL7 v2 the way the rehearsal's systems do: segments by field number, times as text, names in Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from infra.rehearsal.facts import Person

_LOCAL = timezone(timedelta(hours=8))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Which systems say in MSH-18 how they write, and which leave it empty although they write GB18030 too.
_SAYS_CHARACTER_SET = {"HIS^DEMO", "RIS^DEMO"}
_SAYS_OFFSET = {"LIS^DEMO"}


def segment(name: str, fields: Mapping[int, Any]) -> str:
    """A segment from its fields by number; absent ones are empty."""
    last = max(fields, default=0)
    texts = ("" if (value := fields.get(number)) is None else str(value) for number in range(1, last + 1))
    return "|".join((name, *texts))


def timestamp(ms: int, source: str = "") -> str:
    """A local time; milliseconds only where there are any, the offset only from systems that say it."""
    local = (_EPOCH + timedelta(milliseconds=ms)).astimezone(_LOCAL)
    fraction = f".{ms % 1000:03d}" if ms % 1000 else ""
    return f"{local:%Y%m%d%H%M%S}{fraction}{'+0800' if source in _SAYS_OFFSET else ''}"


def iso(ms: int) -> str:
    """A local time with its offset, as databases and JSON have it; milliseconds only where there are any."""
    return (
        (_EPOCH + timedelta(milliseconds=ms))
        .astimezone(_LOCAL)
        .isoformat(timespec="milliseconds" if ms % 1000 else "seconds")
    )


def header(source: str, kind: str, control_id: str, sent_at: int) -> str:
    """MSH."""
    application, facility = source.split("^")
    characters = "GB18030-2000" if source in _SAYS_CHARACTER_SET else None
    rest = segment("", {3: application, 4: facility, 5: "HISPULSE", 6: facility, 7: timestamp(sent_at, source), 9: kind,
                        10: control_id, 11: "P", 12: "2.5", 17: "CHN", 18: characters})  # fmt: skip
    return "MSH|^~\\&" + rest[2:]


def event(recorded_at: int, occurred_at: int | None, source: str, operator: str | None = None) -> str:
    """EVN: when it was entered, and when it happened."""
    occurred = timestamp(occurred_at, source) if occurred_at is not None else None
    return segment("EVN", {2: timestamp(recorded_at, source), 5: operator, 6: occurred})


def patient(person: Person) -> str:
    """PID: number, Chinese name, birth date, sex."""
    return segment("PID", {1: 1, 3: f"{person.number}^^^^MR", 5: f"{person.name[0]}^{person.name[1:]}",
                           7: person.birth.replace("-", ""), 8: person.sex.upper()})  # fmt: skip


def packed(lines: list[str]) -> bytes:
    """The message's bytes, in GB18030."""
    return ("\r".join(lines) + "\r").encode("gb18030")
